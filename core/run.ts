import { createHash } from "node:crypto";
import {
  OutcomeUnknownError,
  PromiseBrokenError,
  ProviderRejectedError,
  ProviderUnavailableError,
  StaleStateError,
} from "../contract/errors.ts";
import type { Carried } from "./attempt.ts";
import { type Context, callIn, type JournalEntry, type Ports, type RunOptions } from "./context.ts";
import { decide } from "./cutover/decide.ts";
import { asMarked, beforeReading } from "./cutover/leak-response.ts";
import { versionOf } from "./cutover/ledger.ts";
import {
  type Decision,
  type Effect,
  type Goal,
  type Hold,
  IN_HAND,
  type LeakGoal,
  type Observation,
} from "./cutover/observation.ts";
import type { Capabilities, SecretView } from "./cutover/ports.ts";
import { predict } from "./cutover/predict.ts";
import { wouldBreak } from "./cutover/would-break.ts";
import { carryOut } from "./effects.ts";
import { isExpected } from "./expected.ts";
import { joinLeak, nameTarget } from "./leak-target.ts";
import { lookAtAll } from "./looks.ts";

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

/** Asks once, and again only where that failed. */
function once(ask: Ports["admin"]): Ports["admin"] {
  if (ask === undefined) return undefined;
  let answer: ReturnType<typeof ask> | undefined;
  return (call) => {
    answer ??= ask(call).catch((error: unknown) => {
      answer = undefined;
      throw error;
    });
    return answer;
  };
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
      if (!hasTimeFor("look", context)) return outOfTime(goal, waited);
      observation = await lookAtAll(observation, [decision.look, ...(decision.beside ?? [])], context);
    } else if (decision.kind === "wait") {
      if (!(await sleepUntil(decision.holds, goal, context))) return decision;
      waited = decision;
      observation = await lookAgain(observation, goal, context);
    } else {
      if (!hasTimeFor(decision.effect.kind, context)) return outOfTime(goal, waited);
      waited = undefined; // what it has waited for until now is not what is left to do
      const [{ run, error }, probed] = await Promise.all([
        apply(decision, observation, goal, context),
        probeBeside(decision.effect, observation, goal, context),
      ]);
      if (error && !isRemembered(decision.effect, goal)) failures += 1;
      if (failures > MAX_FAILURES) return giveUp(error);
      inRow = error ? inRow + 1 : 0;
      if (error) await clock.sleep(PAUSE_MS * Math.min(10, Math.max(1, inRow)), context.signal);
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

/** Carries one effect out. Its failure is a fact like any other: the next look and the next decision deal with it. */
async function apply(
  { effect, because }: Extract<Decision, { kind: "effect" }>,
  observation: Observation,
  goal: Goal,
  context: Context,
): Promise<Carried> {
  const named = goal.kind === "leak-response" ? asMarked(observation, goal) : observation;
  const broken = wouldBreak(effect, named);
  if (broken) throw new PromiseBrokenError(`${goal.kind}: ${effect.kind} would break ${broken}`);
  const { run, error } = await carryOut(effect, observation, context);
  const carried = error ? { run, error } : { run: { ...run, applied: run.applied + 1 } };
  context.ports.journal.record({
    goal: goal.kind,
    effect: effect.kind,
    because,
    outcome: outcomeOf(carried.error),
    ...aboutEffect(effect),
    ...(carried.error === undefined ? {} : { error: carried.error.message }),
  });
  return carried;
}

/** What a run begins with: what it sees first, and its goal in the words that it goes on with. */
interface Begun {
  readonly observation: Observation;
  readonly goal: Goal;
}

/** A leak response is made of calls side by side; every other run begins with a look. */
async function begin(goal: Goal, context: Context): Promise<Begun | Outcome> {
  if (goal.kind === "leak-response") return beginLeak(goal, context);
  return { goal, observation: firstLook(await context.ports.secrets.read(callIn(context)), goal, context) };
}

/**
 * Marks the leak while the keys are read. Where every key is meant, the labels alone say where the mark goes; of one key,
 * it has to be known first that it is there. Whoever responds to a leak that is marked already joins its incident.
 */
async function beginLeak(asked: LeakGoal, context: Context): Promise<Begun | Outcome> {
  const { secrets, provider } = context.ports;
  const { options } = context;
  const outline = await patiently(() => secrets.outline(callIn(context)), asked, context);
  const capabilities = capabilitiesIn(provider, options);
  const all = asked.target === "all" ? joinLeak(asked, outline.versions) : asked;
  const early = outline.isDeleted
    ? undefined
    : beforeReading(outline, all, { capabilities, policy: options.policy });
  if (early?.kind === "refuse") return early;
  const mark = early?.kind === "effect" ? early : undefined;
  const empty = firstLook({ ...outline, versions: [] }, all, context);
  const marking = mark && apply(mark, empty, all, context);
  const filling = patiently(() => secrets.fill(outline, callIn(context)), asked, context);
  filling.catch(() => undefined); // the mark is waited for, whatever becomes of the values: the clock goes on from it
  const [carried] = await Promise.all([
    marking,
    context.admin?.(callIn(context)).catch(() => undefined), // whoever needs it asks again, and hears why
  ]);
  const secret = await filling;
  const named = nameTarget(all, secret);
  if ("kind" in named && named.kind === "refuse") return named;
  const goal = joinLeak(named, secret.versions);
  const seen = firstLook(secret, goal, context);
  if (mark === undefined || carried === undefined) return { goal, observation: seen };
  const run = { ...carried.run, nonce: seen.run.nonce };
  const spared = carried.error ? undefined : predict(seen, mark.effect, run);
  return { goal, observation: spared ?? { ...seen, run } };
}

function firstLook(secret: SecretView, goal: Goal, { options, ports }: Context): Observation {
  const { timeoutMs, marginMs } = options.fence;
  const run = {
    capabilities: capabilitiesIn(ports.provider, options),
    nonce: ports.random.nonce(),
    namePrefix: namePrefixOf(secret.arn),
    fenceMs: timeoutMs + marginMs,
    applied: 0,
    revoked: [],
    removed: [],
    rolled: [],
    unrolled: {},
    failed: {},
    spent: [],
    left: [],
    ...(goal.kind === "revoke" ? { named: goal.keyId } : {}),
    ...(ports.announcer ? { announced: [] } : {}),
  };
  return { ...NOTHING_SEEN, secret, run };
}

function capabilitiesIn(
  { capabilities }: Ports["provider"],
  { lastUsedResolutionSeconds: resolutionSeconds }: RunOptions,
): Capabilities {
  const { lastUsed } = capabilities;
  if (resolutionSeconds === undefined || lastUsed === undefined) return capabilities;
  return { ...capabilities, lastUsed: { ...lastUsed, resolutionSeconds } };
}

const NOTHING_SEEN = { probes: {}, settings: {}, uses: {}, rollouts: {} };

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

/** After an effect, everything is looked up anew; only the effect's own answer stands. */
async function lookAgain(
  { run }: Pick<Observation, "run">,
  goal: Goal,
  context: Context,
): Promise<Observation> {
  const secret = await patiently(() => context.ports.secrets.read(callIn(context)), goal, context);
  return { ...NOTHING_SEEN, secret, run };
}

/**
 * A run that cannot see the secret ends, and the next one goes on. A leak response looks again as long as there is time: a
 * leaked key does not wait.
 */
async function patiently<T>(look: () => Promise<T>, goal: Goal, context: Context): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await look();
    } catch (error) {
      const goesOn = goal.kind === "leak-response" && isExpected(error) && hasTimeFor("look", context);
      if (!goesOn) throw error;
      await context.ports.clock.sleep(PAUSE_MS * Math.min(10, tries), context.signal);
    }
  }
}

