import { isDeepStrictEqual } from "node:util";
import { OutcomeUnknownError, ProviderRejectedError, StaleStateError } from "../contract/errors.ts";
import { type Label, v8Of } from "../contract/labels.ts";
import type { HeldKey } from "../contract/secret-value.ts";
import { type Context, callIn } from "./context.ts";
import { currentOf, keyOf, leakedIn, leaksOf, taints } from "./cutover/ledger.ts";
import { keyNameFor } from "./cutover/marker.ts";
import { type Attempt, type Effect, MARK, type Observation, type RunView } from "./cutover/observation.ts";
import type { SecretStore, Version } from "./cutover/ports.ts";
import { asExpected, failureOf } from "./expected.ts";
import { credentialFor, must } from "./looks.ts";

/** The making of one key, from the provider's answer (or a person's hand) to the store. */

/** Between two tries to store a key: milliseconds. */
const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [100, 5_000];
/** For how long a store is repeated while a leaked key waits that is past its deadline: milliseconds. */
const LATE_PATIENCE_MS = 3_000;

/** What became of an effect: what the run knows after it, and the error where there was one. */
export interface Carried {
  readonly run: RunView;
  readonly error?: Error;
}

export async function makeKey(
  effect: Extract<Effect, { kind: "make-key" }>,
  observation: Observation,
  context: Context,
): Promise<Carried> {
  const { ports } = context;
  const { provider } = ports;
  const { run } = observation;
  const bornAtMs = ports.clock.now(); // before the call: an orphan is never younger than its label says
  const name = keyNameFor(run.namePrefix, { nowMs: bornAtMs, nonce: ports.random.nonce() });
  const { settings } = effect;
  try {
    const credential = await credentialFor(observation, effect, context);
    const request = {
      credential,
      name,
      ...(settings === undefined ? {} : { settings }),
      ...(observation.list?.kind === "listed" ? { account: observation.list.account } : {}),
    };
    const made = await must(provider.make, "make").call(provider, request, callIn(context));
    if (settings && made.settings && !isDeepStrictEqual(made.settings, settings)) {
      const atMs = ports.clock.now();
      const because = `the provider made key ${made.keyId} without the settings of the current one. Rotate again, or change them in the vendor's console`;
      return { run: { ...run, attempt: refusedOrOver({ name, keyId: made.keyId, because, atMs }) } };
    }
    return { run: { ...run, attempt: { state: "in-hand", name, bornAtMs, made, from: "provider" } } };
  } catch (error) {
    const expected = asExpected(error);
    const state = expected instanceof OutcomeUnknownError ? "unknown" : "over";
    const atMs = ports.clock.now();
    return { run: { ...run, attempt: { state, name, because: expected.message, atMs } }, error: expected };
  }
}

/** Takes the offered key in hand. Its own words on who it is are kept only where they are whole. */
export async function acceptKey(observation: Observation, { ports }: Context): Promise<Carried> {
  const { offer, run } = observation;
  if (offer?.kind !== "key")
    throw new Error("accept-key: no key is offered: a decision accepts only what was");
  const { fields, expiresAtMs } = offer.key;
  const { keyId, account } = ports.provider.identify(fields);
  const nowMs = ports.clock.now();
  const made = {
    fields,
    createdAtMs: nowMs,
    ...(account === undefined ? {} : { account }),
    ...(account === undefined || keyId === undefined ? {} : { keyId }),
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
  };
  const attempt: Attempt = { state: "in-hand", name: "", bornAtMs: nowMs, made, from: "person" };
  return { run: { ...run, attempt } };
}

/**
 * Stores the key in hand. It is nowhere else, and where keys have no names nobody could find it again: so a store that
 * does not come off is repeated, with the same token and content, and one whose outcome is unknown never resolved by
 * reading: a read may be stale, and the key that it does not show may be promoted by another run.
 */
