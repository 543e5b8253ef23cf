import { invalidParameter } from "./aws-error.ts";
import { cutPage } from "./page.ts";
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
import type { SecretsScope } from "./secret-versions.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** DescribeSecret. It answers for a deleted secret too; reserved, empty AWSPENDING ids are among its versions. */
export function describeSecret(scope: SecretsScope, input: Input): object {
  const state = scope.table.read(requiredString(input, "SecretId"));
  return { ...describeEntry(state), VersionIdsToStages: stagesById(state) };
}

/** ListSecrets: as of `listLagMs` ago, oldest first, 100 a page at most. */
export function listSecrets(scope: SecretsScope, input: Input): object {
  const deletedToo = booleanField(input, "IncludePlannedDeletion") ?? false;
  const filters = (structureListField(input, "Filters") ?? []).map(readFilter);
  const matching = scope.table
    .listed()
    .filter((state) => deletedToo || state.deletedAtMs === undefined)
    .filter((state) => filters.every((accepts) => accepts(state)))
    .sort((a, b) => a.createdAtMs - b.createdAtMs);
  if (stringField(input, "SortOrder") === "desc") matching.reverse();
  const page = cutPage(matching, {
    size: integerField(input, "MaxResults", { min: 1, max: 100 }) ?? 100,
    token: stringField(input, "NextToken"),
    tokenError: "InvalidNextTokenException",
  });
  return {
    NextToken: page.nextToken,
    SecretList: page.items.map((state) => ({
      ...describeEntry(state),
      SecretVersionsToStages: stagesById(state),
    })),
  };
}

const FILTERED: Readonly<Record<string, (state: SecretState) => readonly string[]>> = {
  name: (state) => [state.name],
  description: (state) => [state.description?.toLowerCase() ?? ""],
  "tag-key": (state) => [...state.tags.keys()],
  "tag-value": (state) => [...state.tags.values()],
};

/**
 * A filter is a prefix match; several values are alternatives, several filters must all hold, and "!" negates.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Filter.html
 */
function readFilter(filter: Input): (state: SecretState) => boolean {
  const key = requiredString(filter, "Key");
  const read = FILTERED[key];
  if (!read) throw invalidParameter(`The embedded ListSecrets has no filter ${key}.`);
  const values = (stringListField(filter, "Values") ?? []).map((value) =>
    key === "description" ? value.toLowerCase() : value,
  );
  return (state) => {
    const present = read(state);
    return values.some((value) =>
      value.startsWith("!")
        ? !present.some((text) => text.startsWith(value.slice(1)))
        : present.some((text) => text.startsWith(value)),
    );
  };
}

function describeEntry(state: SecretState): object {
  const { rotation } = state;
  return {
    ARN: state.arn,
    Name: state.name,
    Description: state.description,
    KmsKeyId: state.kmsKeyId,
    // "If the secret has never been configured for rotation, Secrets Manager returns null."
    RotationEnabled: rotation?.enabled,
    RotationLambdaARN: rotation?.lambdaArn,
    RotationRules: rotation?.rules,
    LastRotatedDate: seconds(rotation?.lastRotatedAtMs),
    NextRotationDate: seconds(nextRotation(state)),
    LastChangedDate: seconds(state.changedAtMs),
    DeletedDate: seconds(state.deletedAtMs),
    CreatedDate: seconds(state.createdAtMs),
    Tags: [...state.tags].map(([Key, Value]) => ({ Key, Value })),
  };
}

function stagesById(state: SecretState): Record<string, readonly string[]> {
  const labelled = [...state.versions.values()].filter((version) => version.stages.length > 0);
  return Object.fromEntries(labelled.map((version) => [version.id, version.stages]));
}

function nextRotation({ rotation, createdAtMs }: SecretState): number | undefined {
  if (!rotation?.enabled) return undefined;
  const rate = /^rate\((\d+) (day|hour)s?\)$/.exec(rotation.rules.ScheduleExpression ?? "");
  const periodMs = rate
    ? Number(rate[1]) * (rate[2] === "hour" ? HOUR_MS : DAY_MS)
    : (rotation.rules.AutomaticallyAfterDays ?? 0) * DAY_MS;
  return periodMs === 0 ? undefined : (rotation.lastRotatedAtMs ?? createdAtMs) + periodMs;
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}
