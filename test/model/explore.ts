import { orphansOf } from "../../core/cutover/promises.ts";
import { namePrefixOf } from "../../core/run.ts";
import { Broken, type Event, eventsOf, execute, type Interlude, type Mutation, type Plan } from "./events.ts";
import type { Fault, PortCall } from "./ports.ts";
import { ARN, fingerprintOf, TIMES, truthOf, type World } from "./world.ts";

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
  /** Says what is wrong with a world that has come to rest. */
  readonly atRest: (world: World) => string | undefined;
}

interface Node {
  readonly world: World;
  readonly faults: number;
  readonly trace: Trace | undefined;
}

interface Trace {
  readonly step: string;
  readonly before: Trace | undefined;
}

const FAULTS: Record<PortCall["kind"], readonly Fault[]> = {
  read: ["crash-before", "stale", "unavailable"],
  look: ["unavailable", "stale"],
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
  const rested = new Map<string, true>();
  let [transitions, runs] = [0, 0];
  let level: Node[] = [{ world: start, faults: 0, trace: undefined }];
  seen.set(fingerprintOf(start), 0);
  while (level.length > 0) {
    const next: Node[] = [];
    for (const node of level) {
      runs += await comeToRest(node, options, rested);
      for (const event of eventsOf(node.world, options.maxRotations)) {
        for await (const { world, faults, step } of successors(node, event, options)) {
          transitions += 1;
          const fingerprint = fingerprintOf(world);
          if ((seen.get(fingerprint) ?? Number.POSITIVE_INFINITY) <= faults) continue;
          seen.set(fingerprint, faults);
          next.push({ world, faults, trace: { step, before: node.trace } });
        }
      }
    }
    level = next;
  }
  return { states: seen.size, transitions, runs: runs + transitions, rests: rested.size };
}

async function* successors(node: Node, event: Event, { maxFaults, mutation }: Options) {
  const go = async (plan?: Plan) => {
    const step = plan
      ? `${event} [call ${plan.at}: ${plan.interlude?.name ?? ""} ${plan.fault ?? ""}]`
      : event;
    try {
      return { ...(await execute(node.world, event, plan, mutation)), step };
    } catch (error) {
      throw explain(error, { step, before: node.trace });
    }
  };
  const base = await go();
  yield { world: base.world, faults: node.faults, step: base.step };
  if (node.faults >= maxFaults) return;
  for (const plan of plansFor(base.calls)) {
    const { world, step } = await go(plan);
    yield { world, faults: node.faults + 1, step };
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
async function comeToRest(
  node: Node,
  { atRest, mutation }: Options,
  rested: Map<string, true>,
): Promise<number> {
  const path: string[] = [];
  let { world } = node;
  let trace = node.trace;
  const steps: Event[] = [
    "step",
    "step",
    "step",
    "step",
    "give-up",
    "tick",
    "wait",
    "tick",
    "wait-long",
    "tick",
    "wait-long",
    "tick",
  ];
  let runs = 0;
  for (let rounds = 0; rounds < 4; rounds += 1) {
    const fingerprint = fingerprintOf(world);
    if (rested.has(fingerprint)) return runs;
    path.push(fingerprint);
    for (const event of steps) {
      if ((event === "step" || event === "give-up") && !world.rotation) continue;
      trace = { step: event, before: trace };
      try {
        ({ world } = await execute(world, event, undefined, mutation));
      } catch (error) {
        throw explain(error, trace);
      }
      runs += 1;
    }
  }
  const [orphan] = orphansOf(truthOf(world, namePrefixOf(ARN)));
  if (orphan) throw explain(new Broken("P2", `key ${orphan.id} is an orphan at rest`), trace);
  const wrong = atRest(world);
  if (wrong) throw explain(new Error(wrong), trace);
  for (const fingerprint of path) rested.set(fingerprint, true);
  return runs;
}

function explain(error: unknown, trace: Trace | undefined): unknown {
  if (!(error instanceof Error)) return error;
  const steps: string[] = [];
  for (let at = trace; at; at = at.before) steps.unshift(at.step);
  error.message += `\n  after: ${steps.join("\n         ")}`;
  return error;
}

function _nameOf({ interlude, fault, isStaleAfter }: Plan): string {
  return [interlude?.name, fault, isStaleAfter ? "and stale reads after it" : undefined]
    .filter(Boolean)
    .join(", ");
}
