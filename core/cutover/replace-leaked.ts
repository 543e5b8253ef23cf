import type { LeakMode } from "../../contract/requests.ts";
import { type Current, listedKeys, staleOwnerOf } from "./access.ts";
import { adoptCurrent, markLive, tidyCurrent } from "./adopt.ts";
import { probesOutside } from "./adopt-leaked.ts";
import { killLeaked, type Response } from "./end-leaked.ts";
import {
  bornAtMs,
  isClean,
  isLive,
  isYounger,
  keyBornAtMs,
  keyOf,
  type Leak,
  leakOf,
  replacedAtMs,
} from "./ledger.ts";
import { freeSlot, makeReplacement } from "./make-replacement.ts";
import { type Decision, MOVE, type Observation } from "./observation.ts";
import type { Version } from "./ports.ts";
import { identifyRegistered, registerKey } from "./register-key.ts";
import { replaceInPlace } from "./replace-in-place.ts";
import { effect, firstOf, look, poll, waitFor } from "./steps.ts";

interface Replacing extends Response {
  readonly mode: LeakMode;
}

/** So often may a label not move before a key past its deadline is not kept waiting for it. */
const MOST_MOVES = 5;

/** How long a new key is given to be known everywhere at its provider, before another one is made. */
const PATIENCE_MS = 30_000;

/**
 * Puts a clean key in the place of the current one, which leaked: one that is there, else one that is made. When the
 * deadline has passed, the leaked key goes whatever became of that, as far as there is a credential for it.
 */
export function replaceLeaked(
  observation: Observation,
  version: Version,
  it: Replacing,
): Decision | undefined {
  const { access, now, mode } = it;
  const { current } = access;
  const leak = leakOf(version, observation.secret);
  if (current === undefined || leak === undefined) return undefined;
  const leaked = { current, leak };
  const isOverdue = now >= leak.deadlineMs;
  // The store takes no move any more: the key does not wait for that past its deadline.
  const { atMs: failedAt = 0, times = 0 } = observation.run.failed[MOVE] ?? {};
  const isStuck = failedAt >= leak.deadlineMs && times >= MOST_MOVES && mode === "replace-first";
  const stuck = isStuck ? killLeaked(observation, version, it) : undefined;
  if (stuck && stuck.kind !== "wait") return stuck;
  const ready = readyToLeave(observation, leaked, it);
  if (ready) return ready;
  const { sure, fresh } = candidatesFor(observation, leaked, it);
  const moved = moveToFirst(observation, sure, leaked, it);
  if (moved && moved.kind !== "wait") return moved;
  const late = fresh.length > 0 ? promoteFresh(observation, fresh, { ...leaked, isOverdue }, it) : undefined;
  if (late && late.kind !== "wait") return late;
  // Its end comes before another try: what was not made until now may never be.
  const end = isOverdue && mode === "replace-first" ? killLeaked(observation, version, it) : undefined;
  if (end && end.kind !== "wait") return end;
  const young = waitForYoung(observation, sure, leaked, it);
  const made = young ?? makeReplacement(observation, leaked, it);
  return firstOf([
    () => made,
    () => moved,
    () => late,
    () => end,
    () => sayAlone(observation, leaked, isOverdue),
  ]);
}

export interface Leaked {
  readonly current: Current;
  readonly leak: Leak;
}

/**
 * The clean keys that may take over. `sure`: no swap that is still in flight can take AWSCURRENT from them, for they were
 * never current, or their cutover is older than the fence. `fresh`: one may. The youngest first, but those of this
 * incident before all others.
 */
function candidatesFor(
  { secret, run }: Observation,
  { current, leak }: Leaked,
  { policy, now }: Response,
): { readonly sure: readonly Version[]; readonly fresh: readonly Version[] } {
  const candidates = secret.versions.filter((version) => {
    if (version.id === current.version.id || !isLive(version) || !keyOf(version)) return false;
    return isClean(version, secret) && staleOwnerOf(version, secret, policy) === undefined;
  });
  const isSure = (version: Version) => {
    if (version.isPending || bornAtMs(version) >= leak.atMs) return true;
    const replacedAt = replacedAtMs(version);
    return replacedAt !== undefined && replacedAt + run.fenceMs <= now;
  };
  const sorted = candidates.toSorted((one, other) => bornAtMs(other) - bornAtMs(one));
  return { sure: sorted.filter(isSure), fresh: sorted.filter((version) => !isSure(version)) };
}

