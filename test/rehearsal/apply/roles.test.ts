import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import {
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildFunctions } from "../../../lambda/build.ts";
import { type DeployedRehearsal, deployRehearsal } from "../../../rehearsal/apply/deploy-rehearsal.ts";
import { type EmbeddedAws, startEmbeddedAws } from "../../../rehearsal/aws/embedded-aws.ts";
import type { Vendor } from "../../../rehearsal/vendor.ts";
import { awsIam } from "../../../rehearsal/vendors/aws-iam.ts";
import { twilioApiKey } from "../../../rehearsal/vendors/twilio-api-key.ts";
import { expectNoNeedlessStatement } from "./a-role.ts";
import { makeFolder } from "./a-synthesized-stack.ts";

const removals: (() => void)[] = [];

beforeAll(() => buildFunctions(), 60_000);
afterAll(() => {
  for (const remove of removals) remove();
});

/** The rehearsal's stack for a vendor at which dualkey makes the first key, too. */
async function deploy(vendor: Vendor, onTestFinished: (done: () => Promise<void>) => void) {
  const running = await vendor.start(1);
  onTestFinished(() => running.sandbox.close());
  const { identity, admin, sandbox } = running;
  const aws = await startEmbeddedAws({
    // One more chance than a slow machine needs: the stack's calls are given up after a second.
    rotationRetries: { firstDelayMs: 500, attempts: 8 },
    ...(identity === undefined ? {} : { identity }),
  });
  onTestFinished(() => aws.close());
  const outdir = makeFolder((remove) => removals.push(remove));
  const deployed = await deployRehearsal({
    aws,
    provider: vendor.id,
    gatewayUrl: sandbox.url,
    clockEveryMs: 500,
    outdir,
  });
  const secrets = new SecretsManagerClient(aws.clientConfig());
  const { provider } = deployed.policy;
  if ("adminSecret" in provider) {
    const SecretString = JSON.stringify(admin?.fields);
    await secrets.send(new PutSecretValueCommand({ SecretId: provider.adminSecret, SecretString }));
  }
  return { aws, deployed, secrets, sandbox };
}

async function rotate(aws: EmbeddedAws, secrets: SecretsManagerClient, SecretId: string): Promise<void> {
  const { VersionId } = await secrets.send(new RotateSecretCommand({ SecretId }));
  const ended = await aws.events.until(
    (event) =>
      (event.kind === "rotation-succeeded" || event.kind === "rotation-failed") &&
      event.versionId === VersionId,
  );
  expect(ended.kind).toBe("rotation-succeeded");
}

/** Where nobody can wait for what the vendor tells: an operator has the old key retired, and the clock does it. */
async function vouch(
  aws: EmbeddedAws,
  { responderName, secretName: secret }: DeployedRehearsal,
  { retireNow: reason }: Vendor,
): Promise<void> {
  if (reason === undefined) return;
  const Payload = JSON.stringify({ operation: "retire-now", secret, evenIfUsed: true, reason });
  const lambda = new LambdaClient(aws.clientConfig());
  const { FunctionError: failed } = await lambda.send(
    new InvokeCommand({ FunctionName: responderName, Payload }),
  );
  expect(failed).toBeUndefined();
}

describe("the rotator's role", () => {
  it.for<[string, Vendor]>([
    ["an IAM user's keys", awsIam],
    ["an admin credential", twilioApiKey],
  ])(
    "is enough for the whole life of a key, and no action of it is needless: %s",
    { timeout: 120_000 },
    async ([_, vendor], { onTestFinished }) => {
      const { aws, deployed, secrets, sandbox } = await deploy(vendor, onTestFinished);
      await rotate(aws, secrets, deployed.secretName);
      const first = aws.secrets.get(deployed.secretName)?.labelled("AWSCURRENT")?.id;
      await rotate(aws, secrets, deployed.secretName);
      await vouch(aws, deployed, vendor);
      // Its `live` comes off when it is proven dead.
      await aws.events.until(
        (event) =>
          event.kind === "label-moved" && event.label.startsWith("dualkey:live.") && event.from === first,
      );
      const ended = sandbox.truth.keys().filter(({ endedAtMs }) => endedAtMs !== undefined);
      expect(ended.length).toBeGreaterThan(0);
      expectNoNeedlessStatement(aws, deployed);
    },
  );
});
