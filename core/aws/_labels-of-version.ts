import { type ReadLabels, readLabels, v8Of } from "../../contract/labels.ts";

/** The staging labels of one version, sorted. */
export interface LabelsOfVersion extends ReadLabels {
  readonly v8: string;
  readonly isCurrent: boolean;
  readonly isPending: boolean;
}

/** Reads the staging labels of one version: those of ours, and what those of the service say. */
export function labelsOfVersion(versionId: string, stages: readonly string[]): LabelsOfVersion {
  return {
    v8: v8Of(versionId),
    isCurrent: stages.includes("AWSCURRENT"),
    isPending: stages.includes("AWSPENDING"),
    ...readLabels(versionId, stages),
  };
}
