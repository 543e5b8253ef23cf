import { beforeAll, describe, expect, it } from "vitest";
import { Consumer, KeyProvider } from "../../constructs/index.ts";
import { parsePolicy } from "../../contract/policy.ts";
import { buildFunctions } from "../../lambda/build.ts";
import { problemsIn, type Synthesized, synthKey } from "./a-stack.ts";

beforeAll(buildFunctions);

/** The policy, as the functions read it. */
function policyOf(stack: Synthesized) {
  return parsePolicy(String(stack.only("aws_ssm_parameter").value), "policy");
}

describe("a key that says only what it must", () => {
  it("is a secret without a value, found by its deployment", () => {
    const stack = synthKey();
    expect(stack.secret()).toEqual({
      name: "prod/otp/startmessaging",
      description: "A key of startmessaging, rotated by dualkey",
      recovery_window_in_days: 30,
      tags: { "dualkey:deployment": "production" },
    });
  });

  it("never rotates on deploy, and only when policy, role and permission are there", () => {
    const rotation = synthKey().only("aws_secretsmanager_secret_rotation");
    expect(rotation).toMatchObject({
      rotate_immediately: false,
      rotation_rules: { automatically_after_days: 83 },
    });
    const types = (rotation.depends_on as string[]).map((address) => address.split(".")[0]).sort();
    expect(types).toEqual([
      "aws_iam_role_policy",
      "aws_lambda_function_event_invoke_config",
      "aws_lambda_permission",
      "aws_secretsmanager_secret",
      "aws_ssm_parameter",
    ]);
  });

  it("has a policy that the functions understand, with production's defaults", () => {
    expect(policyOf(synthKey())).toEqual({
      version: 1,
      secret: "prod/otp/startmessaging",
      environment: "production",
      provider: { id: "startmessaging" },
      handIn: "prod/otp/startmessaging/hand-in",
      value: "json",
      minOverlapSeconds: 360,
      quietForSeconds: 600,
      maxOverlapSeconds: 86_400,
      atMaxOverlap: "hold",
      minSample: 1,
      consumers: [{ kind: "self-refreshing", name: "consumer-1", cacheSeconds: 300, staleSeconds: 0 }],
    });
  });

  it("is treated in an environment of any other name as in production", () => {
    const { environment: _, ...production } = policyOf(synthKey());
    expect(policyOf(synthKey({}, { environment: "staging" }))).toEqual({
      ...production,
      environment: "staging",
    });
  });

  it("is short-lived in development, where nobody waits for an answer", () => {
    const stack = synthKey({}, { environment: "development" });
    expect(policyOf(stack)).toMatchObject({
      quietForSeconds: 60,
      maxOverlapSeconds: 3_600,
      atMaxOverlap: "revoke",
    });
    expect(stack.secret().recovery_window_in_days).toBe(7);
    const { rotation_rules } = stack.only("aws_secretsmanager_secret_rotation");
    expect(rotation_rules).toEqual({ automatically_after_days: 6 });
  });

  it("has an overlap as long as its slowest consumer needs, and a maximum that leaves room for it", () => {
    const consumers = [60, 90_000].map((cacheSeconds) =>
      Consumer.selfRefreshing({ cacheSeconds, staleSeconds: 0 }),
    );
    expect(policyOf(synthKey({ consumers }))).toMatchObject({
      minOverlapSeconds: 90_060,
      maxOverlapSeconds: 90_660,
    });
  });
});

it("takes what it is given, over every default", () => {
  const stack = synthKey({
    provider: KeyProvider.startMessaging({ account: "user-7" }),
    consumers: [Consumer.selfRefreshing({ name: "login", cacheSeconds: 10, staleSeconds: 0 })],
    rotateEveryDays: 30,
    minOverlapSeconds: 20,
    quietForSeconds: 5,
    maxOverlapSeconds: 400,
    atMaxOverlap: "revoke",
    minSample: 3,
    value: "json",
    fields: { apiKey: "SM_KEY" },
    recoveryWindowDays: 0,
    kmsKeyArn: "arn:aws:kms:eu-west-1:111122223333:key/k",
  });
  expect(policyOf(stack)).toMatchObject({
    provider: { id: "startmessaging", account: "user-7" },
    consumers: [{ name: "login", cacheSeconds: 10 }],
    minOverlapSeconds: 20,
    quietForSeconds: 5,
    maxOverlapSeconds: 400,
    atMaxOverlap: "revoke",
    minSample: 3,
    fields: { apiKey: "SM_KEY" },
  });
  expect(stack.secret()).toMatchObject({
    kms_key_id: "arn:aws:kms:eu-west-1:111122223333:key/k",
    recovery_window_in_days: 0,
  });
  const { rotation_rules } = stack.only("aws_secretsmanager_secret_rotation");
  expect(rotation_rules).toEqual({ automatically_after_days: 30 });
});

describe("a key with mistakes", () => {
  it("says all of them at once, with the paths of its options and what to do", () => {
    const problems = problemsIn(() =>
      synthKey({
        secretName: "prod/otp+sms",
        consumers: [
          Consumer.selfRefreshing({ cacheSeconds: 300, staleSeconds: 0 }),
          Consumer.selfRefreshing({ name: "", cacheSeconds: -1, staleSeconds: 0 }),
        ],
        minOverlapSeconds: 10,
        maxOverlapSeconds: 5,
        quietForSeconds: 0,
        rotateEveryDays: 0,
        recoveryWindowDays: 3,
      }),
    );
    expect(problems.map((problem) => problem.split(":")[0])).toEqual([
      "secretName",
      "quietForSeconds",
      "consumers[1].name",
      "consumers[1].cacheSeconds",
      "minOverlapSeconds",
      "maxOverlapSeconds",
      "rotateEveryDays",
      "recoveryWindowDays",
    ]);
    expect(problems[4]).toContain("Set at least 301");
  });

  it("says its construct's path", () => {
    expect(() => synthKey({ rotateEveryDays: 0 })).toThrow(
      "RotatedKey test/keys/otp: rotateEveryDays: is 0.",
    );
  });

  it.each([
    { secretName: "a+b=c@d", says: 'cannot have "+", "=", "@" in its name. Name the secret with' },
    { secretName: "/a", says: "Begin and end with no slash" },
    { secretName: "a/1/2/3/4/5/6/7/8/9/10/11/12/13", says: "Use at most 12 slashes" },
    { secretName: "", says: "is" },
  ])("refuses the secret name $secretName, whose policy could not be written", ({ secretName, says }) => {
    expect(problemsIn(() => synthKey({ secretName })).join()).toContain(says);
  });

  it("refuses a rotation that the overlap of the one before would have refused", () => {
    const problems = problemsIn(() => synthKey({ rotateEveryDays: 2, maxOverlapSeconds: 172_800 }));
    expect(problems).toEqual([expect.stringMatching(/^rotateEveryDays: is 2, .*Set at least 3$/)]);
  });
});
