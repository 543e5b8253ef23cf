import { DataAwsIamRole } from "@cdktf/provider-aws/lib/data-aws-iam-role/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import type { TerraformStack } from "cdktf";
import { beforeAll, describe, expect, it } from "vitest";
import { type Grantee, KeyRotation, type RotatedKeyOptions } from "../../constructs/index.ts";
import { buildFunctions } from "../../lambda/build.ts";
import { resolve } from "../../rehearsal/apply/_evaluate.ts";
import { KEY, problemsIn, synth } from "./a-stack.ts";

beforeAll(buildFunctions);

function grants(
  granteesIn: (stack: TerraformStack) => readonly Grantee[],
  options: Partial<RotatedKeyOptions> = {},
): Readonly<Record<string, unknown>>[] {
  const stack = synth((scope) => {
    const rotation = new KeyRotation(scope, "keys", { environment: "production" });
    const key = rotation.addKey("otp", { ...KEY, ...options });
    for (const grantee of granteesIn(scope)) key.grantRead(grantee);
  });
  const policies = Object.entries(stack.all("aws_iam_role_policy"));
  return policies.filter(([name]) => name.includes("_Readers_")).map(([, args]) => args);
}

const aRole = (scope: TerraformStack) => new IamRole(scope, "login", { assumeRolePolicy: "{}" });

describe("grantRead", () => {
  it("lets a role of the stack read the value of this secret, and nothing else", () => {
    const [grant, ...more] = grants((scope) => [aRole(scope)]);
    expect(more).toEqual([]);
    expect(grant?.role).toMatch(/^\$\{aws_iam_role\.login\.name\}$/);
    expect(JSON.parse(String(grant?.policy)).Statement).toEqual([
      {
        Effect: "Allow",
        Sid: "ReadKey",
        Action: ["secretsmanager:GetSecretValue"],
        Resource: [expect.stringMatching(/^\$\{aws_secretsmanager_secret\.\w+\.arn\}$/)],
      },
    ]);
  });

  it("takes a role that is made elsewhere, by name or by ARN", () => {
    const roles = (scope: TerraformStack) => [
      new DataAwsIamRole(scope, "theirs", { name: "theirs" }),
      { name: "by-name" },
      { arn: "arn:aws-cn:iam::111122223333:role/team/by-arn" },
    ];
    const names = grants(roles).map(({ role }) => String(role));
    expect(names.sort()).toEqual([
      expect.stringMatching(/^\$\{data\.aws_iam_role\.theirs\.name\}$/),
      "by-arn",
      "by-name",
    ]);
  });

  it("finds the name in an ARN that only Terraform knows", () => {
    const [grant] = grants((scope) => [{ arn: aRole(scope).arn }]);
    const name = resolve(String(grant?.role), () => "arn:aws:iam::111122223333:role/team/login");
    expect(name).toBe("login");
  });

  it("lets the role decrypt with the secret's own KMS key, in the context of this secret alone", () => {
    const kmsKeyArn = "arn:aws:kms:eu-west-1:111122223333:key/k";
    const [grant] = grants((scope) => [aRole(scope)], { kmsKeyArn });
    expect(JSON.parse(String(grant?.policy)).Statement[1]).toMatchObject({
      Action: ["kms:Decrypt"],
      Resource: [kmsKeyArn],
      Condition: {
        StringEquals: {
          "kms:EncryptionContext:SecretARN": expect.stringContaining("aws_secretsmanager_secret"),
        },
      },
    });
  });

  it("grants once where it is asked twice", () => {
    const twice = (scope: TerraformStack) => {
      const role = aRole(scope);
      return [role, role, { name: "other" }, { name: "other" }];
    };
    expect(grants(twice)).toHaveLength(2);
  });

  it("refuses an ARN that is no role's", () => {
    const problems = problemsIn(() => grants(() => [{ arn: "arn:aws:iam::111122223333:user/me" }]));
    expect(problems).toEqual([expect.stringMatching(/^arn: is "arn:aws:iam::111122223333:user\/me"/)]);
  });
});
