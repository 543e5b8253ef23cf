import { type Label, parseLabel, v8Of } from "../../contract/labels.ts";

/** The staging labels of one version, sorted. */
export interface LabelsOfVersion {
  readonly v8: string;
  readonly isCurrent: boolean;
  readonly isPending: boolean;
  /** Those of ours. */
  readonly labels: readonly Label[];
  /** Those that look like ours and are not understood. */
  readonly notUnderstood: readonly string[];
}

/**
 * Reads the staging labels of one version.
 *
 * A label of ours that names another version than the one it is on was not put there by dualkey, for every such
 * label is written once and never moves: it is not understood. `leaked` alone may name others.
 */
export function readLabels(versionId: string, stages: readonly string[]): LabelsOfVersion {
  const labels: Label[] = [];
  const notUnderstood: string[] = [];
  for (const text of stages) {
    const parsed = parseLabel(text);
    if (parsed.kind === "foreign") continue;
    if (parsed.kind === "ours" && isAtHome(parsed.label, versionId)) labels.push(parsed.label);
    else notUnderstood.push(text);
  }
  return {
    v8: v8Of(versionId),
    isCurrent: stages.includes("AWSCURRENT"),
    isPending: stages.includes("AWSPENDING"),
    labels,
    notUnderstood,
  };
}

function isAtHome(label: Label, versionId: string): boolean {
  return !("v8" in label) || label.v8 === v8Of(versionId);
}
