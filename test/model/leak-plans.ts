import type { Interlude, Plan } from "./events.ts";
import { FAULTS } from "./explore.ts";
import type { Request } from "./incidents.ts";
import { type LeakStory, MARK } from "./leak-story.ts";
import type { PortCall } from "./ports.ts";
import { TIMES } from "./world.ts";

/** Whether more is played than at each change of the code. */
export const IS_LONG = process.env.DUALKEY_MODEL_FAULTS === "2";

const LATE_MS = TIMES.timeoutMs + TIMES.lateMs - 2_000;

/** Another leak, of another request. */
export const SECOND: Request = { role: "current", mode: "replace-first", operation: "leak-response" };

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
export function leaksAmid(request: Request): readonly Interlude[] {
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

export function* plansFor(calls: readonly PortCall[], { request }: LeakStory): Iterable<Plan> {
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
export function pointsOf(calls: readonly PortCall[]): readonly number[] {
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
