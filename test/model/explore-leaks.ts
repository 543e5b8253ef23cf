import { isDeepStrictEqual } from "node:util";
import { leakedAlive } from "../../core/cutover/named-keys.ts";
import { namePrefixOf } from "../../core/run.ts";
import { type Executed, execute, type Interlude, type Plan } from "./events.ts";
import {
  comeToRest,
  explain,
  FAULTS,
  type Node,
  nameOf,
  type Options,
  type Trace,
  wordOf,
} from "./explore.ts";
import { leftOf, type Request } from "./incidents.ts";
import type { PortCall } from "./ports.ts";
import { Broken, type Mutation } from "./runs.ts";
import { SHAPES } from "./shapes.ts";
import { ARN, isOut, TIMES, truthOf, type World } from "./world.ts";

/** A leak that is called in a world, and what is made to go wrong in it. */
export interface LeakStory {
  readonly name: string;
  readonly world: World;
  readonly request: Request;
  readonly atRest: (world: World) => string | undefined;
  /** Whether something is lost that nothing but the daily audit finds. */
  readonly isAudited?: boolean;
  readonly mutation?: Mutation;
  /** Whether what goes wrong is in the world already, and nothing else does. @default false */
  readonly isAlone?: boolean;
}

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

/** Whether more is played than at each change of the code. */
const IS_LONG = process.env.DUALKEY_MODEL_FAULTS === "2";

/** The port call that marks a leak. */
const MARK = "attach leaked";
const PREFIX = namePrefixOf(ARN);

const LATE_MS = TIMES.timeoutMs + TIMES.lateMs - 2_000;
const SECOND: Request = { role: "current", mode: "replace-first", operation: "leak-response" };

/** What others do while a response stands before a write. */
function interludesOf(request: Request): readonly Interlude[] {
  return [
    { name: "the same leak, called by another run", afterMs: 10, events: [request] },
    {
      name: "the same leak, called by another run that reads stale",
      afterMs: 10,
      events: [request],
      isStale: true,
    },
    { name: "another leak, of what is current by then", afterMs: 10, events: [{ ...SECOND }] },
    { name: "a tick", afterMs: 10, events: ["tick"] },
    { name: "a stale tick", afterMs: 10, events: ["tick"], isStale: true },
    { name: "the rest of a rotation", afterMs: 10, events: ["finish"] },
    {
      name: "the same leak and a tick, and its call arrives late",
      afterMs: 10,
      untilMs: LATE_MS,
      events: [request, "tick"],
    },
    { name: "a tick, and its call arrives late", afterMs: 10, untilMs: LATE_MS, events: ["tick"] },
  ];
}

/** What stands in the midst of a leak: a step or a tick that began before. */
function leaksAmid(request: Request): readonly Interlude[] {
  return [
    { name: "a leak is called", afterMs: 10, events: [request] },
    { name: "a leak is called, and its call arrives late", afterMs: 10, untilMs: LATE_MS, events: [request] },
    {
      name: "a leak is called, and ticks for a minute, and its call arrives late",
      afterMs: 10,
      untilMs: LATE_MS,
      events: [request, "tick", "wait", "tick"],
    },
  ];
}

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

