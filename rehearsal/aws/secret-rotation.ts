import { AwsError, invalidParameter, invalidRequest } from "./aws-error.ts";
import type { Caller } from "./journal.ts";
import {
  booleanField,
  type Input,
  integerField,
  requiredString,
  stringField,
  structureField,
} from "./request-fields.ts";
import {
  attachLabel,
  holderOf,
  type RotationSettings,
  type SecretState,
  withVersion,
} from "./secret-state.ts";
import { type SecretsScope, TOKEN_BOUNDS } from "./secret-versions.ts";

/**
 * RotateSecret: stores the settings that it is given, places an empty AWSPENDING version, and starts the rotation.
 * "If the AWSPENDING staging label is present but not attached to the same version as AWSCURRENT, then any later
 * invocation of RotateSecret assumes that a previous rotation request is still in progress and returns an error"
 * (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html).
 */
export function rotateSecret(
  scope: SecretsScope & { readonly mayInvoke: (lambdaArn: string, secretArn: string) => boolean },
  input: Input,
  caller: Caller,
): object {
  const state = scope.table.findUsable(requiredString(input, "SecretId"));
  const token = requiredString(input, "ClientRequestToken", TOKEN_BOUNDS);
  const immediately = booleanField(input, "RotateImmediately") ?? true;
  const rotation = readSettings(state, input);
  const answer = { ARN: state.arn, Name: state.name, VersionId: immediately ? token : undefined };
  // A token that is in use is a repeated call, whose answer was lost.
  if (state.versions.has(token)) return answer;
  const pending = holderOf(state, "AWSPENDING");
  if (pending && !pending.stages.includes("AWSCURRENT")) {
    throw invalidRequest("A previous rotation isn't complete. That rotation will be reattempted.");
  }
  if (!scope.mayInvoke(rotation.lambdaArn, state.arn)) throw cannotInvoke();
  const reserved = withVersion(
    { ...state, rotation },
    { id: token, createdAtMs: scope.time.now(), content: undefined, stages: [] },
  );
  const placed = scope.table.commit(attachLabel(reserved, "AWSPENDING", token), caller);
  if (immediately) scope.rotations.start(placed, token);
  else scope.rotations.startTest(placed, token);
  return answer;
}

/** CancelRotateSecret: rotation is off, a rotation under way ends, and its labels stay where they are. */
export function cancelRotateSecret(scope: SecretsScope, input: Input, caller: Caller): object {
  const state = scope.table.findUsable(requiredString(input, "SecretId"));
  const { rotation } = state;
  if (!rotation)
    throw invalidRequest("You can't cancel rotation of a secret that has no rotation configured.");
  const token = scope.rotations.cancel(state);
  scope.table.commit({ ...state, rotation: { ...rotation, enabled: false } }, caller);
  return { ARN: state.arn, Name: state.name, VersionId: token };
}

function readSettings(state: SecretState, input: Input): RotationSettings {
  const lambdaArn =
    stringField(input, "RotationLambdaARN", { min: 0, max: 2048 }) ?? state.rotation?.lambdaArn;
  if (!lambdaArn) {
    throw invalidRequest("No Lambda rotation function ARN is associated with this secret.");
  }
  return { ...state.rotation, enabled: true, lambdaArn, rules: readRules(state, input) };
}

function readRules(state: SecretState, input: Input): RotationSettings["rules"] {
  const rules = structureField(input, "RotationRules");
  if (!rules) return state.rotation?.rules ?? {};
  const AutomaticallyAfterDays = integerField(rules, "AutomaticallyAfterDays", { min: 1, max: 1000 });
  const ScheduleExpression = stringField(rules, "ScheduleExpression", { min: 1, max: 256 });
  if (AutomaticallyAfterDays !== undefined && ScheduleExpression !== undefined) {
    throw invalidParameter("You can't specify both AutomaticallyAfterDays and ScheduleExpression.");
  }
  return { AutomaticallyAfterDays, ScheduleExpression, Duration: stringField(rules, "Duration") };
}

function cannotInvoke(): AwsError {
  return new AwsError(
    "AccessDeniedException",
    "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to " +
      "the principal secretsmanager.amazonaws.com.",
  );
}
