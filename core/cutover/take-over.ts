import { type Current, isListedGone, isListRefused, listedKeys, staleOwnerOf } from "./access.ts";
import { probesOutside } from "./adopt-leaked.ts";
import { isKnown, type Response } from "./end-leaked.ts";
import { freeSlot } from "./free-slot.ts";
import { bornAtMs, cleanBeside, isYounger, keyOf, type Leak, replacedAtMs, youngestFirst } from "./ledger.ts";
import type { Decision, Observation } from "./observation.ts";
import type { Version } from "./ports.ts";
import { identifyRegistered, registerKey } from "./register-key.ts";
import { replaceInPlace } from "./replace-in-place.ts";
import { effect, look, poll } from "./steps.ts";

/** How long a new key is given to be known everywhere at its provider, before another one is made. */
const PATIENCE_MS = 30_000;

/** How often a probe is asked for in a row, past the deadline, before it is done without. */
const MOST_LOOKS = 3;

/** The current version, whose key leaked. */
export interface Leaked {
  readonly current: Current;
  readonly leak: Leak;
}

/**
 * The clean keys that may take over. `sure`: no swap that is still in flight can take AWSCURRENT from them, for they were
 * never current, or their cutover is older than the fence. `fresh`: one may. The youngest first, but those of this
 * incident before all others.
 */
export function candidatesFor(
  { secret, run }: Observation,
  { current, leak }: Leaked,
  { policy, now }: Response,
): { readonly sure: readonly Version[]; readonly fresh: readonly Version[] } {
  const candidates = cleanBeside(current.version, secret).filter((version) => {
    return keyOf(version) && staleOwnerOf(version, secret, policy) === undefined;
  });
  const isSure = (version: Version) => {
    const replacedAt = replacedAtMs(version);
    if (replacedAt !== undefined) return replacedAt + run.fenceMs <= now;
    return version.isPending || bornAtMs(version) >= leak.atMs;
  };
  const sorted = youngestFirst(candidates);
  return { sure: sorted.filter(isSure), fresh: sorted.filter((version) => !isSure(version)) };
}

/** The first that the provider accepts; else the first that it will, when it has been told. */
export function moveToFirst(
  observation: Observation,
  versions: readonly Version[],
  leaked: Leaked,
  it: Response,
): Decision | undefined {
  const unknown: string[] = [];
  for (const version of versions) {
    const probe = observation.probes[version.id];
    if (probe === undefined) {
      const beside = probesOutside(observation);
      return { kind: "look", look: { kind: "probe", versionId: version.id }, beside };
    }
    if (probe.kind === "accepted") return moveTo(observation, version, leaked, it);
    if (probe.kind !== "unknown") continue;
    // Nothing is done without an answer that the next moment gives.
    const isLastResort = it.now >= leaked.leak.deadlineMs || isEnded(observation, leaked.current);
    if (isLastResort && probe.times < MOST_LOOKS) return look({ kind: "probe", versionId: version.id });
    unknown.push(probe.because);
  }
  for (const version of versions) {
    if (isWaitingInPlace(observation, version, leaked)) {
      return replaceInPlace(observation, { version, current: leaked.current }, it.policy, it.now);
    }
    if (isToRegister(observation, version, leaked, it)) {
      return makeRoom(observation, it) ?? registerKey(observation, version, it.policy, it.now);
    }
  }
  const [because] = unknown;
  return because === undefined
    ? undefined
    : poll(`whether the provider accepts a clean key is unknown: ${because}`, it.now);
}

/** A leaked key that works is better than one that may not work; but any is better than a dead one. */
export function promoteUnproven(
  observation: Observation,
  versions: readonly Version[],
  leaked: Leaked,
  it: Response,
): Decision | undefined {
  const { probes, run } = observation;
  const { current } = leaked;
  const isUntold = run.capabilities.credential === "self" && isListRefused(observation);
  if (isUntold && probes[current.version.id] === undefined)
    return look({ kind: "probe", versionId: current.version.id });
  if (!isEnded(observation, current)) return undefined;
  // At a self-service provider another key has revoked it, and that one works.
  const isTold = run.capabilities.credential === "self" && run.revoked.includes(current.key.keyId ?? "");
  const next = versions.find((any) => {
    if (probes[any.id]?.kind !== "unknown") return false;
    return isTold ? run.fit.includes(any.id) : isKnown(observation, any, it);
  });
  return next && moveTo(observation, next, leaked, it);
}

