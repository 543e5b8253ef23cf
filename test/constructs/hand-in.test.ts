import { beforeAll, describe, expect, it } from "vitest";
import { KeyProvider, KeyRotation, type RotatedKeyOptions } from "../../constructs/index.ts";
import { buildFunctions } from "../../lambda/build.ts";
import { KEY, problemsIn, synth, synthKey } from "./a-stack.ts";

beforeAll(buildFunctions);

const KMS = "arn:aws:kms:eu-west-1:111122223333:key/k";

/** The statements of what one role was granted. */
function granted(options: Partial<RotatedKeyOptions> = {}) {
  const stack = synth((scope) => {
    const rotation = new KeyRotation(scope, "keys", { environment: "production" });
    const key = rotation.addKey("otp", { ...KEY, ...options });
    key.grantHandIn({ name: "on-call" });
    key.grantHandIn({ name: "on-call" });
  });
  const policies = Object.entries(stack.all("aws_iam_role_policy"));
  const [grant, ...more] = policies
    .filter(([name]) => name.includes("_HandIn_Grantees_"))
    .map(([, args]) => args);
  expect(more).toEqual([]);
  expect(grant).toMatchObject({ role: "on-call", name_prefix: "dualkey-hand-in-" });
  return (JSON.parse(String(grant?.policy)) as { Statement: { Action: string[]; Resource: string[] }[] })
    .Statement;
}

describe("the hand-in secret", () => {
  it("is as the key's secret, and tagged apart, so that no sweep takes it for a key", () => {
    const stack = synthKey({ kmsKeyArn: KMS });
    const { tags, description, ...same } = stack.secret("prod/otp/startmessaging/hand-in");
    const { tags: keyTags, description: _, ...key } = stack.secret();
    expect(same).toEqual({ ...key, name: "prod/otp/startmessaging/hand-in" });
    expect(keyTags).toEqual({ "dualkey:deployment": "production" });
    expect(tags).toEqual({ "dualkey:hand-in": "production" });
    expect(description).toContain("prod/otp/startmessaging");
  });

  it("has no rotation, and no policy of its own", () => {
    const stack = synthKey();
    expect(stack.only("aws_secretsmanager_secret_rotation").secret_id).not.toMatch(/HandIn/);
    expect(stack.only("aws_ssm_parameter").name).toBe("/dualkey/production/prod/otp/startmessaging");
  });

  it("is not there where nobody hands in", () => {
    const stack = synthKey({ provider: KeyProvider.awsIam({ userName: "sms" }) });
    expect(Object.keys(stack.all("aws_secretsmanager_secret"))).toHaveLength(1);
  });
});

describe("grantHandIn", () => {
  it("lets a role write the hand-in secret, rotate the key and read its policy: no value is read", () => {
    const statements = granted();
    expect(
      statements.map(({ Action, Resource }) => [Action, Resource[0]?.replace(/^..|_[0-9A-F]{8}|.$/g, "")]),
    ).toEqual([
      [["secretsmanager:PutSecretValue"], "aws_secretsmanager_secret.keys_otp_HandIn.arn"],
      [
        ["secretsmanager:DescribeSecret", "secretsmanager:RotateSecret"],
        "aws_secretsmanager_secret.keys_otp.arn",
      ],
      [["lambda:InvokeFunction"], "aws_lambda_function.keys_Rotator.arn"],
      [["ssm:GetParameter"], "aws_ssm_parameter.keys_otp_Policy.arn"],
    ]);
  });

  it("lets it encrypt with the secret's own KMS key, in the context of the hand-in secret alone", () => {
    expect(granted({ kmsKeyArn: KMS })[1]).toMatchObject({
      Action: ["kms:Decrypt", "kms:GenerateDataKey"],
      Resource: [KMS],
      Condition: {
        StringEquals: { "kms:EncryptionContext:SecretARN": expect.stringContaining("_HandIn_") },
      },
    });
  });

  it("is refused where there is nothing to hand in with, and for what is no role", () => {
    const provider = KeyProvider.awsIam({ userName: "sms" });
    expect(problemsIn(() => granted({ provider }))).toEqual([
      expect.stringMatching(
        /^handIn: is false, so there is no secret to hand a key in with\. Set it to true$/,
      ),
    ]);
    const grant = () =>
      synth((scope) =>
        new KeyRotation(scope, "keys", { environment: "production" })
          .addKey("otp", KEY)
          .grantHandIn({ arn: "arn:aws:iam::111122223333:user/me" }),
      );
    expect(grant).toThrow(
      /RotatedKey test\/keys\/otp: grantHandIn: arn: is "arn:aws:iam::111122223333:user\/me"/,
    );
  });
});
