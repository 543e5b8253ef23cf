import { ProviderRejectedError } from "../contract/errors.ts";
import { acceptKey, type Carried, makeKey, storeKey } from "./attempt.ts";
import { type Context, callIn } from "./context.ts";
import { nameOf } from "./cutover/announce.ts";
import { type Effect, MARK, MOVE, type Observation, type RunView } from "./cutover/observation.ts";
import { asExpected, failureOf } from "./expected.ts";
import { credentialFor, fieldsOf, must } from "./looks.ts";

/** Carries one effect out, once. Never throws for what the world answers: that is a fact for the next decision. */
export async function carryOut(effect: Effect, observation: Observation, context: Context): Promise<Carried> {
  switch (effect.kind) {
    case "make-key":
      return makeKey(effect, observation, context);
    case "accept-key":
      return acceptKey(observation, context);
    case "store-key":
      return storeKey(effect, observation, context);
    case "register-key":
      return registerKey(effect, observation, context);
    case "replace-key":
      return replaceKey(effect, observation, context);
    case "revoke-key":
      return revokeKey(effect, observation, context);
    default: {
      const { error } = await failureOf(() => move(effect, observation, context));
      // Told or not: one try a run, for nobody waits for it.
      const isOver = error === undefined || effect.kind === "announce";
      const run = isOver
        ? afterMove(effect, observation.run, context.ports.clock.now())
        : afterFailure(effect, observation.run, { error, atMs: context.ports.clock.now() });
      return { run, ...(error ? { error } : {}) };
    }
  }
}

type Move = Extract<
  Effect,
  {
    kind:
      | "attach"
      | "detach"
      | "promote"
      | "drop-pending"
      | "take-offer"
      | "remove-key"
      | "roll"
      | "announce";
  }
>;

async function move(effect: Move, observation: Observation, context: Context): Promise<void> {
  const { secrets, handIn, provider, rollouts, announcer } = context.ports;
  const call = callIn(context);
  switch (effect.kind) {
    case "attach":
      return secrets.attach(effect, call);
    case "detach":
      return secrets.detach(effect, call);
    case "promote":
      return secrets.promote(effect, call);
    case "drop-pending":
      return secrets.dropPending(effect, call);
    case "take-offer":
      return must(handIn, "hand-in").take({ versionId: effect.offerId }, call);
    case "roll":
      return must(rollouts, "rollouts").start({ consumer: effect.consumer }, call);
    case "announce":
      return must(announcer, "announcer").announce(effect.event, call);
    case "remove-key": {
      const credential = await credentialFor(observation, effect, context);
      return must(provider.remove, "remove").call(provider, { credential, keyId: effect.keyId }, call);
    }
  }
}

function afterFailure(
  effect: Move,
  run: RunView,
  { error: { message }, atMs }: { readonly error: Error; readonly atMs: number },
): RunView {
  if (effect.kind === "attach" && effect.label.kind === "leaked") {
    return { ...run, failed: { ...run.failed, [MARK]: { because: message, atMs } } };
  }
  if (effect.kind === "promote" || effect.kind === "attach" || effect.kind === "detach") {
    const { times = 0 } = run.failed[MOVE] ?? {};
    return { ...run, failed: { ...run.failed, [MOVE]: { because: message, atMs, times: times + 1 } } };
  }
  if (effect.kind !== "roll") return run;
  return { ...run, unrolled: { ...run.unrolled, [effect.consumer.name]: message } };
}

/** What a look may show too late. */
function afterMove(effect: Move, run: RunView, nowMs: number): RunView {
  if (effect.kind === "attach" && effect.label.kind === "leaked") return { ...run, markedAtMs: nowMs };
  if (effect.kind === "promote" && effect.from !== undefined)
    return { ...run, left: [...run.left, effect.from] };
  if (effect.kind === "roll") return { ...run, rolled: [...run.rolled, effect.consumer.name] };
  if (effect.kind === "announce")
    return { ...run, announced: [...(run.announced ?? []), nameOf(effect.event)] };
  if (effect.kind === "remove-key") return { ...run, removed: [...run.removed, effect.keyId] };
  return effect.kind === "take-offer" ? { ...run, taken: effect.offerId } : run;
}

