import { type Label, readLabels, v8Of, type WaivedScope } from "./labels.ts";
import { nextStepOf, type Surroundings } from "./next-step.ts";
import type { Policy } from "./policy.ts";
import type { DescribedSecret, DescribedVersion } from "./status.ts";

/**
 * Where a key is, by the labels of its version:
 *
 * - `current`: consumers read it.
 * - `empty`: a rotation has a place for it, and it is not made yet.
 * - `pending`: it is made and stored, and about to be tried and promoted.
 * - `retiring`: replaced; it still works.
 * - `condemned`: retiring, and a revoke is coming.
 * - `retired`: off the ledger: proven dead, or held by another version by now.
 */
export type KeyPhase = "current" | "empty" | "pending" | "retiring" | "condemned" | "retired";

/** What makes a key unclean. `leaked`: as far as labels say whose leak it is. */
export type KeyMark = "leaked" | "rejected" | "condemned";

/** One key, as the labels of its version tell. Times are milliseconds since the epoch. */
export interface KeyStatus {
  readonly versionId: string;
  readonly phase: KeyPhase;
  readonly marks: readonly KeyMark[];
  /** The service's labels on it: `AWSCURRENT`, `AWSPENDING`, `AWSPREVIOUS`. */
  readonly stages: readonly string[];
  /** The provider's id of it; only where a label has it (else it is in the value, which nobody reads here). */
  readonly keyId?: string;
  /** When it was made; absent on a key that is not in the ledger. */
  readonly bornAtMs?: number;
  readonly replacedAtMs?: number;
  readonly condemnedAtMs?: number;
  readonly expiresAtMs?: number;
  /** Since when a run is making it. */
  readonly makingAtMs?: number;
  /** What evidence an operator has said to go without; the widest where there are two. */
  readonly waived?: WaivedScope;
  /** What happens to it next, as the end of a sentence about it. */
  readonly nextStep: string;
}

const ORDER: readonly KeyPhase[] = ["current", "pending", "empty", "condemned", "retiring", "retired"];
const SERVICE_LABELS: readonly string[] = ["AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"];

/** Describes the keys of a secret, those of the ledger and the service's own; the current one first. */
export function describeKeys(
  secret: DescribedSecret,
  policy: Policy | undefined,
  now: number,
): readonly KeyStatus[] {
  const isManaged = secret.versions.some((version) => isLive(readLabels(version.id, version.stages).labels));
  return secret.versions
    .filter((version) => isManaged || !isBystander(version))
    .map((version) => describeKey(version, { secret, policy, now }))
    .sort((a, b) => ORDER.indexOf(a.phase) - ORDER.indexOf(b.phase));
}

/** Where dualkey has never been, a version that is neither current nor pending says nothing about its key. */
function isBystander(version: DescribedVersion): boolean {
  const { labels } = readLabels(version.id, version.stages);
  return !(
    labels.length > 0 ||
    version.stages.includes("AWSCURRENT") ||
    version.stages.includes("AWSPENDING")
  );
}

function describeKey(version: DescribedVersion, around: Surroundings): KeyStatus {
  const { labels } = readLabels(version.id, version.stages);
  const keyId = labels.find((label) => label.kind === "id")?.keyId;
  // Two runs may have written one: the birth that taints more, the others that wait longer.
  const bornAtMs = timeOf(labels, "live", Math.min);
  const replacedAtMs = timeOf(labels, "replaced", Math.max);
  const condemnedAtMs = timeOf(labels, "condemned", Math.max);
  const expiresAtMs = timeOf(labels, "expires", Math.min);
  const makingAtMs = makingSinceMs(version, around);
  const waived = waivedOn(labels);
  const key = {
    versionId: version.id,
    phase: phaseOf(version, labels),
    marks: marksOf(version, labels, { ...around, keyId, bornAtMs }),
    stages: SERVICE_LABELS.filter((label) => version.stages.includes(label)),
    ...(keyId === undefined ? {} : { keyId }),
    ...(bornAtMs === undefined ? {} : { bornAtMs }),
    ...(replacedAtMs === undefined ? {} : { replacedAtMs }),
    ...(condemnedAtMs === undefined ? {} : { condemnedAtMs }),
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
    ...(makingAtMs === undefined ? {} : { makingAtMs }),
    ...(waived === undefined ? {} : { waived }),
  };
  return { ...key, nextStep: nextStepOf(key, around) };
}

/** The label that names a pending version is on the current one. */
function makingSinceMs({ id }: DescribedVersion, { secret }: Surroundings): number | undefined {
  const labels = secret.versions.flatMap((any) => readLabels(any.id, any.stages).labels);
  const its = labels.filter((label) => label.kind === "making" && label.target === v8Of(id));
  return timeOf(its, "making", Math.min);
}

function waivedOn(labels: readonly Label[]): WaivedScope | undefined {
  const scopes = labels.flatMap((label) => (label.kind === "waived" ? [label.scope] : []));
  return scopes.includes("used") ? "used" : scopes[0];
}

function phaseOf({ stages }: DescribedVersion, labels: readonly Label[]): KeyPhase {
  if (stages.includes("AWSCURRENT")) return "current";
  const live = isLive(labels);
  if (stages.includes("AWSPENDING")) return live ? "pending" : "empty";
  if (!live) return "retired";
  return labels.some(({ kind }) => kind === "condemned") ? "condemned" : "retiring";
}

function marksOf(
  version: DescribedVersion,
  labels: readonly Label[],
  {
    secret,
    keyId,
    bornAtMs,
  }: Surroundings & { readonly keyId: string | undefined; readonly bornAtMs: number | undefined },
): readonly KeyMark[] {
  const isOn = (kind: KeyMark) => labels.some((label) => label.kind === kind);
  const leaks = secret.versions.flatMap((any) =>
    readLabels(any.id, any.stages).labels.filter((label) => label.kind === "leaked"),
  );
  const isLeaked = leaks.some(({ target, atMs }) => {
    if (target !== "all") return target === v8Of(version.id) || (keyId !== undefined && target === keyId);
    // A key that is not in the ledger was there before the ledger was.
    return isLive(labels) || version.stages.includes("AWSCURRENT") ? (bornAtMs ?? 0) < atMs : false;
  });
  return [...(isLeaked ? (["leaked"] as const) : []), ...(["rejected", "condemned"] as const).filter(isOn)];
}

type Dated = "live" | "replaced" | "condemned" | "expires" | "making";

function timeOf(
  labels: readonly Label[],
  kind: Dated,
  pick: (...times: number[]) => number,
): number | undefined {
  const times = labels.flatMap((label) => (label.kind === kind && "atMs" in label ? [label.atMs] : []));
  return times.length === 0 ? undefined : pick(...times);
}

function isLive(labels: readonly Label[]): boolean {
  return labels.some(({ kind }) => kind === "live");
}
