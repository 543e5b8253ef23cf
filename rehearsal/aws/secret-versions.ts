import { isDeepStrictEqual } from "node:util";
import { AwsError, invalidParameter, invalidRequest, notFound } from "./aws-error.ts";
import type { Caller } from "./journal.ts";
import { cutPage } from "./page.ts";
import {
  booleanField,
  type Input,
  integerField,
  requiredString,
  stringField,
  stringListField,
} from "./request-fields.ts";
import type { RotationService } from "./rotation.ts";
import { attachLabel, holderOf, type SecretContent, type SecretState, withVersion } from "./secret-state.ts";
import { refuseDeleted, type SecretTable } from "./secret-table.ts";
import type { Time } from "./time.ts";

/** What the operations on a secret work with. */
export interface SecretsScope {
  readonly table: SecretTable;
  readonly rotations: RotationService;
  readonly time: Time;
  readonly region: string;
  readonly account: string;
}

/** Length of a ClientRequestToken, which becomes the version's id. */
export const TOKEN_BOUNDS = { min: 32, max: 64 };
const LABEL_BOUNDS = { min: 1, max: 256 };

/** Reads the one value that a request may carry. @throws AwsError where both are given. */
export function readContent(input: Input): SecretContent | undefined {
  const string = stringField(input, "SecretString", { min: 0, max: 65_536 });
  const binary = stringField(input, "SecretBinary", { min: 0, max: 87_384 });
  if (string !== undefined && binary !== undefined) {
    throw invalidParameter("You can't specify both a SecretString value and a SecretBinary value.");
  }
  if (string !== undefined) return { string };
  return binary === undefined ? undefined : { binary };
}

/**
 * PutSecretValue. A token that has content already is a repetition when the content is the same, and
 * ResourceExistsException when it is not; the empty version that RotateSecret placed is filled once.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
 *
 * A repetition moves no label, not even one that it names: "the operation succeeds but does nothing". (moto moves them.)
 */
export function putSecretValue(scope: SecretsScope, input: Input, caller: Caller): object {
  const state = scope.table.findUsable(requiredString(input, "SecretId"));
  const token = requiredString(input, "ClientRequestToken", TOKEN_BOUNDS);
  const content = readContent(input);
  if (!content) throw invalidRequest("You must provide either SecretString or SecretBinary.");
  const labels = readLabels(input);
  const known = state.versions.get(token);
  if (known?.content) {
    if (!isDeepStrictEqual(known.content, content)) throw tokenInUse(token, state.arn);
    return describeVersion(state, token);
  }
  const next = scope.table.commit(addVersion(scope, state, { token, content, labels }), caller);
  scope.rotations.noticeVersion(next, token);
  return describeVersion(scope.table.find(next.arn), token);
}

/** A version that is about to be added. */
export interface NewVersion {
  readonly token: string;
  readonly content: SecretContent;
  readonly labels: readonly string[];
}

/** Adds a version with its labels; the first one that a secret gets is AWSCURRENT whatever was asked for. */
export function addVersion(scope: SecretsScope, state: SecretState, version: NewVersion): SecretState {
  const stages = state.versions.get(version.token)?.stages ?? [];
  const isFirst = ![...state.versions.values()].some(({ content }) => content);
  const labels = isFirst ? [...version.labels, "AWSCURRENT"] : version.labels;
  const added = withVersion(state, {
    id: version.token,
    createdAtMs: scope.time.now(),
    content: version.content,
    stages,
  });
  return labels.reduce((next, label) => attachLabel(next, label, version.token), added);
}

function readLabels(input: Input): readonly string[] {
  const labels = stringListField(input, "VersionStages");
  if (labels === undefined) return ["AWSCURRENT"];
  if (labels.length === 0 || labels.length > 20)
    throw invalidParameter("VersionStages must have 1-20 items.");
  for (const label of labels) stringField({ VersionStages: label }, "VersionStages", LABEL_BOUNDS);
  return labels;
}

function tokenInUse(token: string, arn: string): AwsError {
  return new AwsError(
    "ResourceExistsException",
    `You can't use ClientRequestToken ${token} because that value is already in use for a version of secret ${arn}.`,
  );
}

function describeVersion(state: SecretState, versionId: string): object {
  const stages = state.versions.get(versionId)?.stages ?? [];
  return { ARN: state.arn, Name: state.name, VersionId: versionId, VersionStages: stages };
}

/** GetSecretValue, by id, by label, or by both where they agree. A version without content does not exist for it. */
export function getSecretValue(scope: SecretsScope, input: Input): object {
  const state = refuseDeleted(scope.table.read(requiredString(input, "SecretId")));
  const versionId = stringField(input, "VersionId", TOKEN_BOUNDS);
  const label = stringField(input, "VersionStage", LABEL_BOUNDS);
  const version = versionId ? state.versions.get(versionId) : holderOf(state, label ?? "AWSCURRENT");
  if (!version?.content) {
    const what = versionId ? `VersionId: ${versionId}` : `staging label: ${label ?? "AWSCURRENT"}`;
    throw notFound(`Secrets Manager can't find the specified secret value for ${what}`);
  }
  if (label !== undefined && !version.stages.includes(label)) {
    throw invalidRequest("You provided a VersionStage that is not associated to the provided VersionId.");
  }
  const { content } = version;
  return {
    ...describeVersion(state, version.id),
    ...("string" in content ? { SecretString: content.string } : { SecretBinary: content.binary }),
    CreatedDate: version.createdAtMs / 1000,
  };
}

/** ListSecretVersionIds. Versions without labels are deprecated and shown only when asked for. */
export function listSecretVersionIds(scope: SecretsScope, input: Input): object {
  const state = scope.table.read(requiredString(input, "SecretId"));
  const deprecatedToo = booleanField(input, "IncludeDeprecated") ?? false;
  const versions = [...state.versions.values()].filter(
    (version) => deprecatedToo || version.stages.length > 0,
  );
  const page = cutPage(versions, {
    size: integerField(input, "MaxResults", { min: 1, max: 100 }) ?? 100,
    token: stringField(input, "NextToken"),
    tokenError: "InvalidNextTokenException",
  });
  return {
    ARN: state.arn,
    Name: state.name,
    NextToken: page.nextToken,
    Versions: page.items.map((version) => ({
      VersionId: version.id,
      VersionStages: version.stages.length > 0 ? version.stages : undefined,
      CreatedDate: version.createdAtMs / 1000,
    })),
  };
}
