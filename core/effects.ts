import { isDeepStrictEqual } from "node:util";
import {
  OutcomeUnknownError,
  ProviderRejectedError,
  ProviderUnavailableError,
  StaleStateError,
} from "../contract/errors.ts";
import { v8Of } from "../contract/labels.ts";
import type { HeldKey } from "../contract/secret-value.ts";
import { type Context, callIn } from "./context.ts";
import { currentOf, keyOf } from "./cutover/ledger.ts";
import type { Attempt, Effect, Observation, RunView } from "./cutover/observation.ts";
import { fieldsOf } from "./looks.ts";

/** How often a store whose outcome is unknown is repeated, with the same token and content, before it is left. */
const STORE_TRIES = 5;

/** What became of an effect: what the run knows after it, and the error where there was one. */
export interface Carried {
  readonly run: RunView;
  readonly error?: Error;
}

/** Carries one effect out, once. Never throws for what the world answers: that is a fact for the next decision. */
export async function carryOut(effect: Effect, observation: Observation, context: Context): Promise<Carried> {
  switch (effect.kind) {
    case "make-key":
      return makeKey(effect, observation, context);
    case "store-key":
      return storeKey(effect, observation, context);
    case "revoke-key":
      return revokeKey(effect, observation, context);
    default:
      return { run: observation.run, ...(await failureOf(() => move(effect, context))) };
  }
}

type Move = Extract<Effect, { kind: "attach" | "detach" | "promote" | "drop-pending" }>;

function move(effect: Move, context: Context): Promise<void> {
  const { ports } = context;
  const call = callIn(context);
  switch (effect.kind) {
    case "attach":
      return ports.secrets.attach(effect, call);
    case "detach":
      return ports.secrets.detach(effect, call);
    case "promote":
      return ports.secrets.promote(effect, call);
    case "drop-pending":
      return ports.secrets.dropPending(effect, call);
  }
}

async function makeKey(
  effect: Extract<Effect, { kind: "make-key" }>,
  observation: Observation,
  context: Context,
): Promise<Carried> {
  const { ports } = context;
  const { run } = observation;
  const name = `${run.namePrefix}${ports.random.nonce()}`;
  const bornAtMs = ports.clock.now(); // before the call: an orphan is never younger than its label says
  const request = { credential: fieldsOf(observation, effect.with), name, settings: effect.settings };
  try {
    const made = await ports.provider.make(request, callIn(context));
    if (made.settings && !isDeepStrictEqual(made.settings, effect.settings)) {
      const because = `the provider made key ${made.keyId} without the settings of the current one. Rotate again, or change them in the vendor's console`;
      return { run: { ...run, attempt: { state: "refused", name, keyId: made.keyId, because } } };
    }
    return { run: { ...run, attempt: { state: "in-hand", name, bornAtMs, made } } };
  } catch (error) {
    const expected = asExpected(error);
    const state = expected instanceof OutcomeUnknownError ? "unknown" : "over";
    return { run: { ...run, attempt: { state, name, because: expected.message } }, error: expected };
  }
}

/**
 * Stores the key in hand. A store whose outcome is unknown is repeated with the same token and content, and never
 * resolved by reading: a read may be stale, and the key that it does not show may be promoted by another run.
 */
async function storeKey(
  effect: Extract<Effect, { kind: "store-key" }>,
  observation: Observation,
  context: Context,
): Promise<Carried> {
  const { ports, options } = context;
  const { run } = observation;
  const { attempt } = run;
  if (attempt?.state !== "in-hand")
    throw new Error("store-key: no key is in hand: a decision stores only what was made");
  const request = {
    versionId: effect.versionId,
    key: heldKey(attempt, observation, options.policy.provider.id),
    live: { kind: "live", v8: v8Of(effect.versionId), atMs: attempt.bornAtMs },
  } as const;
  let error: Error | undefined;
  let mayBeStored = false;
  for (let tries = 0; tries < STORE_TRIES; tries += 1) {
    if (tries > 0 && ports.clock.now() + options.callMs > options.deadlineMs) break;
    error = (await failureOf(() => ports.secrets.store(request, callIn(context)))).error;
    if (error === undefined) return { run: { ...run, attempt: { state: "stored", name: attempt.name } } };
    if (error instanceof StaleStateError) return { run: { ...run, attempt: refused(attempt, error) }, error };
    if (error instanceof OutcomeUnknownError) mayBeStored = true;
    if (error instanceof ProviderRejectedError) break;
  }
  // A refusal says nothing of an earlier try that was not answered. What may be stored is left to the clock.
  if (error && !mayBeStored) return { run: { ...run, attempt: refused(attempt, error) }, error };
  const because = `storing the new key: ${error?.message ?? "there was no time left"}`;
  return {
    run: { ...run, attempt: { state: "over", name: attempt.name, because } },
    ...(error ? { error } : {}),
  };
}

async function revokeKey(
  effect: Extract<Effect, { kind: "revoke-key" }>,
  observation: Observation,
  context: Context,
): Promise<Carried> {
  const { run } = observation;
  const request = { credential: fieldsOf(observation, effect.with), keyId: effect.keyId };
  const { error } = await failureOf(() => context.ports.provider.revoke(request, callIn(context)));
  const revoked = error === undefined ? [...run.revoked, effect.keyId] : run.revoked;
  const { attempt } = run;
  const isOwn = attempt?.state === "refused" || attempt?.state === "unknown";
  if (!isOwn) return { run: { ...run, revoked }, ...(error ? { error } : {}) };
  // Gone, or left to the clock: in both cases this attempt is over.
  const over: Attempt = { state: "over", name: attempt.name, because: attempt.because };
  return { run: { ...run, revoked, attempt: over }, ...(error ? { error } : {}) };
}

/** The new version's key: the provider's answer, and whatever else the consumers keep in the value. */
function heldKey(
  { made }: Extract<Attempt, { state: "in-hand" }>,
  { secret }: Observation,
  provider: string,
): HeldKey {
  const extras = keyOf(currentOf(secret))?.extras;
  return { ...made, provider, ...(extras === undefined ? {} : { extras }) };
}

function refused(attempt: Extract<Attempt, { state: "in-hand" }>, error: Error): Attempt {
  return { state: "refused", name: attempt.name, keyId: attempt.made.keyId, because: error.message };
}

async function failureOf(call: () => Promise<void>): Promise<{ error?: Error }> {
  try {
    await call();
    return {};
  } catch (error) {
    return { error: asExpected(error) };
  }
}

/** Errors that the ports name; anything else is a bug and ends the run. */
function asExpected(error: unknown): Error {
  const isExpected =
    error instanceof StaleStateError ||
    error instanceof ProviderRejectedError ||
    error instanceof ProviderUnavailableError ||
    error instanceof OutcomeUnknownError;
  if (isExpected) return error;
  throw error;
}
