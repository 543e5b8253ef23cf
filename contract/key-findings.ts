import { alarm, type Finding, notice } from "./finding.ts";
import { pausedSinceMs } from "./freeze.ts";
import type { KeyStatus } from "./key-status.ts";
import type { DescribedSecret, PolicyReading } from "./status.ts";

/** What findings are made from. */
export interface Facts {
  readonly secret: DescribedSecret;
  readonly reading: PolicyReading;
  readonly keys: readonly KeyStatus[];
  readonly now: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The time before a key's end in which a person should know of it. */
const END_IS_NEAR_MS = 7 * DAY_MS;

/** What is wrong with one key of a secret. */
export function findingsOfKey(key: KeyStatus, facts: Facts): readonly Finding[] {
  return [
    ...findingsOfArrival(key, facts),
    ...findingsOfRejection(key),
    ...findingsOfRetirement(key, facts),
    ...findingsOfExpiry(key, facts),
  ];
}

function* findingsOfArrival(key: KeyStatus, { secret, now }: Facts): Generator<Finding> {
  const { versionId, phase, bornAtMs, makingAtMs } = key;
  if (phase === "current" && bornAtMs === undefined) {
    yield notice(
      "not-in-ledger",
      "the current key is not in the ledger yet. The first rotation takes it in",
      versionId,
    );
  }
  if (phase !== "pending" && phase !== "empty") return;
  // An empty version has no time of its own: it is at least as old as the secret's last change.
  const sinceMs = bornAtMs ?? makingAtMs ?? secret.changedAtMs ?? now;
  if (now - sinceMs <= DAY_MS) return;
  const why =
    pausedSinceMs(secret) === undefined ? "See why in the rotator's log" : "It is paused: operation resume";
  const message = `AWSPENDING has been on it since ${new Date(sinceMs).toISOString()} or longer, and no other rotation can start. ${why}`;
  yield alarm("pending-stuck", message, versionId);
}

function* findingsOfRejection({ versionId, phase, marks }: KeyStatus): Generator<Finding> {
  if (!marks.includes("rejected")) return;
  if (phase === "current") {
    const message =
      "the provider refuses this key, and AWSCURRENT goes back to the one before. If it does not within minutes, none is " +
      "left that works: see the rotator's log, and hand one in or rotate";
    yield alarm("rejected", message, versionId);
    return;
  }
  const message =
    "was current and was refused, so AWSCURRENT left it. It retires like any other; find out why before the next rotation";
  yield notice("rejected", message, versionId);
}

function* findingsOfRetirement(key: KeyStatus, { secret, reading, now }: Facts): Generator<Finding> {
  const { versionId, phase, replacedAtMs, condemnedAtMs, waived } = key;
  const policy = reading.kind === "policy" ? reading.policy : undefined;
  const byHand = policy?.provider.id === "hand-in" ? "Revoke it in the vendor's console" : undefined;
  const isPaused = pausedSinceMs(secret) !== undefined;
  if (phase === "retiring" && waived !== undefined) {
    const scope = waived === "used" ? "even if it is used" : "unless it is seen in use";
    const message = `an operator has asked for its retirement without evidence, ${scope}`;
    yield notice("retirement-waived", message, versionId);
  }
  const maxOverlapMs = policy === undefined ? Number.POSITIVE_INFINITY : policy.maxOverlapSeconds * 1000;
  if (phase === "retiring" && now > (replacedAtMs ?? now) + maxOverlapMs) {
    const what = isPaused
      ? "it is paused: operation resume"
      : (byHand ?? `${WHAT_HOLDS[waived ?? "nothing"]} See the rotator's log`);
    yield alarm("retirement-overdue", `is past its maximum overlap and still works: ${what}`, versionId);
  }
  if (phase === "condemned" && condemnedAtMs !== undefined && now - condemnedAtMs > HOUR_MS) {
    const what = isPaused ? "It is paused: operation resume" : (byHand ?? "See the rotator's log");
    yield alarm("revoke-stuck", `was to be revoked more than an hour ago. ${what}`, versionId);
  }
}

/** What keeps a key that is past its maximum overlap, by what an operator has waived already. */
const WHAT_HOLDS = {
  nothing:
    "evidence that consumers have moved is missing. Find who uses it, or retire it all the same, with a reason: " +
    "operation retire-now.",
  unknown:
    "it was asked for without evidence, and something holds it. Where it is seen in use: operation retire-now with " +
    "even-if-used.",
  used: "it was asked for even if it is used, and something else holds it.",
} as const;

/** A key with an end is nobody's concern while a rotation comes before it. */
function* findingsOfExpiry(
  { versionId, phase, expiresAtMs }: KeyStatus,
  { secret, now }: Facts,
): Generator<Finding> {
  if (expiresAtMs === undefined || phase !== "current" || now < expiresAtMs - END_IS_NEAR_MS) return;
  const when = new Date(expiresAtMs).toISOString();
  const isPaused = pausedSinceMs(secret) !== undefined;
  const what = isPaused ? "It is paused: operation resume, then rotate" : "Rotate";
  if (now >= expiresAtMs) {
    yield alarm("expired", `the current key was to end on ${when}. ${what} now`, versionId);
    return;
  }
  const { nextRotationAtMs: nextAtMs, rotationEnabled } = secret;
  const isInTime = rotationEnabled && !isPaused && nextAtMs !== undefined && nextAtMs < expiresAtMs;
  yield isInTime
    ? notice(
        "expires-soon",
        `the current key ends on ${when}, and a rotation comes before: ${new Date(nextAtMs).toISOString()}`,
        versionId,
      )
    : alarm(
        "expires-soon",
        `the current key ends on ${when}, and no rotation comes before. ${what}`,
        versionId,
      );
}
