import type { LeakMode } from "../../contract/requests.ts";
import { adoptCurrent, markLive, tidyCurrent } from "./adopt.ts";
import { killLeaked, type Response } from "./end-leaked.ts";
import { cleanBeside, isLive, isYounger, keyBornAtMs, leakOf } from "./ledger.ts";
import { makeReplacement } from "./make-replacement.ts";
import { type Decision, MOVE, type Observation } from "./observation.ts";
import type { Version } from "./ports.ts";
import { replaceInPlace } from "./replace-in-place.ts";
import { firstOf, waitFor } from "./steps.ts";
import {
  candidatesFor,
  type Leaked,
  moveToFirst,
  promoteFresh,
  promoteUnproven,
  waitForYoung,
} from "./take-over.ts";

interface Replacing extends Response {
  readonly mode: LeakMode;
}

/** So often may a label not move before a key past its deadline is not kept waiting for it. */
const MOST_MOVES = 5;

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
  const stuck = isStuck
    ? (killLeaked(observation, version, it) ?? endInPlace(observation, leaked, it))
    : undefined;
  if (stuck && stuck.kind !== "wait") return stuck;
  const ready = readyToLeave(observation, leaked, it);
  if (ready) return ready;
  const { sure, fresh } = candidatesFor(observation, leaked, it);
  const moved = moveToFirst(observation, sure, leaked, it);
  if (moved && moved.kind !== "wait") return moved;
  const late = fresh.length > 0 ? promoteFresh(observation, fresh, { ...leaked, isOverdue }, it) : undefined;
  if (late && late.kind !== "wait") return late;
  const unproven = promoteUnproven(observation, [...sure, ...fresh], leaked, it);
  if (unproven && unproven.kind !== "wait") return unproven;
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

/** Where AWSCURRENT does not move, the key that was made last takes the leaked one's place at the provider all the same. */
function endInPlace(observation: Observation, { current }: Leaked, it: Response): Decision | undefined {
  const { run, secret, probes } = observation;
  if (run.capabilities.revoke !== "replace") return undefined;
  const next = cleanBeside(current.version, secret).find((any) => {
    return isYounger(any, current.version, secret) && probes[any.id]?.kind === "accepted";
  });
  return next && replaceInPlace(observation, { version: next, current }, it.policy, it.now);
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
