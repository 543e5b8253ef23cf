import { randomBytes } from "node:crypto";
import { z } from "zod";
import { type Kind, kindOf } from "../_deployment.ts";
import { parsePolicyDocument } from "../_iam.ts";

const Named = { name: z.string().optional(), name_prefix: z.string().optional() };
const OnBucket = { bucket: z.string() };

const role = kindOf(
  z.strictObject({ ...Named, description: z.string().optional(), assume_role_policy: z.string() }),
  ({ name: given, name_prefix }, { aws, roles }) => {
    const name = given ?? makeName(name_prefix);
    roles.set(name, []);
    return { name, id: name, arn: `arn:aws:iam::${aws.account}:role/${name}` };
  },
);

const rolePolicy = kindOf(
  z.strictObject({ ...Named, role: z.string(), policy: z.string() }),
  (args, { roles }) => {
    const statements = roles.get(args.role);
    if (!statements) throw new Error(`there is no role ${args.role} in this stack. Refer to an aws_iam_role`);
    const name = args.name ?? makeName(args.name_prefix);
    statements.push(...parsePolicyDocument(args.policy, `policy ${name} of role ${args.role}`));
    return { name, id: `${args.role}:${name}` };
  },
);

const logGroup = kindOf(
  z.strictObject({ name: z.string(), retention_in_days: z.int().optional() }),
  ({ name }, { aws }) => ({ id: name, arn: `arn:aws:logs:${aws.region}:${aws.account}:log-group:${name}` }),
);

const bucket = kindOf(z.strictObject({ bucket_prefix: z.string() }), ({ bucket_prefix }) => {
  const name = makeName(bucket_prefix);
  return { bucket: name, id: name, arn: `arn:aws:s3:::${name}` };
});

const bucketPrivacy = kindOf(
  z.strictObject({
    ...OnBucket,
    block_public_acls: z.boolean(),
    block_public_policy: z.boolean(),
    ignore_public_acls: z.boolean(),
    restrict_public_buckets: z.boolean(),
  }),
  (args) => ({ id: args.bucket }),
);

const bucketEncryption = kindOf(
  z.strictObject({
    ...OnBucket,
    rule: z.array(
      z.strictObject({
        apply_server_side_encryption_by_default: z.strictObject({ sse_algorithm: z.string() }),
      }),
    ),
  }),
  (args) => ({ id: args.bucket }),
);

const bucketVersioning = kindOf(
  z.strictObject({ ...OnBucket, versioning_configuration: z.strictObject({ status: z.string() }) }),
  (args) => ({ id: args.bucket }),
);

const MetricQuery = z.strictObject({
  id: z.string(),
  expression: z.string().optional(),
  label: z.string().optional(),
  return_data: z.boolean(),
  metric: z.record(z.string(), z.unknown()).optional(),
});

const alarm = kindOf(
  z.strictObject({
    alarm_name: z.string(),
    alarm_description: z.string().optional(),
    alarm_actions: z.array(z.string()).optional(),
    ok_actions: z.array(z.string()).optional(),
    comparison_operator: z.string(),
    threshold: z.number(),
    evaluation_periods: z.int(),
    treat_missing_data: z.string().optional(),
    namespace: z.string().optional(),
    metric_name: z.string().optional(),
    dimensions: z.record(z.string(), z.string()).optional(),
    statistic: z.string().optional(),
    period: z.int().optional(),
    metric_query: z.array(MetricQuery).optional(),
  }),
  ({ alarm_name: name }, { aws }) => ({
    id: name,
    arn: `arn:aws:cloudwatch:${aws.region}:${aws.account}:alarm:${name}`,
  }),
);

/** What nothing here acts on: it is checked, and known to those who refer to it. */
export const PASSIVE: Readonly<Record<string, Kind>> = {
  aws_cloudwatch_log_group: logGroup,
  aws_cloudwatch_metric_alarm: alarm,
  aws_iam_role: role,
  aws_iam_role_policy: rolePolicy,
  aws_s3_bucket: bucket,
  aws_s3_bucket_public_access_block: bucketPrivacy,
  aws_s3_bucket_server_side_encryption_configuration: bucketEncryption,
  aws_s3_bucket_versioning: bucketVersioning,
};

const Nothing = z.strictObject({});

/** What Terraform asks AWS. */
export const DATA: Readonly<Record<string, Kind>> = {
  aws_caller_identity: kindOf(Nothing, (_, { aws }) => ({ account_id: aws.account, id: aws.account })),
  aws_partition: kindOf(Nothing, () => ({ partition: "aws", dns_suffix: "amazonaws.com", id: "aws" })),
  aws_region: kindOf(Nothing, (_, { aws }) => ({ id: aws.region, region: aws.region })),
};

/** As Terraform makes a name from a prefix: it is unique. */
function makeName(prefix = "terraform-"): string {
  return `${prefix}${randomBytes(8).toString("hex")}`;
}
