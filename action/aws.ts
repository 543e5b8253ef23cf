import type { LambdaClient } from "@aws-sdk/client-lambda";
import {
  DescribeSecretCommand,
  type DescribeSecretResponse,
  ListSecretsCommand,
  RotateSecretCommand,
  type SecretListEntry,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { GetParametersByPathCommand, type SSMClient } from "@aws-sdk/client-ssm";
import type { ResponderAnswer } from "../contract/responder-answer.ts";
import type { DescribedSecret } from "../contract/status.ts";
import { type Call, failureOf, missingCredentials } from "./failure.ts";
import { type Asking, askResponder } from "./responder.ts";

/** The tag that says which deployment a secret belongs to. */
const DEPLOYMENT_TAG = "dualkey:deployment";

/** All that this Action asks of AWS. None of it reads a value: CI never holds a key. */
export interface Aws {
  /** @throws AwsCallError where there are none */
  checkCredentials(): Promise<void>;
  describe(secret: string): Promise<DescribedSecret>;
  /** Starts a rotation. Repeatable with the same token. */
  rotate(secretArn: string, token: string): Promise<void>;
  /** Asks a deployment's responder. Repeatable: asked twice, it is done once. @throws NotAnsweredError, too */
  ask(asking: Asking): Promise<ResponderAnswer>;
  /** All secrets of dualkey, or of one deployment; the listing may be minutes late. */
  list(deployment: string | undefined): Promise<readonly DescribedSecret[]>;
  /** The texts of a deployment's policies, by the secret's name. */
  policies(deployment: string): Promise<ReadonlyMap<string, string>>;
}

interface Clients {
  readonly secretsManager: SecretsManagerClient;
  readonly ssm: SSMClient;
  readonly lambda: LambdaClient;
  readonly region: string;
}

/** Connects to AWS. Every failure is an AwsCallError where nothing else is said. */
export function createAws(clients: Clients): Aws {
  return {
    // The chain of the SDK, so that a runner with a role of its own (an instance, a container) works, too.
    checkCredentials: async () => {
      await clients.secretsManager.config.credentials().catch((error: unknown) => {
        throw missingCredentials(error);
      });
    },
    describe: (secret) => describe(clients, secret),
    rotate: (secretArn, token) => rotate(clients, secretArn, token),
    ask: (asking) => askResponder(clients, asking),
    list: (deployment) => list(clients, deployment),
    policies: (deployment) => readPolicies(clients, deployment),
  };
}

async function describe({ secretsManager, region }: Clients, secret: string): Promise<DescribedSecret> {
  const call: Call = { operation: "DescribeSecret", subject: secret, region };
  const found = await sending(call, () =>
    secretsManager.send(new DescribeSecretCommand({ SecretId: secret })),
  );
  return toDescribed(found, found.VersionIdsToStages);
}

async function rotate({ secretsManager, region }: Clients, secretArn: string, token: string): Promise<void> {
  const call: Call = { operation: "RotateSecret", subject: secretArn, region };
  const command = new RotateSecretCommand({ SecretId: secretArn, ClientRequestToken: token });
  await sending(call, () => secretsManager.send(command));
}

async function list(
  { secretsManager, region }: Clients,
  deployment: string | undefined,
): Promise<readonly DescribedSecret[]> {
  const subject = deployment === undefined ? "all deployments" : `deployment ${deployment}`;
  const Filters = [
    { Key: "tag-key" as const, Values: [DEPLOYMENT_TAG] },
    ...(deployment === undefined ? [] : [{ Key: "tag-value" as const, Values: [deployment] }]),
  ];
  const found: DescribedSecret[] = [];
  let token: string | undefined;
  do {
    const page = new ListSecretsCommand({
      MaxResults: 100,
      NextToken: token,
      Filters,
      IncludePlannedDeletion: true,
    });
    const listed = await sending({ operation: "ListSecrets", subject, region }, () =>
      secretsManager.send(page),
    );
    for (const entry of listed.SecretList ?? []) {
      const secret = toDescribed(entry, entry.SecretVersionsToStages);
      // The service's filters match prefixes, and a key and a value of two different tags: the exact test is ours.
      const isAsked = deployment === undefined || secret.deployment === deployment;
      if (secret.deployment !== undefined && isAsked) found.push(secret);
    }
    token = listed.NextToken;
  } while (token !== undefined);
  return found;
}

async function readPolicies(
  { ssm, region }: Clients,
  deployment: string,
): Promise<ReadonlyMap<string, string>> {
  // IAM compares the path as it is sent: without a slash at the end, as a policy has it.
  const path = `/dualkey/${deployment}`;
  const call: Call = { operation: "GetParametersByPath", subject: path, region };
  const texts = new Map<string, string>();
  let token: string | undefined;
  do {
    const page = new GetParametersByPathCommand({ Path: path, Recursive: true, NextToken: token });
    const listed = await sending(call, () => ssm.send(page));
    for (const { Name: name = "", Value: text = "" } of listed.Parameters ?? []) {
      texts.set(name.slice(path.length + 1), text);
    }
    token = listed.NextToken;
  } while (token !== undefined);
  return texts;
}

async function sending<T>(call: Call, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw failureOf(error, call);
  }
}

/** The two answers differ in the name of one field. */
function toDescribed(
  entry: DescribeSecretResponse | SecretListEntry,
  stages: Readonly<Record<string, readonly string[]>> = {},
): DescribedSecret {
  const deployment = entry.Tags?.find(({ Key: key }) => key === DEPLOYMENT_TAG)?.Value;
  return {
    arn: entry.ARN ?? "",
    name: entry.Name ?? "",
    ...(deployment === undefined ? {} : { deployment }),
    isDeleted: entry.DeletedDate !== undefined,
    rotationEnabled: entry.RotationEnabled ?? false,
    ...(entry.RotationLambdaARN === undefined ? {} : { rotatorArn: entry.RotationLambdaARN }),
    versions: Object.entries(stages).map(([id, stages]) => ({ id, stages })),
    ...(entry.LastChangedDate === undefined ? {} : { changedAtMs: entry.LastChangedDate.getTime() }),
    ...(entry.NextRotationDate === undefined ? {} : { nextRotationAtMs: entry.NextRotationDate.getTime() }),
  };
}
