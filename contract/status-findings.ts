import type { KeyStatus } from "./key-status.ts";
import { MAX_LABELS, readLabels } from "./labels.ts";
import type { DescribedSecret, PolicyReading } from "./status.ts";

/** Something that a person should know of. An `alarm` asks for somebody to act. */
export interface Finding {
  readonly severity: "alarm" | "notice";
  /** Stable; for programs. */
  readonly code:
    | "deleted"
    | "expired"
    | "expires-soon"
    | "label-not-understood"
    | "labels-short"
    | "leak-open"
    | "no-key"
    | "not-in-ledger"
    | "pending-stuck"
    | "policy-mistaken"
    | "policy-missing"
    | "rejected"
    | "retirement-overdue"
    | "revoke-stuck"
    | "rotation-off"
    | "rotation-overdue";
  /** The version that it is about; absent where it is about the secret. */
  readonly versionId?: string;
  /** What is the case, and what to do. */
  readonly message: string;
}

/** What findings are made from. */
export interface Facts {
  readonly secret: DescribedSecret;
  readonly reading: PolicyReading;
  readonly keys: readonly KeyStatus[];
  readonly now: number;
}

/** A scheduled rotation starts only below this many of the 20 labels: leaks and recovery need the rest. */
export const LABELS_FOR_A_ROTATION = 12;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** What is wrong with a secret, alarms first. A secret that is scheduled for deletion has that one finding. */
export function findingsOf(facts: Facts): readonly Finding[] {
  const { secret, keys } = facts;
  if (secret.isDeleted) {
    const message =
      "is scheduled for deletion: its keys are not looked after, and work on at the provider. " +
      `Restore it (aws secretsmanager restore-secret --secret-id ${secret.name}), or revoke its keys first`;
    return [alarm("deleted", message)];
  }
  const found = [
    ...findingsOfLabels(facts),
    ...findingsOfPolicy(facts),
    ...findingsOfSettings(facts),
    ...keys.flatMap((key) => [...findingsOfKey(key, facts)]),
  ];
  return found.sort((a, b) => a.severity.localeCompare(b.severity));
}

function* findingsOfLabels({ secret, now }: Facts): Generator<Finding> {
  for (const version of secret.versions) {
    const { labels, notUnderstood } = readLabels(version.id, version.stages);
    for (const text of notUnderstood) {
      const message = `the label "${text}" looks like dualkey's and is not understood, so nothing is done to this secret. Update dualkey if a newer one wrote it; else remove the label`;
      yield alarm("label-not-understood", message, version.id);
    }
    for (const label of labels) {
      if (label.kind !== "leaked") continue;
      const what = label.target === "all" ? "every key born until then" : `key ${label.target}`;
      const due = new Date(label.deadlineMs).toISOString();
      const state =
        now > label.deadlineMs ? `was to be dead by ${due}, and is not proven so` : `is to be dead by ${due}`;
      const message = `a leak of ${new Date(label.atMs).toISOString()} is open: ${what} ${state}. See the responder's log`;
      yield alarm("leak-open", message, version.id);
    }
  }
  const count = secret.versions.reduce((sum, { stages }) => sum + stages.length, 0);
  if (count < LABELS_FOR_A_ROTATION) return;
  yield alarm(
    "labels-short",
    `has ${count} of ${MAX_LABELS} staging labels, and a rotation needs room below ${LABELS_FOR_A_ROTATION}. Remove labels that are not needed`,
  );
}

function* findingsOfPolicy({ secret, reading }: Facts): Generator<Finding> {
  if (reading.kind === "missing") {
    const parameter = `/dualkey/${secret.deployment ?? "<deployment>"}/${secret.name}`;
    yield alarm(
      "policy-missing",
      `has no policy, so nothing is done to it. Deploy the constructs, which write ${parameter}`,
    );
  }
  if (reading.kind === "mistaken") yield alarm("policy-mistaken", reading.because);
}

function* findingsOfSettings({ secret, keys, now }: Facts): Generator<Finding> {
  if (!secret.rotationEnabled) {
    yield alarm(
      "rotation-off",
      "has no rotation, so its key grows old. Deploy the constructs, which turn it on",
    );
  }
  if (!keys.some(({ phase }) => phase === "current")) {
    yield alarm(
      "no-key",
      "has no current key. Hand in the first one, or rotate where the provider can make it",
    );
  }
  const { nextRotationAtMs: dueAtMs } = secret;
  if (secret.rotationEnabled && dueAtMs !== undefined && now > dueAtMs + DAY_MS) {
    const message = `was to be rotated on ${new Date(dueAtMs).toISOString()}, and was not. Rotate it, and see the rotator's log`;
    yield alarm("rotation-overdue", message);
  }
}

function* findingsOfKey(key: KeyStatus, { secret, reading, now }: Facts): Generator<Finding> {
  const { versionId, phase, marks, bornAtMs, replacedAtMs, condemnedAtMs, expiresAtMs } = key;
  if (phase === "current" && bornAtMs === undefined) {
    yield notice(
      "not-in-ledger",
      "the current key is not in the ledger yet. The first rotation takes it in",
      versionId,
    );
  }
  if (phase === "pending" || phase === "empty") {
    // An empty version has no time of its own: it is at least as old as the secret's last change.
    const sinceMs = bornAtMs ?? secret.changedAtMs ?? now;
    if (now - sinceMs > DAY_MS) {
      const message = `AWSPENDING has been on it since ${new Date(sinceMs).toISOString()} or longer, and no other rotation can start. See why in the rotator's log`;
      yield alarm("pending-stuck", message, versionId);
    }
  }
  if (marks.includes("rejected")) {
    yield alarm(
      "rejected",
      "the provider refuses this key while another works. See the rotator's log",
      versionId,
    );
  }
  const maxOverlapMs = reading.kind === "policy" ? reading.policy.maxOverlapSeconds * 1000 : undefined;
  if (phase === "retiring" && maxOverlapMs !== undefined && now > (replacedAtMs ?? now) + maxOverlapMs) {
    const message =
      "is past its maximum overlap and still works: evidence that consumers have moved is missing. Find who uses it, or retire it with a reason";
    yield alarm("retirement-overdue", message, versionId);
  }
  if (condemnedAtMs !== undefined && phase === "condemned" && now - condemnedAtMs > HOUR_MS) {
    yield alarm("revoke-stuck", "was to be revoked more than an hour ago. See the rotator's log", versionId);
  }
  if (expiresAtMs !== undefined && phase === "current") yield* findingsOfExpiry(expiresAtMs, versionId, now);
}

function* findingsOfExpiry(expiresAtMs: number, versionId: string, now: number): Generator<Finding> {
  const when = new Date(expiresAtMs).toISOString();
  if (now >= expiresAtMs)
    yield alarm("expired", `the current key was to end on ${when}. Rotate now`, versionId);
  else if (expiresAtMs - now < DAY_MS) {
    yield notice("expires-soon", `the current key ends on ${when}. Rotate before`, versionId);
  }
}

function alarm(code: Finding["code"], message: string, versionId?: string): Finding {
  return { severity: "alarm", code, ...(versionId === undefined ? {} : { versionId }), message };
}

function notice(code: Finding["code"], message: string, versionId?: string): Finding {
  return { severity: "notice", code, ...(versionId === undefined ? {} : { versionId }), message };
}
