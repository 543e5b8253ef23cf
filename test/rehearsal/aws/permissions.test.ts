import { GetSecretValueCommand, RotateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { describe, expect, it } from "vitest";
import { matchesPattern } from "../../../rehearsal/aws/lambda-function.ts";
import { createOtp, startWorld, type World } from "./world.ts";

const ACCOUNT = "123456789012";

function aFunction({ aws }: World) {
  return aws.createFunction({ name: "rotator", code: { inline: () => null }, invokedBy: "permitted" });
}

function rotate(world: World, RotationLambdaARN: string) {
  return world.secrets.send(new RotateSecretCommand({ SecretId: "otp", RotationLambdaARN }));
}

describe("a function that services may not invoke without a permission", () => {
  it("rotates no secret while nothing permits Secrets Manager", async () => {
    const world = await startWorld();
    await createOtp(world);
    const { arn } = aFunction(world);
    await expect(rotate(world, arn)).rejects.toThrow("Secrets Manager cannot invoke the specified Lambda");
    expect(world.aws.events.all.some(({ kind }) => kind === "invocation-started")).toBe(false);
  });

  it.each([
    { why: "another service", permission: { principal: "events.amazonaws.com" } },
    { why: "another account", permission: { sourceAccount: "999999999999" } },
    {
      why: "another secret",
      permission: { sourceArn: `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:x-*` },
    },
  ])("rotates no secret where the permission is that of $why", async ({ permission }) => {
    const world = await startWorld();
    await createOtp(world);
    const { arn, name } = aFunction(world);
    world.aws.permitInvocation(name, { principal: "secretsmanager.amazonaws.com", ...permission });
    await expect(rotate(world, arn)).rejects.toThrow("cannot invoke");
  });

  it("rotates where account and ARN of the permission fit", async () => {
    const world = await startWorld();
    await createOtp(world);
    const { arn, name } = aFunction(world);
    const sourceArn = `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:*`;
    const principal = "secretsmanager.amazonaws.com";
    world.aws.permitInvocation(name, { principal, sourceAccount: ACCOUNT, sourceArn });
    await rotate(world, arn);
    await world.aws.events.until(({ kind }) => kind === "step-started");
  });

  it("starts no clock that may not invoke it", async () => {
    const world = await startWorld();
    const { name } = aFunction(world);
    const rule = { functionName: name, everyMs: 1000, ruleName: "clock" };
    expect(() => world.aws.startClock(rule)).toThrow(/no permission lets .*rule\/clock invoke rotator/);
    const sourceArn = `arn:aws:events:us-east-1:${ACCOUNT}:rule/clock`;
    world.aws.permitInvocation(name, { principal: "events.amazonaws.com", sourceArn });
    world.aws.startClock(rule);
  });
});

it("lets a caller with credentials of its own read, whatever the functions' roles say", async () => {
  const world = await startWorld();
  await createOtp(world);
  world.aws.createFunction({ name: "rotator", code: { inline: () => null }, roleAllows: () => false });
  const { SecretString } = await world.secrets.send(new GetSecretValueCommand({ SecretId: "otp" }));
  expect(SecretString).toBe("first");
});

it("takes IAM's wildcards and nothing else for wildcards", () => {
  expect(matchesPattern("arn:*:secret:a/?-*", "arn:aws:secret:a/b-xyz")).toBe(true);
  expect(matchesPattern("a.b", "axb")).toBe(false);
  expect(matchesPattern("a*", "b-a")).toBe(false);
  expect(matchesPattern("a?", "a")).toBe(false);
});
