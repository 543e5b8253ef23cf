import { owes } from "../../core/cutover/owes.ts";
import { orphansOf } from "../../core/cutover/promises.ts";
import { namePrefixOf } from "../../core/run.ts";
import { type Event, eventsOf, execute, type Interlude, type Plan } from "./events.ts";
import type { Move } from "./moves.ts";
import type { Fault, PortCall } from "./ports.ts";
import { Broken, type Mutation } from "./runs.ts";
import { SHAPES } from "./shapes.ts";
import { ARN, fingerprintOf, type Key, TIMES, truthOf, type World } from "./world.ts";

export interface Exploration {
  readonly states: number;
  readonly transitions: number;
  readonly runs: number;
  readonly rests: number;
}

export interface Options {
  /** How many things may go wrong on one path; after that, everything goes well. */
  readonly maxFaults: number;
  readonly maxRotations: number;
  readonly mutation?: Mutation;
  /** What people may do by hand, each of which counts as a thing that goes wrong. */
  readonly moves?: readonly Move[];
  /** Whether that happens between runs alone. */
  readonly areMovesBetweenRuns?: boolean;
  /** Whether the last of those ticks is that of the secret's audit. @default where people help by hand */
  readonly isAudited?: boolean;
  /** What happens, again and again, when nothing more goes wrong. @default REST */
  readonly rest?: readonly Event[];
  /** Says what is wrong with a world that has come to rest. */
  readonly atRest: (world: World) => string | undefined;
}

export interface Node {
  readonly world: World;
  readonly faults: number;
  readonly trace: Trace | undefined;
}

export interface Trace {
  readonly step: string;
  readonly before: Trace | undefined;
}

export const FAULTS: Record<PortCall["kind"], readonly Fault[]> = {
  read: ["crash-before", "stale", "unavailable"],
  look: ["unavailable", "stale", "refused"],
  write: ["crash-before", "crash-after", "unknown-applied", "unknown-lost", "unavailable"],
};

const INTERLUDES: readonly Interlude[] = [
  { name: "the same step, delivered twice", afterMs: 10, events: ["step"] },
  { name: "the rest of the rotation", afterMs: 10, events: ["finish"] },
  { name: "a tick", afterMs: 10, events: ["tick"] },
  { name: "a stale tick", afterMs: 10, events: ["tick"], isStale: true },
  { name: "a tick, just before its timeout", afterMs: TIMES.timeoutMs - 2_000, events: ["tick"] },
  {
    name: "a stale tick, just before its timeout",
    afterMs: TIMES.timeoutMs - 2_000,
    events: ["tick"],
    isStale: true,
  },
  {
    name: "the rest of the rotation and a tick, before its timeout",
    afterMs: TIMES.timeoutMs - 2_000,
    events: ["finish", "tick"],
  },
  {
    name: "two ticks, and its call arrives late",
    afterMs: TIMES.timeoutMs + TIMES.lateMs - 2_000,
    events: ["tick", "tick"],
  },
  {
    name: "a stale tick, and its call arrives late",
    afterMs: TIMES.timeoutMs + TIMES.lateMs - 2_000,
    events: ["tick"],
    isStale: true,
  },
];

/**
 * Explores every world that can be reached from `start`: every event in every order, and in every run, at every call,
 * everything that can go wrong there. Promises are judged at every change; and from every world that was reached, with
 * nothing more going wrong, the world must come to rest with nothing left over.
 *
 * @throws Broken with the trace that leads there
 */
export async function explore(start: World, options: Options): Promise<Exploration> {
  const seen = new Map<string, number>();
  const rested = new Set<string>();
  let [transitions, runs] = [0, 0];
  let level: Node[] = [{ world: start, faults: 0, trace: undefined }];
  seen.set(fingerprintOf(start), 0);
  while (level.length > 0) {
    const next: Node[] = [];
    for (const node of level) {
      runs += await comeToRest(node, options, rested);
      for await (const { world, faults, step } of successorsOf(node, options)) {
        transitions += 1;
        const fingerprint = fingerprintOf(world);
        if ((seen.get(fingerprint) ?? Number.POSITIVE_INFINITY) <= faults) continue;
        seen.set(fingerprint, faults);
        next.push({ world, faults, trace: { step, before: node.trace } });
      }
    }
    level = next;
  }
  return { states: seen.size, transitions, runs: runs + transitions, rests: rested.size };
}

async function* successorsOf(node: Node, options: Options) {
  for (const event of eventsOf(node.world, options.maxRotations)) yield* successors(node, event, options);
  if (node.faults >= options.maxFaults || node.world.isHelped) return;
  for (const move of options.moves ?? []) {
    const { world } = await execute(node.world, move);
    yield { world, faults: node.faults + 1, step: String(move) };
  }
}

