import {
  CreateSecretCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import type { EmbeddedAws } from "../../rehearsal/aws/embedded-aws.ts";

/** A secret as a deployment of dualkey has it. */
export interface SecretSpec {
  readonly name: string;
  readonly value: string;
  readonly deployment?: string;
  /** Fields of the policy that differ; `none`: it has no policy. */
  readonly policy?: Readonly<Record<string, unknown>> | "none";
  /** The rotation function; without one, rotation is off. */
  readonly rotatorArn?: string;
}

/** Makes a secret with its tag, its policy, and its rotation, which is not started. */
export async function makeSecret(aws: EmbeddedAws, spec: SecretSpec): Promise<void> {
  const { name, value, deployment = "keys", policy = {}, rotatorArn } = spec;
  const secretsManager = new SecretsManagerClient(aws.clientConfig());
  const Tags = [{ Key: "dualkey:deployment", Value: deployment }];
  await secretsManager.send(new CreateSecretCommand({ Name: name, SecretString: value, Tags }));
  if (policy !== "none") await putPolicy(aws, `/dualkey/${deployment}/${name}`, { secret: name, ...policy });
  if (rotatorArn === undefined) return;
  await secretsManager.send(
    new RotateSecretCommand({
      SecretId: name,
      RotationLambdaARN: rotatorArn,
      RotationRules: { AutomaticallyAfterDays: 30 },
      RotateImmediately: false,
    }),
  );
  // The service tries the function alone when rotation is set up, and takes that version off again.
  await aws.events.until(
    (event) => /^rotation-(succeeded|failed)$/.test(event.kind) && "secret" in event && event.secret === name,
  );
}

async function putPolicy(
  aws: EmbeddedAws,
  parameter: string,
  fields: Readonly<Record<string, unknown>>,
): Promise<void> {
  const policy = {
    version: 1,
    environment: "production",
    provider: { id: "startmessaging" },
    minOverlapSeconds: 2,
    quietForSeconds: 1,
    maxOverlapSeconds: 60,
    atMaxOverlap: "hold",
    consumers: [{ kind: "self-refreshing", name: "login", cacheSeconds: 1 }],
    ...fields,
  };
  await new SSMClient(aws.clientConfig()).send(
    new PutParameterCommand({ Name: parameter, Value: JSON.stringify(policy), Type: "String" }),
  );
}
