import { z } from "zod";
import { type Kind, kindOf } from "../_deployment.ts";
import { parsePolicyDocument } from "../_iam.ts";
import { makeName } from "../_names.ts";

const Named = { name: z.string().optional(), name_prefix: z.string().optional() };

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
    datapoints_to_alarm: z.int().optional(),
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
};

const Nothing = z.strictObject({});

/** What Terraform asks AWS. */
export const DATA: Readonly<Record<string, Kind>> = {
  aws_caller_identity: kindOf(Nothing, (_, { aws }) => ({ account_id: aws.account, id: aws.account })),
  aws_partition: kindOf(Nothing, () => ({ partition: "aws", dns_suffix: "amazonaws.com", id: "aws" })),
  aws_region: kindOf(Nothing, (_, { aws }) => ({ id: aws.region, region: aws.region })),
};
