import type { Decision, Effect, Hold, Look } from "./observation.ts";

/** The words in which decisions are written. */

export const done: Decision = { kind: "done" };

export function effect(next: Effect, because: string): Decision {
  return { kind: "effect", effect: next, because };
}

export function look(at: Look): Decision {
  return { kind: "look", look: at };
}

export function refuse(because: string): Decision {
  return { kind: "refuse", because };
}

export function waitFor(holds: readonly Hold[]): Decision {
  return { kind: "wait", holds };
}

/** Waits for something that the next run may find otherwise; no time is known. */
export function hold(because: string, about: Omit<Hold, "because" | "alarm"> = {}): Decision {
  return waitFor([{ because, ...about, alarm: false }]);
}

/** Between two probes of a key that the provider may not know yet. */
const PROPAGATION_POLL_MS = 1000;

/** Waits for what a provider will know in a moment. */
export function poll(because: string, now: number, about: Pick<Hold, "versionId"> = {}): Decision {
  return waitFor([{ because, ...about, untilMs: now + PROPAGATION_POLL_MS, alarm: false }]);
}

/** Waits for something that a person should know of. */
export function alarm(because: string, about: Omit<Hold, "because" | "alarm"> = {}): Decision {
  return waitFor([{ because, ...about, alarm: true }]);
}

/** Where a step would refuse, the clock goes on with what it can do, and says so. */
export function asAlarm(decision: Decision): Decision {
  if (decision.kind !== "refuse") return decision;
  return waitFor([{ because: decision.because, alarm: true }]);
}

/** Something that a rule goes on with; or the decision that has to come before it can be found. */
export type Found<T> = { readonly kind: "found"; readonly value: T } | Decision;

export function found<T>(value: T): Found<T> {
  return { kind: "found", value };
}

/** A rule says what its part of the world needs next, or nothing where it needs nothing. */
export type Rule = () => Decision | undefined;

/**
 * Takes the first rule that has something to do. One that has to wait does not stop those after it: what they wait
 * for is gathered, and is the decision only when nobody has anything to do.
 */
export function firstOf(rules: readonly Rule[]): Decision | undefined {
  const holds: Hold[] = [];
  for (const rule of rules) {
    const decision = rule();
    if (decision?.kind === "wait") holds.push(...decision.holds);
    else if (decision !== undefined && decision.kind !== "done") return decision;
  }
  return holds.length > 0 ? waitFor(withoutRepeats(holds)) : undefined;
}

/** Several rules may wait for the same thing: it is said once. */
function withoutRepeats(holds: readonly Hold[]): readonly Hold[] {
  return holds.filter((hold, index) => {
    const first = holds.findIndex((any) => {
      return any.because === hold.because && any.versionId === hold.versionId && any.keyId === hold.keyId;
    });
    return first === index;
  });
}