/** The first that the provider accepts; else the first that it will, when it has been told. */
function moveToFirst(
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
    if (probe.kind === "unknown") unknown.push(probe.because);
  }
  for (const version of versions) {
    if (isWaitingInPlace(observation, version, leaked)) {
      return replaceInPlace(observation, { version, current: leaked.current }, it.policy, it.now);
    }
    if (observation.probes[version.id]?.kind === "rejected" && isUnregistered(observation, version)) {
      return makeRoom(observation, it) ?? registerKey(observation, version, it.policy, it.now);
    }
  }
  const [because] = unknown;
  return because === undefined
    ? undefined
    : poll(`whether the provider accepts a clean key is unknown: ${because}`, it.now);
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

/** The credential is known no more: what needs it will not come. */
function isRefused({ list }: Observation): boolean {
  return list?.kind === "unknown" && list.isRefused === true;
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
function promoteFresh(
  observation: Observation,
  fresh: readonly Version[],
  { isOverdue, ...leaked }: Leaked & { readonly isOverdue: boolean },
  it: Response,
): Decision | undefined {
  const { id } = leaked.current.version;
  const probe = observation.probes[id];
  if (!isOverdue) {
    if (probe === undefined) return look({ kind: "probe", versionId: id });
    if (probe.kind !== "rejected") return undefined;
  }
  return moveToFirst(observation, fresh, leaked, it);
}

/**
 * What AWSCURRENT leaves is in the ledger and carries nothing stale; and which key it is has to be found out before there is
 * another to take it for. Where that cannot be told, the leaked key is left all the same.
 */
function readyToLeave(observation: Observation, { current }: Leaked, it: Response): Decision | undefined {
  const { secret } = observation;
  const access = { ...it.access, current };
  const adopted = adoptCurrent(observation, access, it.policy, { despiteRefusal: true });
  const marked = isLive(current.version)
    ? undefined
    : markLive(current.version, keyBornAtMs(secret, current.version));
  return firstOf([() => (adopted?.kind === "wait" ? marked : adopted), () => tidyCurrent(secret)]);
}

/**
 * Moves AWSCURRENT away from a leaked key. No look between the probe and the move: it is a compare-and-swap, and what is not
 * clean by then moves on at the next look.
 */
function moveTo(observation: Observation, version: Version, { current }: Leaked, it: Response): Decision {
  // Where the leaked key is dead, it lists nothing any more: the new one will, when it is current.
  const isUnidentified = isUnregistered(observation, version) && !isRefused(observation);
  if (isUnidentified) return identifyRegistered(observation, version, it.policy);
  return effect(
    { kind: "promote", from: current.version.id, to: version.id },
    "the current key leaked, and the provider accepts this one",
  );
}

/** A new key may not be known everywhere at once; and one that waits for its registration, or its place, is enough. */
function waitForYoung(
  observation: Observation,
  sure: readonly Version[],
  leaked: Leaked,
  { now }: Response,
): Decision | undefined {
  const { probes } = observation;
  const young = sure.find((version) => {
    const birth = bornAtMs(version);
    if (birth < leaked.leak.atMs || probes[version.id]?.kind === "accepted") return false;
    const isChosen = isUnregistered(observation, version) && !isRefused(observation);
    const isWaiting = isChosen || isWaitingInPlace(observation, version, leaked);
    // Only a key that is refused is given up: an answer that says nothing of it is no reason to make another.
    return isWaiting || probes[version.id]?.kind !== "rejected" || now < birth + PATIENCE_MS;
  });
  return young && poll("the provider does not accept the new key yet", now, { versionId: young.id });
}

/** A lone key of a self-service provider makes the next one, and cannot be revoked before. */
function sayAlone(
  { run, secret }: Observation,
  { current }: Leaked,
  isOverdue: boolean,
): Decision | undefined {
  if (!isOverdue || run.capabilities.credential === "admin" || run.capabilities.credential === "role")
    return undefined;
  const because =
    "the current key leaked, its deadline has passed, and no other key can take its place or revoke it. Hand one in: " +
    `dualkey hand-in ${secret.name}, or revoke it in the vendor's console`;
  return waitFor([{ because, versionId: current.version.id, alarm: true }]);
}
