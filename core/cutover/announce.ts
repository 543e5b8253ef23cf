import type { KeyEvent, KeyEventType } from "../../contract/events.ts";
import { currentOf, keyOf, labelsOf } from "./ledger.ts";
import type { Decision, Observation } from "./observation.ts";
import type { Version } from "./ports.ts";
import { effect } from "./steps.ts";

/**
 * Tells other pipelines of a phase before the ledger says it, so that a crash in between tells it twice and never not at
 * all. One try a run: to tell is no reason to keep a rotation waiting.
 */
function announce(observation: Observation, event: KeyEvent, because: string): Decision | undefined {
  const { announced } = observation.run;
  if (announced === undefined || announced.includes(nameOf(event))) return undefined;
  return effect({ kind: "announce", event }, because);
}

/** How a run remembers what it has announced. */
export function nameOf({ type, detail }: KeyEvent): string {
  return `${type} ${detail.versionId} ${detail.otherVersionId ?? ""}`;
}

/** AWSCURRENT has left a version: its key is replaced, or it was refused. */
export function announceMove(observation: Observation, left: Version, now: number): Decision | undefined {
  const current = currentOf(observation.secret);
  if (current === undefined) return undefined;
  const isRefused = labelsOf(left, "rejected").length > 0;
  const type = isRefused ? "RolledBack" : "KeyPromoted";
  const because = isRefused ? "the provider refuses the other key" : "the provider accepts the key";
  return announce(observation, eventOf(type, { current, other: left, because, now }), because);
}

/** The first key of a secret: no version was left. */
export function announceFirst(observation: Observation, current: Version, now: number): Decision | undefined {
  const because = "the provider accepts the first key";
  return announce(observation, eventOf("KeyPromoted", { current, because, now }), because);
}

/** A key is proven dead. */
export function announceEnd(observation: Observation, version: Version, now: number): Decision | undefined {
  const because = "the key is proven dead";
  return announce(observation, eventOf("KeyRetired", { current: version, because, now }), because);
}

interface About {
  readonly current: Version;
  readonly other?: Version;
  readonly because: string;
  readonly now: number;
}

function eventOf(type: KeyEventType, { current, other, because, now }: About): KeyEvent {
  const keyId = keyOf(current)?.keyId;
  const detail = {
    versionId: current.id,
    ...(keyId === undefined ? {} : { keyId }),
    ...(other === undefined ? {} : { otherVersionId: other.id }),
    atMs: now,
    because,
  };
  return { type, detail };
}
