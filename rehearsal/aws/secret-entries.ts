import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { AwsError, invalidParameter, invalidRequest } from "./aws-error.ts";
import type { Caller } from "./journal.ts";
import {
  booleanField,
  type Input,
  integerField,
  requiredString,
  stringField,
  stringListField,
  structureListField,
} from "./request-fields.ts";
import type { SecretState } from "./secret-state.ts";
import { refuseDeleted } from "./secret-table.ts";
import { addVersion, readContent, type SecretsScope, TOKEN_BOUNDS } from "./secret-versions.ts";

const DAY_MS = 86_400_000;
const ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** CreateSecret; with a value, its token becomes the first version. The name of a deleted secret stays taken. */
export function createSecret(scope: SecretsScope, input: Input, caller: Caller): object {
  const name = requiredString(input, "Name", { min: 1, max: 512 });
  if (!/^[A-Za-z0-9/_+=.@-]+$/.test(name)) {
    throw new AwsError(
      "ValidationException",
      "Invalid name. Must be a valid name containing A-Za-z0-9/_+=.@-",
    );
  }
  const content = readContent(input);
  const token = content && requiredString(input, "ClientRequestToken", TOKEN_BOUNDS);
  const existing = scope.table.truth().find((state) => state.name === name);
  if (existing) return repeatCreation(existing, token, content);
  const atMs = scope.time.now();
  const empty: SecretState = {
    arn: `arn:aws:secretsmanager:${scope.region}:${scope.account}:secret:${name}-${sixCharacters()}`,
    name,
    description: stringField(input, "Description", { min: 0, max: 2048 }),
    kmsKeyId: stringField(input, "KmsKeyId"),
    tags: mergeTags(new Map(), input),
    createdAtMs: atMs,
    changedAtMs: atMs,
    deletedAtMs: undefined,
    rotation: undefined,
    versions: new Map(),
  };
  const first = content && token ? addVersion(scope, empty, { token, content, labels: [] }) : empty;
  scope.table.commit(first, caller);
  return { ARN: empty.arn, Name: name, VersionId: token };
}

function repeatCreation(existing: SecretState, token: string | undefined, content: unknown): object {
  if (existing.deletedAtMs !== undefined) {
    throw invalidRequest(
      "You can't create this secret because a secret with this name is already scheduled for deletion.",
    );
  }
  const version = token === undefined ? undefined : existing.versions.get(token);
  if (version && isDeepStrictEqual(version.content, content)) {
    return { ARN: existing.arn, Name: existing.name, VersionId: version.id };
  }
  throw new AwsError(
    "ResourceExistsException",
    `The operation failed because the secret ${existing.name} already exists.`,
  );
}

/** DeleteSecret: with a recovery window (7 to 30 days, 30 by default), or for good at once. */
export function deleteSecret(scope: SecretsScope, input: Input, caller: Caller): object {
  const secretId = requiredString(input, "SecretId");
  const days = integerField(input, "RecoveryWindowInDays", { min: 7, max: 30 });
  const force = booleanField(input, "ForceDeleteWithoutRecovery") ?? false;
  if (force && days !== undefined) {
    throw invalidParameter(
      "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
    );
  }
  // "If you forcibly delete an already deleted or nonexistent secret, the operation does not return
  // ResourceNotFoundException" (ForceDeleteWithoutRecovery in the API reference).
  const known = scope.table.lookUp(secretId);
  if (force && !known) return { Name: secretId, DeletionDate: scope.time.now() / 1000 };
  const state = force && known ? known : refuseDeleted(scope.table.find(secretId));
  const deletedAtMs = scope.time.now() + (force ? 0 : (days ?? 30) * DAY_MS);
  scope.rotations.cancel(state);
  if (force) scope.table.drop(state, caller);
  else scope.table.commit({ ...scope.table.find(state.arn), deletedAtMs }, caller);
  return { ARN: state.arn, Name: state.name, DeletionDate: deletedAtMs / 1000 };
}

/** RestoreSecret: ends a recovery window. It succeeds on a secret that is not deleted. */
export function restoreSecret(scope: SecretsScope, input: Input, caller: Caller): object {
  const state = scope.table.find(requiredString(input, "SecretId"));
  if (state.deletedAtMs !== undefined) scope.table.commit({ ...state, deletedAtMs: undefined }, caller);
  return { ARN: state.arn, Name: state.name };
}

/** TagResource: adds tags, and replaces the values of those that are there. */
export function tagResource(scope: SecretsScope, input: Input, caller: Caller): object {
  const state = scope.table.findUsable(requiredString(input, "SecretId"));
  scope.table.commit({ ...state, tags: mergeTags(state.tags, input) }, caller);
  return {};
}

/** UntagResource: a key that is not there is no error. */
export function untagResource(scope: SecretsScope, input: Input, caller: Caller): object {
  const state = scope.table.findUsable(requiredString(input, "SecretId"));
  const gone = new Set(stringListField(input, "TagKeys") ?? []);
  const tags = new Map([...state.tags].filter(([key]) => !gone.has(key)));
  scope.table.commit({ ...state, tags }, caller);
  return {};
}

function mergeTags(tags: ReadonlyMap<string, string>, input: Input): ReadonlyMap<string, string> {
  const merged = new Map(tags);
  for (const tag of structureListField(input, "Tags") ?? []) {
    merged.set(requiredString(tag, "Key", { min: 1, max: 128 }), stringField(tag, "Value") ?? "");
  }
  if (merged.size > 50) throw invalidParameter("A secret can have at most 50 tags.");
  return merged;
}

function sixCharacters(): string {
  return [...randomBytes(6)].map((byte) => ALPHANUMERIC[byte % ALPHANUMERIC.length]).join("");
}
