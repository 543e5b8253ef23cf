import { type Executed, execute, type Plan } from "./events.ts";
import { comeToRest, explain, type Node, nameOf, type Options, type Trace, wordOf } from "./explore.ts";
import { leftOf } from "./incidents.ts";
import { judgeCurrent, judgeDeadline, judgeOutcome, uncleanIn } from "./judge-leaks.ts";
import { IS_LONG, leaksAmid, plansFor, pointsOf, SECOND } from "./leak-plans.ts";
import { isMarked, type LeakStory, MARK, type Tried } from "./leak-story.ts";
import type { PortCall } from "./ports.ts";
import { Broken } from "./runs.ts";

export interface LeakCases {
  runs: number;
  cases: number;
}

/** When nothing more goes wrong: people do what they are asked to, and the clock ticks. */
const REST = [
  "step",
  "step",
  "step",
  "step",
  "give-up",
  "tick",
  "help",
  "revoke-by-hand",
  "wait",
  "tick",
  "help",
  "wait-long",
  "tick",
  "wait-long",
  "tick",
] as const;

/**
 * Plays a leak with one thing going wrong at any call, and lets every world come to rest, where each leaked key must be
 * dead, its label off, a clean key current, and the next rotation come through.
 *
 * @param rested worlds that are known to come to rest; filled
 * @throws Broken with the trace that leads there
 */
export async function exploreLeak(
  story: LeakStory,
  rested: Set<string>,
  onBroken: (error: unknown) => void = rethrow,
  onPlay: () => void = () => undefined,
): Promise<LeakCases> {
  const cases: LeakCases = { runs: 0, cases: 0 };
  for await (const play of playsOf(story)) {
    onPlay();
    try {
      await settle(await play(), story, rested, cases);
    } catch (error) {
      onBroken(error);
    }
  }
  return cases;
}

function rethrow(error: unknown): never {
  throw error;
}

type Play = () => Promise<Node & Pick<Executed, "outcome">>;

/**
 * The response alone, with each thing that can go wrong in it, and in the midst of a step or a tick; and the ticks that go
 * on with it, from its mark, and from its end; and a second leak after it.
 */
async function* playsOf(story: LeakStory): AsyncIterable<Play> {
  const { world, request, mutation, isAlone = false } = story;
  const start = { faults: 0, world, trace: undefined };
  let calls: readonly PortCall[] = [];
  let ended: Node | undefined;
  yield async () => {
    const base = await attempt(story, start, undefined, []);
    ({ calls } = base);
    ended = base;
    judgeDeadline(base, story);
    judgeOutcome(base, story);
    if (isAlone) judgeCurrent(base);
    return base;
  };
  if (isAlone) return;
  for (const plan of plansFor(calls, story)) {
    yield async () => {
      const node = await attempt(story, start, plan, calls);
      if (plan.interlude === undefined && plan.fault !== "never") judgeDeadline(node, story);
      return node;
    };
  }
  for (const event of ["step", "tick"] as const) {
    if (event === "step" && world.rotation === undefined) continue;
    const outer = await execute(world, event, undefined, mutation);
    for (const at of pointsOf(outer.calls)) {
      if (outer.calls[at]?.kind !== "write") continue;
      for (const interlude of leaksAmid(request)) {
        const plan = { at, interlude };
        const trace = { step: `${event} [${nameOf(plan, outer.calls)}]`, before: undefined };
        yield async () => {
          const node = await guarded(trace, () => execute(world, event, plan, mutation));
          return { ...node, faults: 0, trace };
        };
      }
    }
  }
  const mark = calls.findIndex(({ name }) => name === MARK);
  if (mark >= 0)
    yield* ticksAfter(await attempt(story, start, { at: mark, fault: "crash-after" }, calls), story);
  if (ended === undefined) return;
  for (const first of [ended, { ...ended, ...(await execute(ended.world, "wait")) }])
    yield* secondLeaksAfter(first, story);
  if (!IS_LONG && request.role !== "all" && request.role !== "current") return; // of the others there is little left to do
  const { world: later } = await execute(ended.world, "wait-long");
  yield* ticksAfter({ ...ended, world: later, trace: { step: "wait-long", before: ended.trace } }, story);
}

/** What took the leaked key's place has leaked, too, or nobody knows which has: another incident, of another request. */
async function* secondLeaksAfter(node: Node, story: LeakStory): AsyncIterable<Play> {
  if (story.request.operation === "revoke") return;
  for (const role of ["current", "all"] as const) {
    const second = { ...story, world: node.world, request: { ...SECOND, role } };
    yield async () => {
      const played = await attempt(second, node, undefined, []);
      judgeDeadline(played, second);
      judgeOutcome(played, second);
      return played;
    };
  }
}

/** A tick with each thing that can go wrong in it: the first one after a node. */
async function* ticksAfter(node: Node, story: LeakStory): AsyncIterable<Play> {
  if (!isMarked(node.world)) return;
  const { mutation } = story;
  const { calls } = await execute(node.world, "tick", undefined, mutation);
  for (const plan of plansFor(calls, story)) {
    if (plan.interlude !== undefined && !IS_LONG) continue;
    const trace = { step: `tick [${nameOf(plan, calls)}]`, before: node.trace };
    yield async () => {
      const played = await guarded(trace, () => execute(node.world, "tick", plan, mutation));
      return { ...played, faults: 0, trace };
    };
  }
}

async function attempt(
  { request, mutation }: LeakStory,
  node: Node,
  plan: Plan | undefined,
  calls: readonly PortCall[],
): Promise<Tried> {
  const step = plan ? `${wordOf(request)} [${nameOf(plan, calls)}]` : wordOf(request);
  const trace = { step, before: node.trace };
  const executed = await guarded(trace, () => execute(node.world, request, plan, mutation));
  return { ...executed, faults: 0, trace };
}

async function guarded<T>(trace: Trace, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw explain(error, trace);
  }
}

/** The run ended before its mark: the caller asks again. Else the clock goes on alone; and, for once, a second run. */
async function settle(
  node: Node & Pick<Executed, "outcome">,
  story: LeakStory,
  rested: Set<string>,
  cases: LeakCases,
): Promise<void> {
  const { atRest, mutation, isAudited = false } = story;
  const options: Options = {
    maxFaults: 0,
    maxRotations: 2,
    rest: REST,
    isAudited,
    atRest: leftAnd(atRest),
    ...(mutation ? { mutation } : {}),
  };
  cases.cases += 1;
  if (isOver(node) || isMarked(node.world)) cases.runs += 1 + (await comeToRest(node, options, rested));
  if (isOver(node) || (node.outcome && isMarked(node.world))) return;
  let last = await attempt(story, node, undefined, []);
  cases.cases += 1;
  // While nothing can be marked, the caller's repeat is all there is.
  for (let asked = 2; story.isAlone && !isOver(last) && !isMarked(last.world); asked += 1) {
    if (asked > MOST_REPEATS)
      throw explain(new Broken("P5", "it is asked for again and again, and never marked"), last.trace);
    last = await attempt(story, last, undefined, []);
    cases.cases += 1;
  }
  cases.runs += 1 + (await comeToRest(last, options, rested));
}

/** A run takes two minutes at the most, and no outage is longer than ten. */
const MOST_REPEATS = 8;

function isOver({ outcome }: Pick<Executed, "outcome">): boolean {
  return outcome?.kind === "done" || outcome?.kind === "refuse";
}

function leftAnd(atRest: Options["atRest"]): Options["atRest"] {
  return (world) => leftOf(world) ?? uncleanIn(world) ?? atRest(world);
}
