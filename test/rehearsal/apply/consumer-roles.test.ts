import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import {
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { SecretsmanagerSecret } from "@cdktf/provider-aws/lib/secretsmanager-secret/index.js";
import { App, TerraformStack } from "cdktf";
import { afterAll, beforeAll, expect, it } from "vitest";
import { formatReport } from "../../../client/report-line.ts";
import { Consumer, KeyProvider, KeyRotation } from "../../../constructs/index.ts";
import { parsePolicy } from "../../../contract/policy.ts";
import { buildFunctions } from "../../../lambda/build.ts";
import { applyStack } from "../../../rehearsal/apply/apply.ts";
import { type EmbeddedAws, startEmbeddedAws } from "../../../rehearsal/aws/embedded-aws.ts";
import type { AwsEvent } from "../../../rehearsal/aws/journal.ts";
import { twilioApiKey } from "../../../rehearsal/vendors/twilio-api-key.ts";
import { expectNoNeedlessStatement } from "./a-role.ts";
import { makeFolder } from "./a-synthesized-stack.ts";

const NAME = "prod/otp";
const removals: (() => void)[] = [];

beforeAll(() => buildFunctions(), 60_000);
afterAll(() => {
  for (const remove of removals) remove();
});

/** A key with consumers of every kind that can be observed: the canary reports, the others are started anew. */
function synthesize(gatewayUrl: string): string {
  const app = new App({ outdir: makeFolder((remove) => removals.push(remove)) });
  const stack = new TerraformStack(app, "consumers");
  new AwsProvider(stack, "aws", { region: "us-east-1" });
  const rotation = new KeyRotation(stack, "keys", {
    environment: "production",
    providerUrls: { twilioApi: gatewayUrl, twilioIam: gatewayUrl },
    unsafeTiming: {
      timeoutSeconds: 5,
      marginSeconds: 3,
      callSeconds: 1,
      listLagSeconds: 1,
      reportLagSeconds: 1,
    },
  });
  const admin = new SecretsmanagerSecret(stack, "admin", { name: "vendors/twilio" });
  rotation.addKey("otp", {
    secretName: NAME,
    provider: KeyProvider.twilioApiKey({ adminSecretArn: admin.arn }),
    consumers: [
      Consumer.selfRefreshing({ name: "login", cacheSeconds: 1, staleSeconds: 0, reports: true }),
      Consumer.ecsService({ name: "web", cluster: "web", service: "otp" }),
      Consumer.lambdaFunction({ name: "billing", functionName: "billing" }),
    ],
    minOverlapSeconds: 3,
    quietForSeconds: 1,
    maxOverlapSeconds: 8,
    atMaxOverlap: "revoke",
    recoveryWindowDays: 0,
  });
  app.synth();
  return `${app.outdir}/stacks/consumers`;
}

async function rotate(aws: EmbeddedAws, secrets: SecretsManagerClient): Promise<string> {
  const { VersionId = "" } = await secrets.send(new RotateSecretCommand({ SecretId: NAME }));
  const ended = await aws.events.until(
    (event) =>
      (event.kind === "rotation-succeeded" || event.kind === "rotation-failed") &&
      event.versionId === VersionId,
  );
  expect(ended.kind).toBe("rotation-succeeded");
  return VersionId;
}

/** Has an operator ask again and again for what the clock would do, until that is done. */
async function askUntil(isDone: () => boolean, aws: EmbeddedAws): Promise<void> {
  const lambda = new LambdaClient(aws.clientConfig());
  const Payload = JSON.stringify({ operation: "reconcile", secret: NAME, reason: "the clock stands still" });
  while (!isDone()) {
    const ask = new InvokeCommand({ FunctionName: "dualkey-production-responder", Payload });
    const { FunctionError: failed } = await lambda.send(ask);
    expect(failed).toBeUndefined();
  }
}

/** A rotation, and the whole retirement of the key before, by the clock or by an operator. */
async function retireOne(aws: EmbeddedAws, by: "rotate" | "respond", admin: object): Promise<void> {
  const secrets = new SecretsManagerClient(aws.clientConfig());
  const SecretString = JSON.stringify(admin);
  await secrets.send(new PutSecretValueCommand({ SecretId: "vendors/twilio", SecretString }));
  const first = await rotate(aws, secrets);
  const second = await rotate(aws, secrets);
  const sent = { secret: NAME, consumer: "login", version: second, sends: 5, rejections: 0 };
  aws.consumers.metrics.putEmf(formatReport({ ...sent, atMs: Date.now() }));
  const isDead = (event: AwsEvent) =>
    event.kind === "label-moved" && event.label.startsWith("dualkey:live.") && event.from === first;
  if (by === "respond") await askUntil(() => aws.events.all.some(isDead), aws);
  else await aws.events.until(isDead);
}

it.for([
  ["rotator", "rotate", 500],
  ["responder", "respond", 3_600_000],
] as const)(
  "the role of the %s is enough to start consumers anew, to see them, to read reports and to announce, and no more than that",
  { timeout: 120_000 },
  async ([_, role, clockEveryMs], { onTestFinished }) => {
    const { sandbox, admin } = await twilioApiKey.start(1);
    onTestFinished(() => sandbox.close());
    const aws = await startEmbeddedAws({ rotationRetries: { firstDelayMs: 500, attempts: 8 } });
    onTestFinished(() => aws.close());
    aws.consumers.ecs.create({ cluster: "web", service: "otp", stableAfterMs: 200 });
    aws.consumers.functions.create({ name: "billing", timeoutSeconds: 1, updateMs: 200 });
    const resources = await applyStack({ aws, folder: synthesize(sandbox.url), clockEveryMs });
    await retireOne(aws, role, admin?.fields ?? {});

    expect(aws.consumers.ecs.deploymentsOf("otp")).toHaveLength(2);
    expect(aws.consumers.functions.environmentOf("billing")).toHaveProperty("DUALKEY_ROLLED_AT");
    const announced = aws.consumers.bus.all.map((event) => event["detail-type"]);
    expect(new Set(announced)).toEqual(new Set(["KeyPromoted", "KeyRetired"]));
    const text = resources.find(({ type }) => type === "aws_ssm_parameter")?.attributes.value;
    expectNoNeedlessStatement(aws, { resources, policy: parsePolicy(String(text), "policy") }, role);
  },
);
