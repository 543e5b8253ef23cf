import { PromiseBrokenError, ProviderRejectedError } from "../contract/errors.ts";
import { apply } from "./apply.ts";
import { begin, lookAgain, once } from "./begin.ts";
import type { Context, Ports, RunOptions } from "./context.ts";
import { decide } from "./cutover/decide.ts";
import { versionOf } from "./cutover/ledger.ts";
import {
  type Decision,
  type Effect,
  type Goal,
  type Hold,
  IN_HAND,
  type Observation,
} from "./cutover/observation.ts";
import type { SecretView } from "./cutover/ports.ts";
import { predict } from "./cutover/predict.ts";
import { lookAtAll } from "./looks.ts";
import { hasTimeFor } from "./time-left.ts";

export { namePrefixOf } from "./begin.ts";
export type { Journal, JournalEntry, Ports, RunOptions } from "./context.ts";

export type Outcome =
  /** Nothing is owed any more. */
  | Extract<Decision, { kind: "done" }>
  /** Something is owed and cannot be done now; a later run goes on. */
  | { readonly kind: "wait"; readonly holds: readonly Hold[] }
  /** The request cannot be served until somebody changes something. */
  | Extract<Decision, { kind: "refuse" }>;

/** More effects and looks than any flow has: a run that gets there goes round in circles. */
const MAX_STEPS = 200;

/** Effects that did not come off, before a run leaves the rest to the next one: reads may be stale for a while. */
const MAX_FAILURES = 5;
const PAUSE_MS = 100;

/** Between two looks of a leak response that waits for something. */
const LEAK_POLL_MS = 1_000;

/**
 * The loop: observe → decide → effect, again, until done, wait or refuse.
 *
 * It may be killed at any instruction, run twice at once, and read stale; it remembers nothing that matters. It
 * starts no effect without the time to finish it, and leaves nothing in flight when it returns.
 *
 * @throws PromiseBrokenError where a decision would break a promise: a bug, and nothing was applied
 * @throws ProviderRejectedError, ProviderUnavailableError where the secret itself cannot be read
 */
export async function run(goal: Goal, ports: Ports, options: RunOptions): Promise<Outcome> {
  const abort = new AbortController();
  const signal = options.signal ? AbortSignal.any([abort.signal, options.signal]) : abort.signal;
  try {
    const admin = goal.kind === "leak-response" ? once(ports.admin) : ports.admin;
    return await loop(goal, { ports, options, signal, ...(admin ? { admin } : {}) });
  } finally {
    abort.abort(); // a frozen function would resume what it left in flight
  }
}

async function loop(asked: Goal, context: Context): Promise<Outcome> {
  const { clock, journal } = context.ports;
  const begun = await begin(asked, context);
  if ("kind" in begun) return begun;
  let { observation } = begun;
  const { goal } = begun;
  let [failures, inRow] = [0, 0];
  let waited: Outcome | undefined;
  for (let steps = 0; steps < MAX_STEPS; ) {
    journal.see?.(observation, goal);
    const decision = decide(observation, goal, context.options.policy, clock.now());
    if (decision.kind === "done" || decision.kind === "refuse") return decision;
    steps = decision.kind === "wait" ? 0 : steps + 1; // to wait for something is no going round
    if (decision.kind === "look") {
      if (!hasTimeFor("look", context)) return outOfTime(goal, waited, observation);
      observation = await lookAtAll(observation, [decision.look, ...(decision.beside ?? [])], context);
    } else if (decision.kind === "wait") {
      if (!(await sleepUntil(decision.holds, goal, context))) return decision;
      waited = decision;
      observation = await lookAgain(observation, goal, context);
    } else {
      if (!hasTimeFor(decision.effect.kind, context)) return outOfTime(goal, waited, observation);
      waited = undefined; // what it has waited for until now is not what is left to do
      const [{ run, error }, probed] = await Promise.all([
        apply(decision, observation, goal, context),
        probeBeside(decision.effect, observation, goal, context),
      ]);
      if (error && !isRemembered(decision.effect, goal)) failures += 1;
      if (failures > MAX_FAILURES) return giveUp(error);
      inRow = error ? inRow + 1 : 0;
      if (error) await clock.sleep(PAUSE_MS * Math.min(10, inRow), context.signal);
      if (error && goal.kind === "leak-response") steps = 0; // it goes on until its time is over
      const spared =
        error || goal.kind !== "leak-response"
          ? undefined
          : predict(probed ?? observation, decision.effect, run);
      const { seen, isLate } = spared
        ? { seen: spared, isLate: false }
        : await lookAfter(decision.effect, { run, error }, observation, { goal, context });
      if (isLate && goal.kind !== "leak-response") return shownLate();
      observation = seen;
    }
  }
  throw new PromiseBrokenError(
    `${goal.kind}: ${MAX_STEPS} steps in one run, and no end. Report this as a bug`,
  );
}

