import { Token } from "cdktf";
import type { ManagedKey } from "./_function-statements.ts";
import type { ConsumerAccess } from "./consumer.ts";

/** All inline policies of one role together: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const IAM_LIMIT = 10_240;

/** What the statements take around the ARNs that they name, those included that are there for some keys only. */
const AROUND = 2_000;
const AROUND_CONSUMERS = 700;

/** What a name or an ARN has, about, that only Terraform knows. */
const UNKNOWN = 64;

/** A key, as far as the length of a role's policy depends on it. */
interface SizedKey {
  readonly secretName: string;
  readonly handInSecretName: string | undefined;
  readonly managed: ManagedKey;
}

/**
 * Says that there are too many keys for the rotator's policy. Each function has a role of its own; the rotator's has the
 * longer policy, for it may do all that the responder may, and ask itself.
 */
export function findTooMany(keys: readonly SizedKey[]): string[] {
  const length = keys.reduce((sum, key) => sum + lengthIn(key), AROUND) + lengthOfConsumers(keys);
  if (length <= IAM_LIMIT) return [];
  const message = `has ${keys.length} keys, whose ARNs take about ${length} characters in the rotator's policy. IAM takes ${IAM_LIMIT}. Divide the keys into two KeyRotations, each with a deployment of its own`;
  return [message];
}

/** How many characters a key takes in the rotator's policy, at about as much as the ARNs have that only Terraform knows. */
function lengthIn({ secretName, handInSecretName = "", managed }: SizedKey): number {
  const { kmsKeyArn, adminSecretArn, adminKmsKeyArn, user } = managed;
  const names = [secretName, handInSecretName, user?.name ?? ""].filter((name) => name !== "");
  const arns = [kmsKeyArn, adminSecretArn, adminKmsKeyArn].filter((arn) => arn !== undefined);
  return (
    names.reduce((sum, name) => sum + 75 + name.length, 0) +
    arns.reduce((sum, arn) => sum + (Token.isUnresolved(arn) ? 110 : arn.length + 5), 0)
  );
}

/** One service may read many keys, and is named once. */
function lengthOfConsumers(keys: readonly SizedKey[]): number {
  const consumers = keys.flatMap(({ managed }) => managed.consumers);
  const lengths = new Map(consumers.flatMap(lengthsOf));
  const isAny = lengths.size > 0 || consumers.some(({ reports }) => reports);
  return [...lengths.values()].reduce((sum, length) => sum + length, isAny ? AROUND_CONSUMERS : 0);
}

/** What tells a consumer's resources from others, and how many characters the ARN of each takes. */
function lengthsOf({ service, functionName, kmsKeyArn }: ConsumerAccess): [string, number][] {
  const { cluster = "", service: name = "" } = service ?? {};
  return [
    ...(service ? [[`ecs ${cluster} ${name}`, 62 + lengthOf(cluster) + lengthOf(name)] as const] : []),
    ...(functionName ? [[`lambda ${functionName}`, 63 + lengthOf(functionName)] as const] : []),
    ...(kmsKeyArn ? [[kmsKeyArn, 5 + lengthOf(kmsKeyArn)] as const] : []),
  ].map(([id, length]) => [id, length]);
}

function lengthOf(text: string): number {
  return Token.isUnresolved(text) ? UNKNOWN : text.length;
}
