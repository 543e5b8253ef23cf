import {
  CreateSecretCommand,
  DeleteSecretCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type EmbeddedAws, startEmbeddedAws } from "../../rehearsal/aws/embedded-aws.ts";
import { type Denying, denying } from "./a-denying-aws.ts";
import { runStep } from "./a-runner.ts";
import { makeSecret } from "./a-secret.ts";

const NAME = "prod/otp";
const VALUE = '{"apiKey":"recognisable"}';

let aws: EmbeddedAws;
let denied: Denying;
let secretsManager: SecretsManagerClient;

beforeAll(async () => {
  aws = await startEmbeddedAws({ rotationRetries: { attempts: 1 } });
  secretsManager = new SecretsManagerClient(aws.clientConfig());
  const stuck = () => {
    throw new Error("the vendor is down");
  };
  const { arn: rotatorArn } = aws.createFunction({ name: "rotator", code: { inline: stuck } });
  await makeSecret(aws, { name: NAME, value: VALUE, rotatorArn });
  await makeSecret(aws, { name: "prod/pending", value: VALUE, rotatorArn });
  await makeSecret(aws, { name: "prod/no-rotation", value: VALUE });
  await makeSecret(aws, { name: "prod/deleted", value: VALUE, rotatorArn });
  await secretsManager.send(new CreateSecretCommand({ Name: "prod/strangers", SecretString: VALUE }));
  await secretsManager.send(new DeleteSecretCommand({ SecretId: "prod/deleted" }));
  await secretsManager.send(new RotateSecretCommand({ SecretId: "prod/pending" }));
  denied = await denying(aws);
});

afterAll(async () => {
  await denied?.close();
  await aws?.close();
});

/** What a step says that must not do anything: one annotation, red, and no rotation. */
async function refused(
  inputs: Record<string, string>,
  env: Record<string, string | undefined> = {},
): Promise<string> {
  const before = aws.events.all.filter(({ kind }) => kind === "rotation-started").length;
  const step = await runStep(aws, { inputs: { operation: "rotate", secret: NAME, ...inputs }, env });
  expect(step.exitCode).toBe(1);
  expect(step.summary).not.toBe("");
  expect(step.everything).not.toContain("recognisable");
  expect(step.everything).not.toMatch(/^\s+at /m);
  expect(aws.events.all.filter(({ kind }) => kind === "rotation-started")).toHaveLength(before);
  const annotations = step.stdout.split("\n").filter((line) => line.startsWith("::error"));
  expect(annotations).toHaveLength(1);
  return annotations[0] ?? "";
}

describe("the inputs", () => {
  it("are refused with an unknown operation, and the list of those that there are", async () => {
    expect(await refused({ operation: "explode" })).toContain(
      'operation: is "explode", which is unknown. Use one of: rotate, status, reconcile, pause, resume, roll-back, leak-response, revoke, find-key',
    );
  });

  it("are refused all at once, by name", async () => {
    const text = await refused({
      operation: "",
      secret: "two words",
      "wait-seconds": "soon",
      "fail-on": "monday",
    });
    for (const part of [
      "operation: is missing",
      'secret: is "two words"',
      'wait-seconds: is "soon"',
      'fail-on: is "monday"',
    ])
      expect(text).toContain(part);
  });

  it("are refused without a secret to rotate", async () => {
    expect(await refused({ secret: "" })).toContain("secret: is missing. Give the name or the ARN");
  });

  it("are refused without a region, which configure-aws-credentials sets", async () => {
    const text = await refused({}, { AWS_REGION: undefined, AWS_DEFAULT_REGION: undefined });
    expect(text).toContain(
      "AWS_REGION: is not set. Set aws-region in a step with aws-actions/configure-aws-credentials",
    );
  });

  it("are refused when the ARN is of another region than the job's", async () => {
    const text = await refused({
      secret: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/otp-AbCdEf",
    });
    expect(text).toContain("secret: is in eu-west-1, and AWS_REGION is us-east-1. Set aws-region: eu-west-1");
  });
});

describe("the job's credentials", () => {
  it("are named when they are missing, with the step and the permission that bring them", async () => {
    const text = await refused(
      {},
      { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined, HOME: "/nowhere" },
    );
    expect(text).toContain("this job has no AWS credentials");
    expect(text).toContain("aws-actions/configure-aws-credentials");
    expect(text).toContain("id-token: write");
  });

  it.each([
    ["rotate", "DescribeSecret", "secretsmanager:DescribeSecret on the secret"],
    ["rotate", "RotateSecret", "secretsmanager:RotateSecret on the secret, and lambda:InvokeFunction"],
    ["status", "GetParametersByPath", "ssm:GetParametersByPath on parameter/dualkey/"],
  ])("lack a permission for %s: %s is named", async (operation, call, permission) => {
    denied.deny(call, "AccessDeniedException");
    const text = await refused({ operation }, { AWS_ENDPOINT_URL: denied.endpoint });
    expect(text).toContain(`Allow ${permission}`);
    expect(text).toContain("is not authorized to perform");
  });

  it("have expired", async () => {
    denied.deny("DescribeSecret", "ExpiredTokenException");
    const text = await refused({}, { AWS_ENDPOINT_URL: denied.endpoint });
    expect(text).toContain("Run configure-aws-credentials right before this step");
  });
});

describe("a rotation is not started", () => {
  it.each([
    [
      "of a secret that does not exist",
      { secret: "prod/opt" },
      "Input secret names no secret of this account in us-east-1",
    ],
    ["of a secret that is not dualkey's", { secret: "prod/strangers" }, "has no tag dualkey:deployment"],
    [
      "of another deployment",
      { deployment: "staging" },
      "input deployment is staging, and prod/otp belongs to keys",
    ],
    [
      "of a secret without rotation",
      { secret: "prod/no-rotation" },
      "has rotation switched off, or never had it",
    ],
    [
      "of a secret that is about to be deleted",
      { secret: "prod/deleted" },
      "aws secretsmanager restore-secret",
    ],
    [
      "while one is in progress",
      { secret: "prod/pending" },
      "a rotation is in progress already, or was given up: AWSPENDING is on version",
    ],
  ])("%s", async (_, inputs, expected) => {
    expect(await refused(inputs)).toContain(expected);
  });
});
