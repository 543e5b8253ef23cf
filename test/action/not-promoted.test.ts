import { PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type EmbeddedAws, startEmbeddedAws } from "../../rehearsal/aws/embedded-aws.ts";
import { runStep } from "./a-runner.ts";
import { makeSecret } from "./a-secret.ts";

const VALUE = '{"apiKey":"recognisable"}';

/** Rotation functions that do not get to the end: one fails, one takes for ever. */
let aws: EmbeddedAws;
beforeAll(async () => {
  aws = await startEmbeddedAws({ rotationRetries: { attempts: 2, firstDelayMs: 10 } });
  const failing = aws.createFunction({
    name: "keys-rotator",
    code: {
      inline: () => {
        throw new Error("recognisable");
      },
    },
  });
  const slow = aws.createFunction({
    name: "slow-rotator",
    code: {
      // The lone test that the service makes when rotation is set up passes; rotations do not end.
      inline: (event) =>
        (event as { Step: string }).Step === "testSecret" ? undefined : new Promise(() => undefined),
    },
    timeoutSeconds: 60,
  });
  await makeSecret(aws, { name: "failing", value: VALUE, rotatorArn: failing.arn });
  for (const name of ["slow", "abandoned", "unawaited", "cancelled"])
    await makeSecret(aws, { name, value: VALUE, rotatorArn: slow.arn });
});
afterAll(() => aws?.close());

async function rotate(secret: string, waitSeconds: number, cancelled?: Promise<unknown>) {
  const inputs = { operation: "rotate", secret, "wait-seconds": String(waitSeconds) };
  const step = await runStep(aws, { inputs, ...(cancelled === undefined ? {} : { cancelled }) });
  expect(step.everything).not.toContain("recognisable");
  return step;
}

/** The Action has started the rotation and looked at it once: it looks by ARN from then on. */
function followed(secret: string): Promise<unknown> {
  const arn = aws.secrets.get(secret)?.arn;
  return aws.events.until(
    (event) => event.kind === "call" && event.operation === "DescribeSecret" && event.target === arn,
  );
}

describe("a rotation that does not get to the end", () => {
  it("is red when the function fails: what is the case, where the log is, and that consumers go on", async () => {
    const step = await rotate("failing", 2);
    expect(step.exitCode).toBe(1);
    expect(step.outputs).toMatchObject({ phase: "pending", "promoted-at": "", retiring: "[]" });
    expect(step.stdout).toContain("failing: after 2 s (input wait-seconds) no new key is made");
    expect(step.summary).toContain("**Consumers are not affected**");
    expect(step.summary).toContain("aws logs tail /aws/lambda/keys-rotator --since 30m --region us-east-1");
  });

  it("is given up when somebody else puts a version in between, and is not waited for any longer", async () => {
    const running = rotate("abandoned", 60);
    await followed("abandoned");
    const client = new SecretsManagerClient(aws.clientConfig());
    await client.send(new PutSecretValueCommand({ SecretId: "abandoned", SecretString: "{}" }));
    const step = await running;
    expect(step.exitCode).toBe(1);
    expect(step.outputs.phase).toBe("given-up");
    expect(step.stdout).toContain("was given up: AWSPENDING is off it, and it is not current");
  });

  it("is green and pending when nobody wants to wait", async () => {
    const step = await rotate("unawaited", 0);
    expect(step.exitCode).toBe(0);
    expect(step.outputs).toMatchObject({
      phase: "pending",
      "version-id": expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(step.outputs["version-id"]).toBe(aws.secrets.get("unawaited")?.labelled("AWSPENDING")?.id);
  });

  it("goes on in AWS when the job is cancelled, and the summary says so", async () => {
    const step = await rotate("cancelled", 60, followed("cancelled"));
    expect(step.exitCode).toBe(1);
    expect(step.summary).toContain("the job was cancelled. The rotation of version");
    expect(aws.secrets.get("cancelled")?.labelled("AWSPENDING")?.id).toBe(step.outputs["version-id"]);
  });
});