async function* successors(node: Node, event: Event, options: Options) {
  const { maxFaults, mutation, moves = [], areMovesBetweenRuns = false } = options;
  let calls: readonly PortCall[] = [];
  const attempt = async (plan?: Plan) => {
    const step = plan ? `${wordOf(event)} [${nameOf(plan, calls)}]` : wordOf(event);
    try {
      return { ...(await execute(node.world, event, plan, mutation)), step };
    } catch (error) {
      throw explain(error, { step, before: node.trace });
    }
  };
  const base = await attempt();
  calls = base.calls;
  yield { world: base.world, faults: node.faults, step: base.step };
  if (node.faults >= maxFaults) return;
  const plans = [
    ...movesAt(base.calls, node.world.isHelped || areMovesBetweenRuns ? [] : moves),
    ...(isMoveOnly(maxFaults, moves) ? [] : plansFor(base.calls)),
  ];
  for (const plan of plans) {
    const { world, step } = await attempt(plan);
    yield { world, faults: node.faults + 1, step };
  }
}

/** Where people help by hand, that is the one thing that goes wrong; faults are for the other scenarios, or come second. */
function isMoveOnly(maxFaults: number, moves: readonly Move[]): boolean {
  return maxFaults === 1 && moves.length > 0;
}

function* movesAt(calls: readonly PortCall[], moves: readonly Move[]): Iterable<Plan> {
  for (const [at, { kind }] of calls.entries()) {
    for (const move of moves) {
      yield { at, interlude: { name: move, afterMs: 10, events: [move] } };
      if (kind !== "write") continue;
      const events = [move, "tick", "wait", "tick"] as const;
      yield { at, interlude: { name: `${move}, and ticks for a minute`, afterMs: 10, events } };
    }
  }
}

function* plansFor(calls: readonly PortCall[]): Iterable<Plan> {
  for (const [at, { kind }] of calls.entries()) {
    for (const fault of FAULTS[kind]) yield { at, fault };
    if (kind === "write") {
      yield { at, fault: "unknown-applied", isStaleAfter: true };
      yield { at, fault: "unknown-lost", isStaleAfter: true };
    }
    if (kind === "write") for (const interlude of INTERLUDES) yield { at, interlude };
  }
}

/** Nothing more goes wrong: the service tries its step again and gives up, the clock ticks, time goes by. */
export const REST: readonly Event[] = [
  "step",
  "step",
  "step",
  "step",
  "give-up",
  "tick",
  "wait",
  "tick",
  "revoke-by-hand",
  "wait-long",
  "tick",
  "wait-long",
  "tick",
];

/**
 * How often all that happens. Where people take labels off, which are what makes the clock look, the last time is on the
 * day of the secret's audit; dualkey itself never needs that day (P2).
 */
const REST_ROUNDS = 4;

/** Lets a world come to rest, looks at what is left over, and then at whether it can be rotated again. */
export async function comeToRest(node: Node, options: Options, rested: Set<string>): Promise<number> {
  const resting: Resting = { ...node, runs: 0, path: [] };
  if (await rest(resting, options, rested)) {
    // Where somebody took a version's labels off, its key waits for the next rotation, which adopts or revokes it.
    const staged = resting.world.secret.versions.filter(({ stages }) => stages.length > 0);
    judgeRest(resting, options, ({ id }) => staged.some(({ holds }) => holds === id));
    if (canRotate(resting.world)) await rotateAgain(resting, options, rested);
  }
  for (const fingerprint of resting.path) rested.add(fingerprint);
  return resting.runs;
}

async function rotateAgain(resting: Resting, options: Options, rested: Set<string>): Promise<void> {
  await go(resting, "rotate", options);
  const token = resting.world.rotation?.token;
  if (!(await rest(resting, options, rested))) return;
  judgeRest(resting, options, () => false);
  const { secret, refused } = resting.world;
  const made = secret.versions.find(({ id }) => id === token)?.holds;
  if (currentIn(resting.world)?.id !== token && (refused === undefined || made !== refused)) {
    throw explain(new Error("at rest, and the next rotation does not come through"), resting.trace);
  }
}

interface Resting {
  world: World;
  trace: Trace | undefined;
  runs: number;
  /** Fingerprints of the worlds on the way, all of which are known to come to rest once this one does. */
  readonly path: string[];
}

