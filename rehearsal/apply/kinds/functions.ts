import { statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { type Deployment, type Kind, kindOf } from "../_deployment.ts";
import { allows } from "../_iam.ts";
import { unzip } from "../_unzip.ts";

const lambdaFunction = kindOf(
  z.strictObject({
    function_name: z.string(),
    description: z.string().optional(),
    role: z.string(),
    // What the embedded Lambda runs: the Node that it runs on itself, on whatever processor there is.
    runtime: z.literal("nodejs24.x"),
    architectures: z.tuple([z.enum(["arm64", "x86_64"])]).optional(),
    handler: z.string(),
    filename: z.string(),
    source_code_hash: z.string().optional(),
    timeout: z.int(),
    memory_size: z.int().optional(),
    reserved_concurrent_executions: z.int().optional(),
    environment: z.strictObject({ variables: z.record(z.string(), z.string()) }).optional(),
    logging_config: z.strictObject({ log_format: z.string(), log_group: z.string() }).optional(),
  }),
  (args, deployment) => {
    const { function_name: name, reserved_concurrent_executions: reservedConcurrency } = args;
    const role = args.role.split("/").at(-1) ?? "";
    if (!deployment.roles.has(role)) {
      throw new Error(`there is no role ${args.role} in this stack. Refer to an aws_iam_role`);
    }
    const { arn } = deployment.aws.createFunction({
      name,
      code: { bundle: unpack(deployment, { name, filename: args.filename }) },
      handler: args.handler,
      timeoutSeconds: args.timeout,
      environment: args.environment?.variables ?? {},
      ...(args.memory_size === undefined ? {} : { memoryMb: args.memory_size }),
      ...(reservedConcurrency === undefined ? {} : { reservedConcurrency }),
      // Lambda's own defaults, until an event invoke config says otherwise.
      maximumEventAgeSeconds: 21_600,
      maximumRetryAttempts: 2,
      invokedBy: "permitted",
      // Looked up at each call: the role's policies may come after the function.
      roleAllows: (call) => allows(deployment.roles.get(role) ?? [], call),
    });
    return { arn, id: name };
  },
);

const eventInvokeConfig = kindOf(
  z.strictObject({
    function_name: z.string(),
    maximum_event_age_in_seconds: z.int().min(60).max(21_600),
    maximum_retry_attempts: z.int().min(0).max(2),
  }),
  (args, { aws }) => {
    aws.configureEvents(args.function_name, {
      maximumEventAgeSeconds: args.maximum_event_age_in_seconds,
      maximumRetryAttempts: args.maximum_retry_attempts,
    });
    return { id: args.function_name };
  },
);

/** Source account and ARN are not optional here: without them, anybody's resource could have the service call. */
const permission = kindOf(
  z.strictObject({
    action: z.literal("lambda:InvokeFunction"),
    function_name: z.string(),
    principal: z.string(),
    source_account: z.string(),
    source_arn: z.string(),
  }),
  (args, { aws }) => {
    aws.permitInvocation(args.function_name, {
      principal: args.principal,
      sourceAccount: args.source_account,
      sourceArn: args.source_arn,
    });
    return { id: `${args.function_name}/${args.principal}` };
  },
);

/** Lambda. */
export const FUNCTIONS: Readonly<Record<string, Kind>> = {
  aws_lambda_function: lambdaFunction,
  aws_lambda_function_event_invoke_config: eventInvokeConfig,
  aws_lambda_permission: permission,
};

/** The code is what lies in the stack's assets, and not what it was made from. */
function unpack(
  { folder }: Deployment,
  { name, filename }: { readonly name: string; readonly filename: string },
): string {
  const asset = join(folder, filename);
  if (statSync(asset).isDirectory()) return asset;
  const into = join(folder, "unpacked", name);
  unzip(asset, into);
  return into;
}
