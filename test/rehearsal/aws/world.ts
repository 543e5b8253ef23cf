import { LambdaClient } from "@aws-sdk/client-lambda";
import {
  CreateSecretCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { SSMClient } from "@aws-sdk/client-ssm";
import { onTestFinished } from "vitest";
import {
  type EmbeddedAws,
  type EmbeddedAwsOptions,
  startEmbeddedAws,
} from "../../../rehearsal/aws/embedded-aws.ts";
import { ManualTime } from "./manual-time.ts";

/** An embedded AWS for one test, with SDK clients that do not repeat what fails. */
export interface World {
  readonly aws: EmbeddedAws;
  readonly time: ManualTime;
  readonly secrets: SecretsManagerClient;
  readonly parameters: SSMClient;
  readonly lambda: LambdaClient;
}

export async function startWorld(options: EmbeddedAwsOptions = {}): Promise<World> {
  const time = new ManualTime();
  const aws = await startEmbeddedAws({ time, ...options });
  const config = { ...aws.clientConfig(), maxAttempts: 1 };
  const clients = {
    secrets: new SecretsManagerClient(config),
    parameters: new SSMClient(config),
    lambda: new LambdaClient(config),
  };
  onTestFinished(async () => {
    for (const client of Object.values(clients)) client.destroy();
    await aws.close();
  });
  return { aws, time, ...clients };
}

/** A token whose end tells versions apart. */
export function token(end: string): string {
  return `00000000-0000-4000-8000-${end.padStart(12, "0")}`;
}

/** Makes the secret "otp" with a first version under `token("1")`. */
export async function createOtp(world: World): Promise<string> {
  const made = await world.secrets.send(
    new CreateSecretCommand({ Name: "otp", SecretString: "first", ClientRequestToken: token("1") }),
  );
  return made.ARN ?? "";
}

/** Puts a value into "otp". */
export function put(world: World, end: string, value: string, labels?: string[]) {
  return world.secrets.send(
    new PutSecretValueCommand({
      SecretId: "otp",
      ClientRequestToken: token(end),
      SecretString: value,
      VersionStages: labels,
    }),
  );
}

/** The labels of "otp" by the end of the version's token, sorted. */
export async function labelsOf(world: World): Promise<Record<string, string[]>> {
  const listed = await world.secrets.send(
    new ListSecretVersionIdsCommand({ SecretId: "otp", IncludeDeprecated: true }),
  );
  return Object.fromEntries(
    (listed.Versions ?? []).map((version) => [
      version.VersionId?.replace(/^.*-0*/, ""),
      [...(version.VersionStages ?? [])].sort(),
    ]),
  );
}
