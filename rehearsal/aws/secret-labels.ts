import { invalidParameter, notFound } from "./aws-error.ts";
import type { Caller } from "./journal.ts";
import { type Input, requiredString, stringField } from "./request-fields.ts";
import { attachLabel, detachLabel, holderOf, type SecretState } from "./secret-state.ts";
import { type SecretsScope, TOKEN_BOUNDS } from "./secret-versions.ts";

interface LabelChange {
  readonly label: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/**
 * UpdateSecretVersionStage: a compare-and-swap of one label. "If the label is attached and you either do not specify
 * this parameter, or the version ID does not match, then the operation fails" (RemoveFromVersionId in
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html).
 *
 * moto asks this of AWSCURRENT alone, and lets a label be on two versions; the reference says "a staging label", and "only
 * one version at a time".
 *
 * The repetition of a swap that was applied fails too, for its RemoveFromVersionId no longer has the label: a caller whose
 * answer was lost has to look again.
 */
export function updateSecretVersionStage(scope: SecretsScope, input: Input, caller: Caller): object {
  const state = scope.table.findUsable(requiredString(input, "SecretId"));
  const change: LabelChange = {
    label: requiredString(input, "VersionStage", { min: 1, max: 256 }),
    from: stringField(input, "RemoveFromVersionId", TOKEN_BOUNDS),
    to: stringField(input, "MoveToVersionId", TOKEN_BOUNDS),
  };
  checkRemoval(state, change);
  checkTarget(state, change);
  const next =
    change.to === undefined ? detachLabel(state, change.label) : attachLabel(state, change.label, change.to);
  if (next !== state) scope.table.commit(next, caller);
  return { ARN: state.arn, Name: state.name };
}

function checkRemoval(state: SecretState, { label, from, to }: LabelChange): void {
  if (from === undefined && to === undefined) {
    throw invalidParameter("You must specify RemoveFromVersionId, MoveToVersionId, or both.");
  }
  const holder = holderOf(state, label);
  if (from === undefined && holder && holder.id !== to) {
    throw invalidParameter(
      `The parameter RemoveFromVersionId can't be empty. Staging label ${label} is currently attached to ` +
        `version ${holder.id}, so you must explicitly reference that version in RemoveFromVersionId.`,
    );
  }
  if (from !== undefined && holder?.id !== from) {
    throw invalidParameter(
      `If you specify RemoveFromVersionId, it must be the version that currently has the staging label ${label}.`,
    );
  }
  // The API reference is silent here (and moto lets it go); the message is what terraform-provider-aws met and handles
  // in its secretsmanager_secret_version resource.
  if (label === "AWSCURRENT" && to === undefined) {
    throw invalidParameter(
      "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.",
    );
  }
}

/**
 * A reserved id without content takes no label: "Secrets Manager creates an AWSPENDING version ID before creating the
 * new secret version" (VersionIdsToStages of DescribeSecret), so there is no version yet. The error for this case is
 * not documented; refusing is the stricter reading.
 */
function checkTarget(state: SecretState, { label, to }: LabelChange): void {
  if (to === undefined || holderOf(state, label)?.id === to) return;
  if (!state.versions.get(to)?.content) {
    throw notFound(`Secrets Manager can't find the specified secret version: ${to}.`);
  }
}