/** One that the provider does not know; past the deadline, one of which it does not say so: a second time, it says no. */
function isToRegister(
  observation: Observation,
  version: Version,
  { leak }: Leaked,
  { now }: Response,
): boolean {
  const { probes, run } = observation;
  if (!isUnregistered(observation, version) || run.registered?.versionId === version.id) return false;
  const kind = probes[version.id]?.kind;
  const isSilent = kind === "unknown" && now >= leak.deadlineMs && run.failed[version.id] === undefined;
  return kind === "rejected" || isSilent;
}

/**
 * Whether a key is revoked: by this run, or, as the list shows, by another. One that the key itself has read is no proof: it
 * works, and the list is late. And a lone 401 is none: where it may list nothing, a probe has to say so, too.
 */
function isEnded(observation: Observation, { version, key: { keyId } }: Current): boolean {
  const { run, probes } = observation;
  if (keyId !== undefined && run.revoked.includes(keyId)) return true;
  const probe = probes[version.id]?.kind;
  if (run.capabilities.credential === "self") return isListRefused(observation) && probe === "rejected";
  return keyId !== undefined && probe !== "accepted" && isListedGone(observation, keyId);
}

/** A key that was not seen when the next one was chosen may leave no room for it. */
function makeRoom(observation: Observation, it: Response): Decision | undefined {
  const listed = listedKeys(observation, it.access, it.policy);
  if (listed.kind !== "found") return undefined;
  const freed = freeSlot(observation, listed.value, it);
  return freed?.kind === "effect" ? freed : undefined;
}

/** Where the client chooses the value, it is stored before the provider knows it. */
function isUnregistered({ run }: Observation, version: Version): boolean {
  return run.capabilities.source === "client" && keyOf(version)?.keyId === undefined;
}

/** In place, the key that was made last is accepted when it has taken the leaked one's place. */
function isWaitingInPlace(
  { run, secret, probes }: Observation,
  version: Version,
  { current }: Leaked,
): boolean {
  return (
    run.capabilities.source === "in-place" &&
    probes[version.id]?.kind === "rejected" &&
    isYounger(version, current.version, secret)
  );
}

/** A swap in flight may move AWSCURRENT back: better than a leaked key past its deadline, or one that is dead. */
export function promoteFresh(
  observation: Observation,
  fresh: readonly Version[],
  { isOverdue, ...leaked }: Leaked & { readonly isOverdue: boolean },
  it: Response,
): Decision | undefined {
  const { id } = leaked.current.version;
  const probe = observation.probes[id];
  if (!isOverdue && !isEnded(observation, leaked.current)) {
    if (probe === undefined) return look({ kind: "probe", versionId: id });
    if (probe.kind !== "rejected") return undefined;
  }
  return moveToFirst(observation, fresh, leaked, it);
}

/**
 * Moves AWSCURRENT away from a leaked key. No look between the probe and the move: it is a compare-and-swap, and what is not
 * clean by then moves on at the next look.
 */
function moveTo(
  observation: Observation,
  version: Version,
  { current, leak }: Leaked,
  it: Response,
): Decision {
  // Where the leaked key is dead, it lists nothing any more: the new one will, when it is current. Nor does it wait for that
  // past its deadline.
  const isAwaited = !isListRefused(observation) && it.now < leak.deadlineMs;
  if (isAwaited && isUnregistered(observation, version))
    return identifyRegistered(observation, version, it.policy);
  const isAccepted = observation.probes[version.id]?.kind === "accepted";
  const because = isAccepted ? "the provider accepts this one" : "it is revoked: this one may work";
  return effect(
    { kind: "promote", from: current.version.id, to: version.id },
    `the current key leaked, and ${because}`,
  );
}

/** A new key may not be known everywhere at once; and one that waits for its registration, or its place, is enough. */
export function waitForYoung(
  observation: Observation,
  sure: readonly Version[],
  leaked: Leaked,
  { now }: Response,
): Decision | undefined {
  const { probes } = observation;
  const young = sure.find((version) => {
    const birth = bornAtMs(version);
    if (birth < leaked.leak.atMs || probes[version.id]?.kind === "accepted") return false;
    const isChosen = isUnregistered(observation, version) && !isListRefused(observation);
    const isWaiting = isChosen || isWaitingInPlace(observation, version, leaked);
    // Only a key that is refused is given up: an answer that says nothing of it is no reason to make another.
    return isWaiting || probes[version.id]?.kind !== "rejected" || now < birth + PATIENCE_MS;
  });
  return young && poll("the provider does not accept the new key yet", now, { versionId: young.id });
}
