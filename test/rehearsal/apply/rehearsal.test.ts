import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import {
  DescribeSecretCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Consumer } from "../../../constructs/index.ts";
import { buildFunctions } from "../../../lambda/build.ts";
import { allows } from "../../../rehearsal/apply/_iam.ts";
import { type DeployedRehearsal, deployRehearsal } from "../../../rehearsal/apply/deploy-rehearsal.ts";
import { type EmbeddedAws, startEmbeddedAws } from "../../../rehearsal/aws/embedded-aws.ts";
import { type StartMessagingSandbox, startStartMessagingSandbox } from "../../../sandbox/startmessaging.ts";
import { callsOfFunctions, expectNoNeedlessStatement, statementsOf } from "./a-role.ts";
import { firstOf, makeFolder, readStackJson, type StackJson } from "./a-synthesized-stack.ts";

/** The rehearsal's stack, deployed as `npm start` does it, and one rotation on it. */
let aws: EmbeddedAws;
let gateway: StartMessagingSandbox;
let deployed: DeployedRehearsal;
let stack: StackJson;
let firstKey: { readonly id: string; readonly apiKey: string };
let deployment: readonly string[];
const removals: (() => void)[] = [];

beforeAll(async () => {
  await buildFunctions();
  gateway = await startStartMessagingSandbox();
  firstKey = gateway.createKey(gateway.createAccount());
  aws = await startEmbeddedAws();
  const outdir = makeFolder((remove) => removals.push(remove));
  // One plain consumer: what rolled and reporting ones need of the roles is a test of its own.
  const changed = {
    consumers: [Consumer.selfRefreshing({ name: "login", cacheSeconds: 3, staleSeconds: 0 })],
  };
  deployed = await deployRehearsal({ aws, gatewayUrl: gateway.url, clockEveryMs: 500, changed, outdir });
  stack = readStackJson(`${outdir}/stacks/rehearsal`);
  deployment = aws.events.all.map(({ kind }) => kind);

  const secrets = new SecretsManagerClient(aws.clientConfig());
  const SecretString = JSON.stringify({ apiKey: firstKey.apiKey });
  await secrets.send(new PutSecretValueCommand({ SecretId: deployed.policy.handIn, SecretString }));
  await rotate(secrets); // takes the first key over
  await rotate(secrets);
  // The sweep of the clock, and what it asks the rotator for.
  await aws.events.until(
    (event) =>
      event.kind === "call" && event.operation === "Invoke" && event.caller?.invocationId !== undefined,
  );
}, 60_000);

async function rotate(secrets: SecretsManagerClient): Promise<void> {
  const { VersionId } = await secrets.send(new RotateSecretCommand({ SecretId: deployed.secretName }));
  const ended = await aws.events.until(
    (event) =>
      (event.kind === "rotation-succeeded" || event.kind === "rotation-failed") &&
      event.versionId === VersionId,
  );
  expect(ended.kind).toBe("rotation-succeeded");
}

afterAll(async () => {
  await aws?.close();
  await gateway?.close();
  for (const remove of removals) remove();
});

