import { AwsError } from "./aws-error.ts";

/** What a version holds: one of the two, as it was put. `binary` is base64. */
export type SecretContent = { readonly string: string } | { readonly binary: string };

/** One version of a secret. Without content it is only an id, which RotateSecret has reserved. */
export interface SecretVersion {
  readonly id: string;
  readonly createdAtMs: number;
  readonly content: SecretContent | undefined;
  readonly stages: readonly string[];
}

/** How a secret is rotated. */
export interface RotationSettings {
  readonly enabled: boolean;
  readonly lambdaArn: string;
  readonly rules: {
    readonly AutomaticallyAfterDays?: number | undefined;
    readonly Duration?: string | undefined;
    readonly ScheduleExpression?: string | undefined;
  };
  readonly lastRotatedAtMs?: number | undefined;
}

/** A secret at one instant. It is never changed: every write makes a new one, so that stale reads are old ones. */
export interface SecretState {
  readonly arn: string;
  readonly name: string;
  readonly description: string | undefined;
  readonly kmsKeyId: string | undefined;
  readonly tags: ReadonlyMap<string, string>;
  readonly createdAtMs: number;
  readonly changedAtMs: number;
  /** When the recovery window ends; set from DeleteSecret on. */
  readonly deletedAtMs: number | undefined;
  readonly rotation: RotationSettings | undefined;
  readonly versions: ReadonlyMap<string, SecretVersion>;
}

/**
 * "Staging labels attached across all versions: 20".
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
 */
const MAX_LABELS = 20;

/** Finds the version that has a label. A label is on one version at most. */
export function holderOf(state: SecretState, label: string): SecretVersion | undefined {
  return [...state.versions.values()].find((version) => version.stages.includes(label));
}

/**
 * Attaches a label to a version and takes it off any other. Whenever AWSCURRENT moves, AWSPREVIOUS goes to the
 * version that it was removed from (API reference of UpdateSecretVersionStage and of PutSecretValue).
 */
export function attachLabel(state: SecretState, label: string, versionId: string): SecretState {
  const from = holderOf(state, label);
  if (from?.id === versionId) return state;
  const moved = withStages(detachLabel(state, label), versionId, (stages) => [...stages, label]);
  if (label === "AWSCURRENT" && from) return attachLabel(moved, "AWSPREVIOUS", from.id);
  return moved;
}

/** Takes a label off the version that has it. An id without content and label is forgotten. */
export function detachLabel(state: SecretState, label: string): SecretState {
  const holder = holderOf(state, label);
  if (!holder) return state;
  return withStages(state, holder.id, (stages) => stages.filter((stage) => stage !== label));
}

/** Adds a version, or fills the empty one of the same id. */
export function withVersion(state: SecretState, version: SecretVersion): SecretState {
  return { ...state, versions: new Map(state.versions).set(version.id, version) };
}

/** Removes a version altogether. */
export function withoutVersion(state: SecretState, versionId: string): SecretState {
  const versions = new Map(state.versions);
  versions.delete(versionId);
  return { ...state, versions };
}

/** Forgets reserved ids that nothing names any more. Called once, when a write is complete. */
export function forgetUnnamedIds(state: SecretState): SecretState {
  const kept = [...state.versions].filter(([, version]) => version.content || version.stages.length > 0);
  return kept.length === state.versions.size ? state : { ...state, versions: new Map(kept) };
}

/** Refuses a write that would leave more labels than a secret may have. */
export function checkLabelLimit(before: SecretState | undefined, after: SecretState): void {
  const count = countLabels(after);
  if (count > MAX_LABELS && (!before || count > countLabels(before))) {
    throw new AwsError(
      "LimitExceededException",
      `You can't have more than ${MAX_LABELS} staging labels attached to the versions of a secret.`,
    );
  }
}

function countLabels(state: SecretState): number {
  return [...state.versions.values()].reduce((sum, version) => sum + version.stages.length, 0);
}

function withStages(
  state: SecretState,
  versionId: string,
  change: (stages: readonly string[]) => readonly string[],
): SecretState {
  const version = state.versions.get(versionId);
  if (!version) return state;
  return withVersion(state, { ...version, stages: change(version.stages) });
}