export async function storeKey(
  effect: Extract<Effect, { kind: "store-key" }>,
  observation: Observation,
  context: Context,
): Promise<Carried> {
  const { ports, options } = context;
  const { run } = observation;
  const { attempt } = run;
  if (attempt?.state !== "in-hand")
    throw new Error("store-key: no key is in hand: a decision stores only what was made");
  const { versionId, stage } = effect;
  const key = heldKey(attempt, observation, options.policy.provider.id);
  const request = { versionId, stage, key, labels: labelsFor(versionId, attempt) };
  let error: Error | undefined;
  let mayBeStored = false;
  const untilMs = storesUntil(observation, context);
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    error = (await failureOf(() => ports.secrets.store(request, callIn(context)))).error;
    if (error === undefined) {
      const version = storedVersion(request, ports.clock.now());
      return { run: { ...run, attempt: { state: "stored", name: attempt.name, version } } };
    }
    if (error instanceof StaleStateError) {
      const spent = [...run.spent, versionId];
      return { run: { ...run, spent, attempt: refused(attempt, error, ports.clock.now()) }, error };
    }
    if (error instanceof OutcomeUnknownError) mayBeStored = true;
    if (error instanceof ProviderRejectedError || ports.clock.now() + pauseMs > untilMs) break;
    await ports.clock.sleep(pauseMs, context.signal);
    if (ports.clock.now() > untilMs) break; // a timer may oversleep
  }
  // A refusal says nothing of an earlier try that was not answered. What may be stored is left to the clock.
  const atMs = ports.clock.now();
  if (error && !mayBeStored) return { run: { ...run, attempt: refused(attempt, error, atMs) }, error };
  const because = `storing the new key: ${error?.message ?? "there was no time left"}`;
  return {
    run: { ...run, attempt: { state: "over", name: attempt.name, because, atMs } },
    ...(error ? { error } : {}),
  };
}

/**
 * As long as the run lives, less the time of another try, and of a look and a call to revoke the key. But no leaked one waits
 * for it past its deadline, nor for long after it.
 */
function storesUntil({ run, secret }: Observation, { ports, options }: Context): number {
  const nowMs = ports.clock.now();
  const isOwn = run.markedAtMs !== undefined || run.failed[MARK] !== undefined;
  const waiting = leaksOf(secret).filter((leak) => {
    const held = leakedIn(secret).filter((version) => taints(leak, version, secret));
    const isUnheld = held.length === 0 && leak.target !== "all" && isOwn;
    const ids = isUnheld ? [leak.target] : held.map((any) => keyOf(any)?.keyId);
    return ids.some((id) => id === undefined || !run.revoked.includes(id));
  });
  const bounds = waiting.map(({ deadlineMs }) => Math.max(deadlineMs, nowMs + LATE_PATIENCE_MS));
  return Math.min(options.deadlineMs - 3 * options.callMs, ...bounds);
}

/** The version as a look shows it that comes after the store. */
function storedVersion(
  { versionId, stage = "AWSPENDING", key, labels }: Parameters<SecretStore["store"]>[0],
  createdAtMs: number,
): Version {
  return {
    id: versionId,
    v8: v8Of(versionId),
    createdAtMs,
    isCurrent: false,
    isPending: stage === "AWSPENDING",
    labels,
    content: { kind: "key", key },
  };
}

/** The new version's key: the provider's answer, and whatever else the consumers keep in the value. */
function heldKey(
  { made }: Extract<Attempt, { state: "in-hand" }>,
  { secret }: Observation,
  provider: string,
): HeldKey {
  const extras = keyOf(currentOf(secret))?.extras;
  const { settings: _, ...key } = made;
  return { ...key, provider, ...(extras === undefined ? {} : { extras }) };
}

/** `live` with its birth, and the end of a key that the provider ends by itself. */
function labelsFor(
  versionId: string,
  { bornAtMs, made }: Extract<Attempt, { state: "in-hand" }>,
): readonly Label[] {
  const v8 = v8Of(versionId);
  const live = { kind: "live", v8, atMs: bornAtMs } as const;
  return made.expiresAtMs === undefined ? [live] : [live, { kind: "expires", v8, atMs: made.expiresAtMs }];
}

/** A key that nobody will hold is revoked by its id; one without an id is no key yet, or a person's. */
function refused(
  { name, made, from }: Extract<Attempt, { state: "in-hand" }>,
  { message }: Error,
  atMs: number,
): Attempt {
  return refusedOrOver({
    name,
    keyId: from === "provider" ? made.keyId : undefined,
    because: message,
    atMs,
  });
}

function refusedOrOver(it: {
  name: string;
  keyId: string | undefined;
  because: string;
  atMs: number;
}): Attempt {
  const { name, keyId, because, atMs } = it;
  return keyId === undefined
    ? { state: "over", name, because, atMs }
    : { state: "refused", name, keyId, because };
}
