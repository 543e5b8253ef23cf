import {
  CreateSecretCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { onTestFinished } from "vitest";
import type { PolicyInput } from "../../contract/policy.ts";
import { type EmbeddedAws, startEmbeddedAws } from "../../rehearsal/aws/embedded-aws.ts";

export const SECRET = "prod/otp/msg91";
export const HAND_IN = `${SECRET}/hand-in`;
/** What must be nowhere but in the hand-in secret. */
export const KEY = "recognisable-key-material-4711";

/** What differs from the usual account. */
export interface AccountOptions {
  readonly policy?: Partial<PolicyInput> | "none";
  readonly isTagged?: boolean;
  readonly isRotated?: boolean;
}

/** An account in which the constructs have deployed one key, with a rotation function that does nothing. */
export async function anAccount(options: AccountOptions = {}) {
  const aws = await startEmbeddedAws();
  onTestFinished(() => aws.close());
  const secrets = new SecretsManagerClient(aws.clientConfig());
  const Tags = [{ Key: "dualkey:deployment", Value: "production" }];
  await secrets.send(
    new CreateSecretCommand({ Name: SECRET, ...(options.isTagged === false ? {} : { Tags }) }),
  );
  await secrets.send(
    new CreateSecretCommand({ Name: HAND_IN, Tags: [{ Key: "dualkey:hand-in", Value: "production" }] }),
  );
  if (options.isRotated !== false) await turnRotationOn(aws, secrets);
  if (options.policy !== "none") await putPolicy(aws, { ...POLICY, ...options.policy } as PolicyInput);
  const handedIn = () => aws.secrets.get(HAND_IN)?.labelled("AWSCURRENT")?.value;
  const rotations = () =>
    aws.events.all.filter((event) => event.kind === "rotation-started" && !event.testOnly).length;
  return { aws, secrets, handedIn, rotations };
}

async function turnRotationOn(aws: EmbeddedAws, secrets: SecretsManagerClient): Promise<void> {
  const { arn } = aws.createFunction({
    name: "dualkey-production-rotator",
    code: { inline: () => undefined },
  });
  const settings = { SecretId: SECRET, RotationLambdaARN: arn, RotateImmediately: false };
  await secrets.send(new RotateSecretCommand({ ...settings, RotationRules: { AutomaticallyAfterDays: 83 } }));
  await aws.events.until(({ kind }) => kind === "rotation-succeeded" || kind === "rotation-failed");
}

async function putPolicy(aws: EmbeddedAws, policy: PolicyInput): Promise<void> {
  const parameters = new SSMClient(aws.clientConfig());
  const Name = `/dualkey/production/${SECRET}`;
  await parameters.send(new PutParameterCommand({ Name, Type: "String", Value: JSON.stringify(policy) }));
}

const POLICY: PolicyInput = {
  version: 1,
  secret: SECRET,
  environment: "production",
  provider: { id: "hand-in", vendor: "msg91" },
  handIn: HAND_IN,
  minOverlapSeconds: 600,
  quietForSeconds: 300,
  maxOverlapSeconds: 86_400,
  atMaxOverlap: "hold",
  consumers: [{ kind: "self-refreshing", name: "login", cacheSeconds: 300 }],
};