interface Tried extends Node, Executed {
  readonly trace: Trace;
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

function isMarked({ secret }: World): boolean {
  return secret.versions.some(({ labels }) => labels.some(({ kind }) => kind === "leaked"));
}

function leftAnd(atRest: Options["atRest"]): Options["atRest"] {
  return (world) => leftOf(world) ?? uncleanIn(world) ?? atRest(world);
}

function uncleanIn(world: World): string | undefined {
  const current = world.secret.versions.find(({ stages }) => stages.includes("AWSCURRENT"));
  const works = world.keys.some(({ id, works }) => works && id === current?.holds);
  return works ? undefined : "P1: at rest, the current key does not work";
}

/** Where nothing goes wrong: a refusal changes nothing, and while the provider is down no run is green. */
function judgeOutcome({ world, outcome, trace }: Tried, story: LeakStory): void {
  const fail = (says: string) => {
    throw explain(new Broken("P5", says), trace);
  };
  const { secret, keys } = story.world;
  if (outcome?.kind === "refuse" && !isDeepStrictEqual([world.secret, world.keys], [secret, keys]))
    fail("a request was refused, and something was changed");
  const { role, operation, evenIfLoginsFail } = story.request;
  if (SHAPES[world.shape].capabilities.list === undefined && role === "stranger") return; // nobody can say
  const isRefused = role === "unknown" || (operation === "revoke" && evenIfLoginsFail === false);
  if (isRefused !== (outcome?.kind === "refuse")) fail(`a request was ${isRefused ? "not " : ""}refused`);
  const { outage } = story.world;
  if (outage === undefined || !isLeakAlive(world, story)) return;
  const isAlarmed = outcome?.kind === "wait" && outcome.holds.some(({ alarm }) => alarm);
  if (!isAlarmed) fail("a leaked key works, and the run does not end red");
  if (!isMarked(world) && !outage.calls.includes(MARK) && !isUnknown(outage, story.request))
    fail("a leaked key works, and has no mark");
}

function isLeakAlive(world: World, { request }: LeakStory): boolean {
  const incident = world.incidents?.find((any) => any.request === request);
  return incident !== undefined && leakedAlive(incident, truthOf(world, PREFIX)).length > 0;
}

/** P5: where the run lives, and the provider answers but for one call, the deadline is kept. */
function judgeDeadline({ world, outcome, trace }: Tried, story: LeakStory): void {
  const { request } = story;
  if (request.operation === "revoke") return; // it waits for the fence, as a retirement does
  const incident = world.incidents?.find((any) => any.request === request);
  if (outcome === undefined || incident === undefined || world.now < incident.deadlineMs) return;
  const { credential, maxLiveKeys, revoke } = SHAPES[world.shape].capabilities;
  // A person has to make room first, or to revoke it.
  const isFull = credential === "self" && world.keys.filter(({ works }) => works).length === maxLiveKeys;
  if (revoke === "by-hand" || isFull || world.isHelped || isExcused(world, story)) return;
  const [key] = leakedAlive(incident, truthOf(world, PREFIX));
  // In place, a person ends what was made last; and where the current key is dead, nobody else can end any other.
  if (revoke === "replace" && (key?.id === world.secondary || uncleanIn(world) !== undefined)) return;
  if (key) throw explain(new Broken("P5", `key ${key.id} leaked, and works after the deadline`), trace);
}

/** P1: what was over before the run's time was has cost no more than its own time. */
function judgeCurrent({ world, outcome, trace }: Tried): void {
  if (outcome === undefined || uncleanIn(world) === undefined || isOut(world)) return;
  // Keys that were made and lost have no name there: they fill the slots, and a person says whose they are. In place, the
  // key that was made before ends as another is made: where that is lost, too, a person sets the account right.
  const { list, maxLiveKeys, source } = SHAPES[world.shape].capabilities;
  if (source === "in-place" && ["make", "store"].some((name) => world.outage?.calls.includes(name))) return;
  const isFull = world.keys.filter(({ works }) => works).length === maxLiveKeys;
  if (isFull && list?.names === false && world.outage?.calls.includes("make")) return;
  throw explain(new Broken("P1", "the response is over, and the current key does not work"), trace);
}

/**
 * What fails is all that could revoke the key: the call itself; or, where a key ends another, what it takes to have another
 * one in the secret that the provider does not say no to.
 */
function isExcused({ outage, shape }: World, { request }: LeakStory): boolean {
  const { credential, revoke } = SHAPES[shape].capabilities;
  const { calls = [], fault } = outage ?? {};
  const isIn = (...names: string[]) => calls.some((name) => names.includes(name));
  const isAlone = credential === "self" && isIn("make", "register", "store", "settings");
  const isSuspended = credential === "self" && isIn("probe", "list") && fault === "refused";
  // In place, nothing is made without a claim, nor put in the place of a key that no probe has accepted.
  const isUnclaimed = revoke === "replace" && isIn("attach", "probe", "replace");
  return isIn("revoke", "remove") || isAlone || isSuspended || isUnclaimed || isUnknown(outage, request);
}

/** A key that no version holds is known by the list alone, and has no mark before. */
function isUnknown(outage: World["outage"], { role }: Request): boolean {
  return role === "stranger" && outage?.calls.includes("list") === true;
}

function* plansFor(calls: readonly PortCall[], { request }: LeakStory): Iterable<Plan> {
  for (const at of pointsOf(calls)) {
    const { kind, name } = calls[at] ?? { kind: "read", name: "" };
    for (const fault of FAULTS[kind]) yield { at, fault };
    if (name === MARK) yield { at, fault: "never" };
    if (kind !== "write") continue;
    yield { at, fault: "unknown-applied", isStaleAfter: true };
    yield { at, fault: "unknown-lost", isStaleAfter: true };
    for (const interlude of interludesOf(request)) yield { at, interlude };
  }
}

/** How often the same call is hit: since the last write, and in the whole run, which may ask the same for two minutes. */
const ENOUGH = IS_LONG ? { sinceWrite: 3, inAll: 12 } : { sinceWrite: 1, inAll: 4 };

/** Calls at which something is made to go wrong: where a run asks the same again and again, the first times are enough. */
function pointsOf(calls: readonly PortCall[]): readonly number[] {
  const inAll: Record<string, number> = {};
  let sinceWrite: Record<string, number> = {};
  return calls.flatMap(({ kind, name }, at) => {
    if (kind === "write") sinceWrite = {};
    const [since, all] = [(sinceWrite[name] ?? 0) + 1, (inAll[name] ?? 0) + 1];
    sinceWrite[name] = since;
    inAll[name] = all;
    return since <= ENOUGH.sinceWrite && all <= ENOUGH.inAll ? [at] : [];
  });
}
