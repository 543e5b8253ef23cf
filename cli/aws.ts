import {
  DescribeSecretCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { DEPLOYMENT_TAG, HAND_IN_TAG } from "../contract/names.ts";
import type { Sensitive } from "../contract/sensitive.ts";
import { type Call, CommandError, failureOf, isNamed } from "./failure.ts";

/** A key's secret, as far as a hand-in needs to know it. */
export interface KeySecret {
  readonly arn: string;
  readonly name: string;
  /** The value of its tag `dualkey:deployment`. */
  readonly deployment: string | undefined;
  /** It is a hand-in secret itself. */
  readonly isHandIn: boolean;
  readonly isDeleted: boolean;
  readonly rotationEnabled: boolean;
  /** Whether a version is current. */
  readonly hasKey: boolean;
  /** Whether a rotation is under way, or stuck. */
  readonly isRotating: boolean;
}

/** All that the commands ask of AWS. None of it reads a value. */
export interface Aws {
  readonly region: string;
  describe(secret: string): Promise<KeySecret>;
  /** The text of a parameter; undefined where there is none. */
  parameter(name: string): Promise<string | undefined>;
  /** Puts a value into a secret. */
  put(secretName: string, value: Sensitive): Promise<void>;
  /** Starts a rotation. */
  rotate(secret: Pick<KeySecret, "arn" | "name">): Promise<void>;
  close(): void;
}

const CALLING = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 5_000, requestTimeout: 15_000, throwOnRequestTimeout: true },
};

/**
 * Connects to AWS with the credentials and the region that the AWS CLI would take.
 *
 * @throws CommandError where there is no region
 */
export async function connect(region: string | undefined): Promise<Aws> {
  const settings = { ...CALLING, ...(region === undefined ? {} : { region }) };
  const secrets = new SecretsManagerClient(settings);
  const parameters = new SSMClient(settings);
  const known = await secrets.config.region().catch(() => {
    throw new CommandError("no region is set. Give --region, or set AWS_REGION", { exitCode: 2 });
  });
  const about = (operation: Call["operation"], subject: string): Call => ({
    operation,
    subject,
    region: known,
  });
  return {
    region: known,
    describe: (secret) => describe(secrets, secret, known),
    parameter: (name) => readParameter(parameters, about("GetParameter", name)),
    put: async (secretName, value) => {
      const command = new PutSecretValueCommand({ SecretId: secretName, SecretString: value.reveal() });
      await sending(about("PutSecretValue", secretName), () => secrets.send(command));
    },
    rotate: async ({ arn, name }) => {
      const command = new RotateSecretCommand({ SecretId: arn });
      await sending(about("RotateSecret", name), () => secrets.send(command));
    },
    close: () => {
      secrets.destroy();
      parameters.destroy();
    },
  };
}

async function describe(client: SecretsManagerClient, secret: string, region: string): Promise<KeySecret> {
  const command = new DescribeSecretCommand({ SecretId: secret });
  try {
    const found = await client.send(command);
    const tagged = (key: string) => found.Tags?.find((tag) => tag.Key === key)?.Value;
    const stages = Object.values(found.VersionIdsToStages ?? {});
    return {
      arn: found.ARN ?? secret,
      name: found.Name ?? secret,
      deployment: tagged(DEPLOYMENT_TAG),
      isHandIn: tagged(HAND_IN_TAG) !== undefined,
      isDeleted: found.DeletedDate !== undefined,
      rotationEnabled: found.RotationEnabled ?? false,
      hasKey: stages.some((labels) => labels.includes("AWSCURRENT")),
      isRotating: stages.some((labels) => labels.includes("AWSPENDING") && !labels.includes("AWSCURRENT")),
    };
  } catch (error) {
    if (!isNamed(error, "ResourceNotFoundException"))
      throw failureOf(error, { operation: "DescribeSecret", subject: secret, region });
    // What was typed is not repeated: it may be the key.
    throw new CommandError(
      `the argument names no secret of this account in ${region}. Give the name of the key's secret, as it stands in its RotatedKey; never the key itself`,
      { exitCode: 2 },
    );
  }
}

async function readParameter(client: SSMClient, call: Call): Promise<string | undefined> {
  try {
    const found = await client.send(new GetParameterCommand({ Name: call.subject }));
    return found.Parameter?.Value;
  } catch (error) {
    if (isNamed(error, "ParameterNotFound")) return undefined;
    throw failureOf(error, call);
  }
}

async function sending<T>(call: Call, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw failureOf(error, call);
  }
}
