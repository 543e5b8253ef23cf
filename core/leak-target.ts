import { createHash } from "node:crypto";
import type { Label } from "../contract/labels.ts";
import { keyOf, sameFields } from "./cutover/ledger.ts";
import type { LeakGoal } from "./cutover/observation.ts";
import type { SecretView, Version } from "./cutover/ports.ts";
import type { Outcome } from "./run.ts";

/** Whether a key is named by the hash of its value. */
export function isSha256(target: string): boolean {
  return /^[0-9a-f]{64}$/i.test(target);
}

/** How far the clocks of who asks and of who answers may be apart. */
export const SKEW_MS = 5_000;

type Marked = Pick<Version, "labels" | "v8" | "isCurrent" | "createdAtMs"> &
  Partial<Pick<Version, "content">>;
type Mark = Extract<Label, { kind: "leaked" }>;

/**
 * Joins the incident of the same keys that is marked already: whoever asks twice, or a second person, responds to one leak.
 * Two marks of the same moment are one: the older. When all that a mark names is dead, its incident is over, and who asks
 * then means what is current now; but for the repeat of a request that was made before it began.
 */
export function joinLeak(goal: LeakGoal, versions: readonly Marked[]): LeakGoal {
  const { leakedAtMs = 0, requestedAtMs = goal.atMs } = goal;
  const marks = versions.flatMap(({ labels }) => labels.filter((label) => label.kind === "leaked"));
  const [own] = marks
    .filter((mark) => covers(mark, goal.target, versions) && mark.atMs >= leakedAtMs)
    .filter((mark) => isOpen(mark, versions) || mark.atMs >= requestedAtMs - SKEW_MS)
    .toSorted((one, other) => one.atMs - other.atMs);
  if (own === undefined) return goal;
  return { ...goal, target: own.target, atMs: own.atMs, deadlineMs: own.deadlineMs };
}

function covers(mark: Mark, target: string, versions: readonly Marked[]): boolean {
  if (mark.target === target) return true;
  return mark.target === "all" && versions.some((any) => isNamed(any, target) && isBefore(mark, any));
}

/** Whether something that it names may still work, as far as labels say. */
function isOpen(mark: Mark, versions: readonly Marked[]): boolean {
  const mayWork = (any: Marked) => any.isCurrent || liveSince(any) !== undefined;
  if (mark.target === "all") return versions.some((any) => mayWork(any) && isBefore(mark, any));
  const named = versions.filter((any) => isNamed(any, mark.target));
  return named.length === 0 || named.some(mayWork);
}

function isNamed({ v8, content }: Marked, target: string): boolean {
  return v8 === target || (content?.kind === "key" && content.key.keyId === target);
}

function isBefore(mark: Mark, version: Marked): boolean {
  return (liveSince(version) ?? version.createdAtMs) < mark.atMs;
}

function liveSince({ labels }: Marked): number | undefined {
  const births = labels.flatMap((label) => (label.kind === "live" ? label.atMs : []));
  return births.length === 0 ? undefined : Math.min(...births);
}

/** Finds which key is meant by the hash of its value, so that nobody has to send the value around. */
export function nameTarget(
  goal: LeakGoal,
  secret: SecretView,
): LeakGoal | Extract<Outcome, { kind: "refuse" }> {
  if (!isSha256(goal.target)) return goal;
  const holders = versionsWithHash(goal.target, secret);
  const [version] = holders;
  if (version === undefined) {
    return {
      kind: "refuse",
      code: "unknown-key",
      because: `secret ${secret.name}: no version holds a value with this sha256. Nothing was changed. Hash the value alone, without a line's end: printf %s "$KEY" | sha256sum`,
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
  return textsOf(version).map(sha256Of);
}

function textsOf(version: Version): readonly string[] {
  return Object.values(keyOf(version)?.fields ?? {}).map((field) => field.reveal().trim());
}

function sha256Of(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Values shorter than this might be guessed from their hash. */
const TOO_LONG_TO_GUESS = 20;

/** Hashes by which a dead key is found again: of its secret parts, and of none that could be guessed. */
export function hashesToKeep(version: Version): readonly string[] {
  const { keyId, account } = keyOf(version) ?? {};
  return textsOf(version)
    .filter((text) => text.length >= TOO_LONG_TO_GUESS && text !== keyId && text !== account)
    .map(sha256Of);
}
