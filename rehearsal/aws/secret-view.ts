import type { SecretState } from "./secret-state.ts";

/** One version as it truly is. `value` is the text that was put, or base64, or nothing. */
interface VersionView {
  readonly id: string;
  readonly labels: readonly string[];
  readonly createdAtMs: number;
  readonly value: string | undefined;
}

/** A secret as it truly is. */
export interface SecretView {
  readonly arn: string;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly rotationEnabled: boolean;
  readonly lastRotatedAtMs: number | undefined;
  readonly deletedAtMs: number | undefined;
  readonly versions: readonly VersionView[];
  /** The version that has a label. */
  readonly labelled: (label: string) => VersionView | undefined;
}

/** Shows a state to the rehearsal. */
export function lookAtSecret(state: SecretState): SecretView {
  const versions = [...state.versions.values()].map(({ id, stages, createdAtMs, content }) => ({
    id,
    labels: stages,
    createdAtMs,
    value: content && ("string" in content ? content.string : content.binary),
  }));
  return {
    arn: state.arn,
    name: state.name,
    tags: Object.fromEntries(state.tags),
    rotationEnabled: state.rotation?.enabled ?? false,
    lastRotatedAtMs: state.rotation?.lastRotatedAtMs,
    deletedAtMs: state.deletedAtMs,
    versions,
    labelled: (label) => versions.find((version) => version.labels.includes(label)),
  };
}
