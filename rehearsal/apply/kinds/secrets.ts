import { CreateSecretCommand, RotateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { PutParameterCommand } from "@aws-sdk/client-ssm";
import { z } from "zod";
import { type Kind, kindOf } from "../_deployment.ts";

const secret = kindOf(
  z.strictObject({
    name: z.string(),
    description: z.string().optional(),
    kms_key_id: z.string().optional(),
    recovery_window_in_days: z.int().optional(),
    tags: z.record(z.string(), z.string()).optional(),
  }),
  async ({ name, description, kms_key_id: KmsKeyId, tags = {} }, { secrets }) => {
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    const command = new CreateSecretCommand({ Name: name, Description: description, KmsKeyId, Tags });
    const { ARN = "" } = await secrets.send(command);
    return { arn: ARN, id: ARN };
  },
);

/** Without rotating at once, the service runs testSecret alone; a function that does not pass it will rotate nothing. */
const rotation = kindOf(
  z.strictObject({
    secret_id: z.string(),
    rotation_lambda_arn: z.string(),
    rotate_immediately: z.literal(false),
    rotation_rules: z.strictObject({
      automatically_after_days: z.int().optional(),
      duration: z.string().optional(),
      schedule_expression: z.string().optional(),
    }),
  }),
  async ({ secret_id: SecretId, rotation_lambda_arn, rotation_rules: rules }, { aws, secrets }) => {
    const RotationRules = {
      AutomaticallyAfterDays: rules.automatically_after_days,
      ScheduleExpression: rules.schedule_expression,
      Duration: rules.duration,
    };
    const first = aws.events.all.length;
    const settings = { SecretId, RotationLambdaARN: rotation_lambda_arn, RotationRules };
    await secrets.send(new RotateSecretCommand({ ...settings, RotateImmediately: false }));
    const name = aws.secrets.get(SecretId)?.name;
    const over = await aws.events.until(
      (event) =>
        (event.kind === "rotation-succeeded" || event.kind === "rotation-failed") &&
        event.secret === name &&
        aws.events.all.indexOf(event) >= first,
    );
    if (over.kind === "rotation-succeeded") return { id: SecretId, rotation_enabled: true };
    const failed = aws.events.all.slice(first).findLast((event) => event.kind === "step-failed");
    const reason = failed?.kind === "step-failed" ? failed.reason : "no reason was given";
    throw new Error(`the function did not pass testSecret (${reason}). Its log says why`);
  },
);

const parameter = kindOf(
  z.strictObject({
    name: z.string(),
    description: z.string().optional(),
    tier: z.enum(["Standard", "Advanced", "Intelligent-Tiering"]).optional(),
    type: z.literal("String"),
    value: z.string(),
  }),
  async ({ name, type, value }, { aws, parameters }) => {
    const { Version = 0 } = await parameters.send(
      new PutParameterCommand({ Name: name, Type: type, Value: value }),
    );
    const arn = `arn:aws:ssm:${aws.region}:${aws.account}:parameter${name.startsWith("/") ? "" : "/"}${name}`;
    return { arn, id: name, version: Version };
  },
);

/** Secrets Manager and Parameter Store. */
export const SECRETS: Readonly<Record<string, Kind>> = {
  aws_secretsmanager_secret: secret,
  aws_secretsmanager_secret_rotation: rotation,
  aws_ssm_parameter: parameter,
};
