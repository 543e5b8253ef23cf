import { createHash } from "node:crypto";
import { keyOf, sameFields } from "./cutover/ledger.ts";
import type { LeakGoal } from "./cutover/observation.ts";
import type { SecretView, Version } from "./cutover/ports.ts";
import type { Outcome } from "./run.ts";

const SHA256 = /^[0-9a-f]{64}$/i;

/** Joins the incident of the same keys that is marked already: whoever asks twice, or a second person, responds to one leak. */
export function joinLeak(goal: LeakGoal, versions: readonly Pick<Version, "labels">[]): LeakGoal {
  const marks = versions.flatMap(({ labels }) => labels.filter((label) => label.kind === "leaked"));
  const own = marks
    .filter(({ target, atMs }) => target === goal.target && atMs >= (goal.leakedAtMs ?? 0))
    .toSorted((one, other) => other.atMs - one.atMs)[0];
  return own === undefined ? goal : { ...goal, atMs: own.atMs, deadlineMs: own.deadlineMs };
}

/** Finds which key is meant by the hash of its value, so that nobody has to send the value around. */
export function nameTarget(
  goal: LeakGoal,
  secret: SecretView,
): LeakGoal | Extract<Outcome, { kind: "refuse" }> {
  if (!SHA256.test(goal.target)) return goal;
  const holders = versionsWithHash(goal.target, secret);
  const [version] = holders;
  if (version === undefined) {
    return {
      kind: "refuse",
      because: `secret ${secret.name}: no version holds a value with the sha256 ${goal.target}. Nothing was changed. Hash the value alone, without a line's end: printf %s "$KEY" | sha256sum`,
    };
  }
  const key = keyOf(version);
  const isOne = holders.every((any) => {
    const its = keyOf(any);
    return key !== undefined && its !== undefined && sameFields(key, its);
  });
  if (isOne) return { ...goal, target: key?.keyId ?? version.v8 };
  return {
    kind: "refuse",
    because: `secret ${secret.name}: the value with this sha256 is in ${holders.length} keys: it names their account, and no key. Hash the secret part, or send which: all`,
  };
}

/** The versions of which one field has this hash. */
export function versionsWithHash(
  sha256: string,
  { versions }: Pick<SecretView, "versions">,
): readonly Version[] {
  const wanted = sha256.toLowerCase();
  return versions.filter((version) => hashesOf(version).includes(wanted));
}

/** The hash of each field of a version's key. */
function hashesOf(version: Version): readonly string[] {
  const fields = Object.values(keyOf(version)?.fields ?? {});
  return fields.map((field) => createHash("sha256").update(field.reveal().trim()).digest("hex"));
}

/** Values shorter than this might be guessed from their hash. */
const TOO_LONG_TO_GUESS = 20;

/** Hashes by which a dead key is found again; none of a value that could be guessed. */
export function hashesToKeep(version: Version): readonly string[] {
  const fields = Object.values(keyOf(version)?.fields ?? {});
  const long = fields
    .map((field) => field.reveal().trim())
    .filter((text) => text.length >= TOO_LONG_TO_GUESS);
  return long.map((text) => createHash("sha256").update(text).digest("hex"));
}