describe("the rehearsal's stack, applied", () => {
  it("puts no value into the secret, and does not rotate on deploy", () => {
    expect(deployment).toContain("secret-created");
    expect(deployment).not.toContain("value-put");
    const tests = aws.events.all.filter((event) => event.kind === "rotation-started" && event.testOnly);
    expect(tests).toHaveLength(1);
  });

  it("makes a resource only after all that it refers to", () => {
    const order = deployed.resources.map(({ type }) => type);
    expect(order.indexOf("aws_iam_role")).toBeLessThan(order.indexOf("aws_lambda_function"));
    expect(order.at(-1)).toBe("aws_secretsmanager_secret_rotation");
  });

  it("takes the first key from the hand-in once, and rotates it: a new one is current, and the first one works on", async () => {
    const secret = aws.secrets.get(deployed.secretName);
    const current = JSON.parse(secret?.labelled("AWSCURRENT")?.value ?? "{}") as { apiKey: string };
    expect(current.apiKey).not.toBe(firstKey.apiKey);
    const handedIn = aws.secrets.get(deployed.policy.handIn ?? "");
    expect(handedIn?.labelled("dualkey:taken")?.value).toContain(firstKey.apiKey);
    for (const apiKey of [current.apiKey, firstKey.apiKey]) {
      const answer = await fetch(`${gateway.url}/api-keys`, { headers: { "x-api-key": apiKey } });
      expect(answer.status).toBe(200);
    }
  });

  it("tells both functions the bucket of records, which is there", async () => {
    const [bucket] = deployed.resources.filter(({ type }) => type === "aws_s3_bucket");
    const name = String(bucket?.attributes.bucket);
    const told = deployed.resources.flatMap(({ type, attributes }) =>
      type === "aws_lambda_function" ? [JSON.stringify(attributes.environment)] : [],
    );
    expect(told).toHaveLength(2);
    for (const environment of told) expect(environment).toContain(`"DUALKEY_RECORDS_BUCKET":"${name}"`);
    const s3 = new S3Client(aws.clientConfig());
    await s3.send(new PutObjectCommand({ Bucket: name, Key: "seen", Body: "x" }));
    expect(aws.buckets.objectsIn(name).get("seen")).toBe("x");
    s3.destroy();
  });

  it("allows the rotator every call that it made, and nothing that no call needs", () => {
    expectNoNeedlessStatement(aws, deployed);
    const statements = statementsOf(deployed, "rotate");
    const elsewhere = `${deployed.secretArn.slice(0, -6)}others`;
    expect(allows(statements, { action: "secretsmanager:GetSecretValue", resource: elsewhere })).toBe(false);
  });
});

describe("nothing drifts", () => {
  it("as the stack manages nothing that the functions write", () => {
    const written = new Set(
      callsOfFunctions(aws)
        .map(({ operation }) => operation)
        .filter((operation) => /^(Put|Update|Create|Delete|Tag|Untag|Rotate|Cancel)/.test(operation)),
    );
    expect([...written].sort()).toEqual(["PutEvents", "PutSecretValue", "UpdateSecretVersionStage"]);
    expect(Object.keys(stack.resource)).not.toContain("aws_secretsmanager_secret_version");
  });

  it("as what the stack says of secret, schedule and policy is true after a rotation, too", async () => {
    const secrets = new SecretsManagerClient(aws.clientConfig());
    const described = await secrets.send(new DescribeSecretCommand({ SecretId: deployed.secretName }));
    const [, secret] = firstOf(stack, "aws_secretsmanager_secret");
    const [, schedule] = firstOf(stack, "aws_secretsmanager_secret_rotation");
    expect(described).toMatchObject({
      Name: secret.name,
      Description: secret.description,
      RotationEnabled: true,
    });
    expect(Object.fromEntries(described.Tags?.map(({ Key, Value }) => [Key, Value]) ?? [])).toEqual(
      secret.tags,
    );
    expect(described.RotationRules?.AutomaticallyAfterDays).toBe(
      (schedule.rotation_rules as { automatically_after_days: number }).automatically_after_days,
    );
    const [, parameter] = firstOf(stack, "aws_ssm_parameter");
    const ssm = new SSMClient(aws.clientConfig());
    const found = await ssm.send(new GetParameterCommand({ Name: String(parameter.name) }));
    expect(found.Parameter).toMatchObject({ Value: parameter.value, Version: 1 });
  });

  it("as no label, version or value that there is now stands in the stack", () => {
    const text = JSON.stringify(stack);
    const versions = aws.secrets.get(deployed.secretName)?.versions ?? [];
    expect(versions.length).toBe(2);
    const labels = versions
      .flatMap((version) => version.labels)
      .filter((label) => label.startsWith("dualkey:"));
    expect(labels.length).toBeGreaterThan(2);
    const keys = versions.map(({ value }) => (JSON.parse(value ?? "{}") as { apiKey: string }).apiKey);
    for (const made of [...labels, ...keys, ...versions.map(({ id }) => id)])
      expect(text).not.toContain(made);
  });
});