/** Tells whether it is the first time that a world comes to rest this way. */
async function rest(resting: Resting, options: Options, rested: ReadonlySet<string>): Promise<boolean> {
  for (let rounds = 0; rounds < REST_ROUNDS; rounds += 1) {
    const fingerprint = fingerprintOf(resting.world);
    if (rested.has(fingerprint)) return false;
    resting.path.push(fingerprint);
    for (const event of options.rest ?? REST) {
      if ((event === "step" || event === "give-up") && !resting.world.rotation) continue;
      const isAudited = (options.isAudited ?? options.moves !== undefined) && rounds === REST_ROUNDS - 1;
      if (event === "tick" && !isAudited && !isOwing(resting.world)) continue; // the sweep passes it by
      await go(resting, event, options);
    }
  }
  return true;
}

async function go(resting: Resting, event: Event, { mutation }: Options): Promise<void> {
  resting.trace = { step: wordOf(event), before: resting.trace };
  resting.runs += 1;
  try {
    ({ world: resting.world } = await execute(resting.world, event, undefined, mutation));
  } catch (error) {
    throw explain(error, resting.trace);
  }
}

function judgeRest({ world, trace }: Resting, { atRest }: Options, isExcused: (key: Key) => boolean): void {
  const account = world.keys.find(({ id }) => id === currentIn(world)?.holds)?.account;
  const orphans = orphansOf(truthOf(world, namePrefixOf(ARN))).map(({ id }) => id);
  // An account that no credential is left of is out of reach; a key without a name may be anybody's, and is reported;
  // in place, a lost one ends with the next that is made.
  const { list, source } = SHAPES[world.shape].capabilities;
  const isFound = list?.names || source === "client";
  const orphan = world.keys.find(
    (key) => isFound && orphans.includes(key.id) && key.account === account && !isExcused(key),
  );
  if (orphan) throw explain(new Broken("P2", `key ${orphan.id} is an orphan at rest`), trace);
  const wrong = atRest(world);
  if (wrong) throw explain(new Error(`${wrong}\n  in: ${describe(world)}`), trace);
}

/** Whether a lost key that nobody may revoke leaves no room for another one. */
function isFull({ shape, keys }: World): boolean {
  const { maxLiveKeys = Number.POSITIVE_INFINITY } = SHAPES[shape].capabilities;
  return keys.filter(({ works, isDisabled }) => works || isDisabled).length >= maxLiveKeys;
}

function canRotate(world: World): boolean {
  const { secret, rotation } = world;
  const isRetiring = secret.versions.some(
    ({ stages, labels }) =>
      !stages.includes("AWSCURRENT") && (labels.length > 0 || stages.includes("AWSPENDING")),
  );
  return secret.rotationEnabled && rotation === undefined && !isRetiring && !isFull(world);
}

/** A world in a few lines, for whoever has to find out why it does not come to rest. */
function describe({ secret, keys }: World): string {
  const versions = secret.versions.map(({ id, stages, labels, holds }) => {
    return `${id} holds ${holds} [${[...stages, ...labels.map(({ kind }) => kind)].join(" ")}]`;
  });
  const live = keys.filter(({ works, isDisabled }) => works || isDisabled).map(({ id }) => id);
  return [...versions, `the provider accepts ${live.join(", ")}`].join("\n      ");
}

function currentIn({ secret }: World) {
  return secret.versions.find(({ stages }) => stages.includes("AWSCURRENT"));
}

/** Whether the sweep would look at the secret, with no daily audit to help. */
function isOwing({ secret, now }: World): boolean {
  const versions = secret.versions.map(({ stages, labels }) => ({
    isCurrent: stages.includes("AWSCURRENT"),
    isPending: stages.includes("AWSPENDING"),
    labels,
  }));
  const fenceMs = TIMES.timeoutMs + TIMES.marginMs;
  const times = { fenceMs, listLagMs: TIMES.listLagMs, everyMs: 0, auditAtMs: 0 };
  return owes({ versions, notUnderstood: [] }, now, times);
}

export function explain(error: unknown, trace: Trace | undefined): unknown {
  if (!(error instanceof Error)) return error;
  const steps: string[] = [];
  for (let at = trace; at; at = at.before) steps.unshift(at.step);
  error.message += `\n  after: ${steps.join("\n         ")}`;
  return error;
}

/** An event in words. */
export function wordOf(event: Event): string {
  if (typeof event === "string") return event;
  const words = event.evenIfLoginsFail ? ", in words" : "";
  return `${event.operation} ${event.role}${event.mode === "revoke-first" ? ", revoke-first" : words}`;
}

export function nameOf({ at, interlude, fault, isStaleAfter }: Plan, calls: readonly PortCall[]): string {
  const what = [interlude?.name, fault, isStaleAfter ? "and stale reads after it" : undefined];
  return `call ${at}, ${calls[at]?.name}: ${what.filter(Boolean).join(", ")}`;
}