/** In a leak response a new key is probed while it is stored: its value is in hand, and seconds count. */
async function probeBeside(
  { kind }: Effect,
  observation: Observation,
  goal: Goal,
  context: Context,
): Promise<Observation | undefined> {
  const isMade = observation.run.capabilities.source === "provider";
  if (goal.kind !== "leak-response" || kind !== "store-key" || !isMade) return undefined;
  return lookAtAll(observation, [{ kind: "probe", versionId: IN_HAND }], context);
}

/**
 * What a run tries once, and whose failure the next decision takes into account. A leak response gives nothing up before
 * its time is over.
 */
function isRemembered({ kind }: Effect, goal: Goal): boolean {
  return kind === "announce" || kind === "roll" || goal.kind === "leak-response";
}

/**
 * The look after an effect, and whether it is late. A label that was attached is waited for: while no look shows it,
 * the next decision would attach it again, with another time, until the 20 labels of the secret are used up.
 */
async function lookAfter(
  effect: Effect,
  { run, error }: { run: Observation["run"]; error: Error | undefined },
  observation: Observation,
  { goal, context }: { readonly goal: Goal; readonly context: Context },
): Promise<{ readonly seen: Observation; readonly isLate: boolean }> {
  // The store of a key in hand is guarded by its token: nothing comes between the two calls that can fail.
  const isInHand = run.attempt?.state === "in-hand";
  if (isInHand && (effect.kind === "make-key" || effect.kind === "accept-key"))
    return { seen: { ...observation, run }, isLate: false };
  for (let looks = 1; ; looks += 1) {
    const seen = await lookAgain({ run }, goal, context);
    const isLate = error === undefined && effect.kind === "attach" && !hasLabel(seen.secret, effect);
    if (!isLate || looks === MAX_FAILURES) return { seen, isLate };
    await context.ports.clock.sleep(PAUSE_MS * looks, context.signal);
  }
}

function hasLabel(secret: SecretView, { versionId, label }: Extract<Effect, { kind: "attach" }>): boolean {
  return versionOf(secret, versionId)?.labels.some(({ kind }) => kind === label.kind) ?? false;
}

/** A refusal is for a person to see: without one, every later run would be refused, too. */
function giveUp(error: Error | undefined): Outcome {
  const because = error?.message ?? "effects did not come off";
  return { kind: "wait", holds: [{ because, alarm: error instanceof ProviderRejectedError }] };
}

function shownLate(): Outcome {
  const because = "a label was attached and is not shown yet; the next run goes on";
  return { kind: "wait", holds: [{ because, alarm: false }] };
}

/** What a leak response has waited for is what is left to do; and where it never had to, a person should know. */
function outOfTime(goal: Goal, waited: Outcome | undefined, { run }: Observation): Outcome {
  const isLeak = goal.kind === "leak-response";
  if (isLeak && waited) return waited;
  const [last] = Object.values(run.failed).toSorted((one, other) => other.atMs - one.atMs);
  const failed = last === undefined ? "" : `. What failed last: ${last.because}`;
  const because = `this run has no time for another call; the next one goes on${failed}`;
  return { kind: "wait", holds: [{ because, alarm: isLeak }] };
}

/**
 * A step waits inside its run, since the service calls it again at a time of its own, and so does who was named a key: the
 * clock may not come back for minutes. Everything else is the clock's.
 */
async function sleepUntil(holds: readonly Hold[], goal: Goal, context: Context): Promise<boolean> {
  const isNamed = goal.kind === "leak-response" || goal.kind === "revoke";
  if (!("token" in goal) && !isNamed) return false;
  const { clock } = context.ports;
  const laterMs = goal.kind === "leak-response" ? clock.now() + LEAK_POLL_MS : Number.POSITIVE_INFINITY;
  const untilMs = Math.min(laterMs, ...holds.map((hold) => hold.untilMs ?? Number.POSITIVE_INFINITY));
  if (untilMs + context.options.callMs > context.options.deadlineMs) return false;
  await clock.sleep(Math.max(1, untilMs - clock.now()), context.signal);
  return true;
}
