import { pausedSinceMs } from "./freeze.ts";
import type { KeyStatus } from "./key-status.ts";
import type { Policy } from "./policy.ts";
import type { DescribedSecret } from "./status.ts";

/** What a key is told in. */
export interface Surroundings {
  readonly secret: DescribedSecret;
  readonly policy: Policy | undefined;
  readonly now: number;
}

/** Says what happens to a key next, as the end of a sentence about it. */
export function nextStepOf(key: Omit<KeyStatus, "nextStep">, around: Surroundings): string {
  const { phase, marks } = key;
  const isPaused = pausedSinceMs(around.secret) !== undefined;
  switch (phase) {
    case "current":
      return nextOfCurrent(key, around);
    case "empty":
      return key.makingAtMs === undefined
        ? "is made by the rotation under way"
        : "is being made by the rotation under way";
    case "pending":
      if (marks.length > 0) return "is not promoted";
      return isPaused ? "waits for resume: the secret is paused" : "is tried, then promoted";
    case "retiring":
    case "condemned":
      return isPaused ? "works on until resume: the secret is paused" : nextOfGoing(key, around);
    case "retired":
      return "nothing is owed";
  }
}

function nextOfCurrent(
  { marks, bornAtMs }: Omit<KeyStatus, "nextStep">,
  { secret, policy }: Surroundings,
): string {
  if (marks.length > 0) return `is ${marks.join(" and ")}: AWSCURRENT moves to a clean key`;
  if (pausedSinceMs(secret) !== undefined) return "stays until resume: the secret is paused";
  if (bornAtMs === undefined) return "is taken into the ledger at the first rotation";
  if (!secret.rotationEnabled) return "stays: rotation is off";
  if (secret.nextRotationAtMs === undefined) return "stays until a rotation is asked for";
  const from = policy?.provider.id === "hand-in" ? ", by a key that is handed in before" : "";
  return `is replaced by the rotation of ${dayOf(secret.nextRotationAtMs)}${from}`;
}

function nextOfGoing(
  { phase, replacedAtMs, waived }: Omit<KeyStatus, "nextStep">,
  { policy, now }: Surroundings,
): string {
  const isByHand = policy?.provider.id === "hand-in";
  if (phase === "condemned") {
    return isByHand
      ? "is to be revoked in the vendor's console, by a person, and is then proven dead"
      : "is revoked after one fence, and proven dead";
  }
  // Without a policy, the end of the overlap is not known, and so not said.
  const endsAtMs = (replacedAtMs ?? now) + (policy?.minOverlapSeconds ?? 0) * 1000;
  if (endsAtMs > now) return `works on until ${new Date(endsAtMs).toISOString()} at the least`;
  if (isByHand) return "is to be revoked in the vendor's console, by a person, when nobody uses it any more";
  if (waived === "used")
    return "is revoked without evidence, even if it is used: an operator has asked for it";
  if (waived === "unknown") {
    return "is revoked without evidence, unless it is seen in use: an operator has asked for it";
  }
  return "is revoked when evidence shows that consumers have moved";
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, "2026-01-01".length);
}