/**
 * How the names of a secret's keys begin. Two deployments, accounts or regions may share one vendor account, so it is
 * a hash of the full ARN, 64 bits of it; with a nonce behind, it fits into 64 characters (Twilio's limit).
 */
export function namePrefixOf(secretArn: string): string {
  return `dualkey/${createHash("sha256").update(secretArn).digest("hex").slice(0, 16)}/`;
}

/** To make a key takes three calls to its end: make, store, and revoke where the store is refused. */
const CALLS: Partial<Record<Effect["kind"] | "look", number>> = {
  "make-key": 3,
  "store-key": 2,
  "register-key": 2,
  "replace-key": 3,
};

function hasTimeFor(what: Effect["kind"] | "look", { ports, options }: Context): boolean {
  return ports.clock.now() + (CALLS[what] ?? 1) * options.callMs <= options.deadlineMs;
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
function outOfTime(goal: Goal, waited: Outcome | undefined): Outcome {
  const isLeak = goal.kind === "leak-response";
  if (isLeak && waited) return waited;
  const because = "this run has no time for another call; the next one goes on";
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

function outcomeOf(error: Error | undefined): JournalEntry["outcome"] {
  if (error === undefined) return "applied";
  if (error instanceof StaleStateError) return "stale";
  if (error instanceof ProviderRejectedError || error instanceof ProviderUnavailableError)
    return "not-applied";
  if (error instanceof OutcomeUnknownError) return "unknown";
  throw error;
}

function aboutEffect(effect: Effect): Pick<JournalEntry, "versionId" | "keyId" | "label"> {
  switch (effect.kind) {
    case "make-key":
    case "accept-key":
    case "take-offer":
    case "replace-key":
    case "roll":
      return {};
    case "announce":
      return { versionId: effect.event.detail.versionId };
    case "revoke-key":
    case "remove-key":
      return { keyId: effect.keyId };
    case "promote":
      return { versionId: effect.to };
    case "attach":
    case "detach":
      return { versionId: effect.versionId, label: effect.label.kind };
    default:
      return { versionId: effect.versionId };
  }
}