async function registerKey(
  effect: Extract<Effect, { kind: "register-key" }>,
  observation: Observation,
  context: Context,
): Promise<Carried> {
  const { provider } = context.ports;
  const { run } = observation;
  const { versionId } = effect;
  try {
    const credential = await credentialFor(observation, effect, context);
    const request = { credential, fields: fieldsOf(observation, versionId) };
    const { keyId } = await must(provider.register, "register").call(provider, request, callIn(context));
    return { run: { ...run, registered: { versionId, keyId } } };
  } catch (error) {
    const expected = asExpected(error);
    const failed = { because: expected.message, atMs: context.ports.clock.now() };
    return { run: { ...run, failed: { ...run.failed, [versionId]: failed } }, error: expected };
  }
}

async function replaceKey(
  effect: Extract<Effect, { kind: "replace-key" }>,
  observation: Observation,
  context: Context,
): Promise<Carried> {
  const { provider } = context.ports;
  const { run } = observation;
  const { error } = await failureOf(async () => {
    const credential = await credentialFor(observation, effect, context);
    await must(provider.replace, "replace").call(provider, { credential }, callIn(context));
  });
  if (error === undefined) return { run: { ...run, replaced: "asked" } };
  const isRefused = error instanceof ProviderRejectedError;
  return { run: isRefused ? { ...run, replaced: "refused" } : run, error };
}

async function revokeKey(
  effect: Extract<Effect, { kind: "revoke-key" }>,
  observation: Observation,
  context: Context,
): Promise<Carried> {
  const { provider } = context.ports;
  const { error } = await failureOf(async () => {
    const credential = await credentialFor(observation, effect, context);
    await must(provider.revoke, "revoke").call(
      provider,
      {
        credential,
        keyId: effect.keyId,
        ...(effect.account === undefined ? {} : { account: effect.account }),
      },
      callIn(context),
    );
  });
  // A disabled key that was never stored takes a slot for nothing. What fails here, a person sees in the full list.
  const { remove } = provider;
  if (error === undefined && remove && isOfAttempt(effect.keyId, observation)) {
    await failureOf(async () => {
      const credential = await credentialFor(observation, effect, context);
      await remove.call(provider, { credential, keyId: effect.keyId }, callIn(context));
    });
  }
  const next = afterRevoke(effect, observation, { error, atMs: context.ports.clock.now() });
  return { run: next, ...(error ? { error } : {}) };
}

function afterRevoke(
  { keyId, with: credential }: Extract<Effect, { kind: "revoke-key" }>,
  observation: Observation,
  { error, atMs }: { readonly error: Error | undefined; readonly atMs: number },
): RunView {
  const { run, settings } = observation;
  const { attempt } = run;
  const { [keyId]: _, ...others } = run.failed;
  const itsSettings = settings[keyId];
  const next: RunView = {
    ...run,
    revoked: error === undefined ? [...run.revoked, keyId] : run.revoked,
    fit: error === undefined ? [...run.fit, credential] : run.fit,
    unfit: error instanceof ProviderRejectedError ? { ...run.unfit, [credential]: atMs } : run.unfit,
    failed: error === undefined ? others : { ...others, [keyId]: { because: error.message, atMs } },
    // They go with the key, and the next one must have them.
    ...(itsSettings?.kind === "read" ? { carried: { keyId, settings: itsSettings.settings } } : {}),
  };
  if (attempt === undefined || !isOfAttempt(keyId, observation)) return next;
  // Gone, or left to the clock: in both cases this attempt is over.
  const because = "because" in attempt ? attempt.because : "the provider never accepted the key that it made";
  return { ...next, attempt: { state: "over", name: attempt.name, because, atMs } };
}

/** Whether it is the key that this run has made: other keys end, too, while it is not stored yet. */
function isOfAttempt(keyId: string, { run: { attempt }, list }: Observation): boolean {
  switch (attempt?.state) {
    case "in-hand":
      return attempt.made.keyId === keyId;
    case "refused":
      return attempt.keyId === keyId;
    case "unknown":
      return (
        list?.kind === "listed" && list.keys.some(({ id, name }) => id === keyId && name === attempt.name)
      );
    default:
      return false;
  }
}
