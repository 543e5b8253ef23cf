import { alarm, type Finding, notice } from "./finding.ts";
import { pausedSinceMs } from "./freeze.ts";
import { type Facts, findingsOfKey } from "./key-findings.ts";
import { MAX_LABELS, readLabels } from "./labels.ts";

/** A scheduled rotation starts only below this many of the 20 labels: leaks and recovery need the rest. */
export const LABELS_FOR_A_ROTATION = 12;

const DAY_MS = 86_400_000;

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
    ...findingsOfFreeze(facts),
    ...findingsOfSettings(facts),
    ...keys.flatMap((key) => [...findingsOfKey(key, facts)]),
  ];
  return found.sort((a, b) => a.severity.localeCompare(b.severity));
}

/** Of a key that only its value names, labels cannot tell: then the leak counts as open until its label goes. */
function isContained({ target }: { readonly target: string }, keys: Facts["keys"]): boolean {
  return target === "all" && !keys.some(({ marks }) => marks.includes("leaked"));
}

function* findingsOfLabels({ secret, keys, now }: Facts): Generator<Finding> {
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
      if (isContained(label, keys)) {
        const message = `the leak of ${new Date(label.atMs).toISOString()} is over: what it names is dead. Its label goes within minutes`;
        yield notice("leak-over", message, version.id);
        continue;
      }
      const state =
        now > label.deadlineMs ? `was to be dead by ${due}, and is not proven so` : `is to be dead by ${due}`;
      const message = `a leak of ${new Date(label.atMs).toISOString()} is open: ${what} ${state}. What holds it is in the log of the responder, whose run was the first, and in the rotator's, which goes on`;
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

function* findingsOfFreeze({ secret }: Facts): Generator<Finding> {
  const sinceMs = pausedSinceMs(secret);
  if (sinceMs === undefined) return;
  yield notice(
    "paused",
    `is paused since ${new Date(sinceMs).toISOString()}: rotations and retirements wait, leaks and rollbacks do not. ` +
      "When the change freeze is over: operation resume",
  );
}

function* findingsOfSettings({ secret, reading, keys, now }: Facts): Generator<Finding> {
  if (!secret.rotationEnabled) {
    yield alarm(
      "rotation-off",
      "has no rotation, so its key grows old. Deploy the constructs, which turn it on",
    );
  }
  if (!keys.some(({ phase }) => phase === "current")) {
    const handIn = reading.kind === "policy" && reading.policy.handIn !== undefined;
    const how = handIn
      ? `Hand in the first one: dualkey hand-in ${secret.name}`
      : "Hand in the first one, or rotate where the provider can make it";
    yield alarm("no-key", `has no current key. ${how}`);
  }
  const { nextRotationAtMs: dueAtMs } = secret;
  if (secret.rotationEnabled && dueAtMs !== undefined && now > dueAtMs + DAY_MS) {
    const what =
      pausedSinceMs(secret) === undefined
        ? "Rotate it, and see the rotator's log"
        : "It is paused: operation resume, then rotate it";
    const message = `was to be rotated on ${new Date(dueAtMs).toISOString()}, and was not. ${what}`;
    yield alarm("rotation-overdue", message);
  }
}
