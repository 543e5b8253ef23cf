import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { Fn, TerraformVariable, Token } from "cdktf";
import { beforeAll, describe, expect, it } from "vitest";
import { toJson } from "../../constructs/_json.ts";
import { Consumer, KeyProvider, KeyRotation } from "../../constructs/index.ts";
import { parsePolicy } from "../../contract/policy.ts";
import { buildFunctions } from "../../lambda/build.ts";
import { resolve } from "../../rehearsal/apply/_evaluate.ts";
import { KEY, problemsIn, synth } from "./a-stack.ts";

beforeAll(buildFunctions);

const ARN = 'arn:aws:iam::111122223333:role/a "quoted" one';

/** What Terraform makes of a text when all is known. */
function applied(text: unknown): string {
  const known: Record<string, unknown> = {
    "aws_iam_role.role.arn": ARN,
    "aws_iam_role.role.name": "login",
    "aws_iam_role.role.max_session_duration": 900,
    "aws_iam_role.role.managed_policy_arns": ["arn:one", "arn:two"],
    "var.seconds": 42,
  };
  return String(resolve(String(text), (path) => known[path.join(".")] as never));
}

describe("what only Terraform knows", () => {
  it("passes the checks and survives into the policy, whole and within texts", () => {
    const stack = synth((scope) => {
      const role = new IamRole(scope, "role", { assumeRolePolicy: "{}" });
      const seconds = new TerraformVariable(scope, "seconds", { type: "number" });
      new KeyRotation(scope, "keys", { environment: "production" }).addKey("otp", {
        secretName: "prod/otp",
        provider: KeyProvider.startMessaging({ account: role.arn }),
        consumers: [
          Consumer.selfRefreshing({
            name: `service of ${role.name}, of course`,
            cacheSeconds: seconds.numberValue,
            staleSeconds: 0,
          }),
          Consumer.selfRefreshing({ name: role.name, cacheSeconds: 10, staleSeconds: 0 }),
        ],
        minOverlapSeconds: seconds.numberValue,
        maxOverlapSeconds: role.maxSessionDuration,
      });
    });
    // `seconds` is the overlap, too, which has to be longer than a cache: the functions would say so.
    const text = applied(stack.only("aws_ssm_parameter").value).replace(
      '"minOverlapSeconds":42',
      '"minOverlapSeconds":60',
    );
    expect(parsePolicy(text, "policy")).toMatchObject({
      provider: { account: ARN },
      consumers: [
        { name: "service of login, of course", cacheSeconds: 42 },
        { name: "login", cacheSeconds: 10 },
      ],
      minOverlapSeconds: 60,
      maxOverlapSeconds: 900,
    });
  });

  it("needs an overlap in so many words where a consumer's cache is only known later", () => {
    const problems = problemsIn(() =>
      synth((scope) => {
        const seconds = new TerraformVariable(scope, "seconds", { type: "number" });
        const consumers = [Consumer.selfRefreshing({ cacheSeconds: seconds.numberValue, staleSeconds: 0 })];
        new KeyRotation(scope, "keys", { environment: "production" }).addKey("otp", { ...KEY, consumers });
      }),
    );
    expect(problems).toEqual([expect.stringMatching(/^minOverlapSeconds: has no default.* Set it$/)]);
  });

  it("may name the secret", () => {
    const stack = synth((scope) => {
      const role = new IamRole(scope, "role", { assumeRolePolicy: "{}" });
      new KeyRotation(scope, "keys", { environment: "production" }).addKey("otp", {
        ...KEY,
        secretName: `prod/${role.name}/otp`,
      });
    });
    const { name, value } = stack.only("aws_ssm_parameter");
    expect(applied(name)).toBe("/dualkey/production/prod/login/otp");
    expect(parsePolicy(applied(value), "policy").secret).toBe("prod/login/otp");
  });

  it("is refused with what CDKTF would not escape around it", () => {
    const problems = problemsIn(() =>
      synth((scope) => {
        const role = new IamRole(scope, "role", { assumeRolePolicy: "{}" });
        const consumers = [Consumer.selfRefreshing({ name: `"${role.name}"`, cacheSeconds: 1 })];
        new KeyRotation(scope, "keys", { environment: "production" }).addKey("otp", { ...KEY, consumers });
      }),
    );
    expect(problems).toEqual([expect.stringMatching(/^consumers\[0\]\.name: has a reference and/)]);
  });
});

describe("toJson", () => {
  it("writes lists, numbers, functions and texts so that Terraform makes JSON of them", () => {
    let text = "";
    const stack = synth((scope) => {
      const role = new IamRole(scope, "role", { assumeRolePolicy: "{}" });
      text = toJson({
        list: Token.asList(role.managedPolicyArns),
        items: [role.arn, "plain", role.maxSessionDuration],
        nested: { last: Fn.element(Fn.split("/", role.arn), 1), none: null, "odd key": true },
        left: undefined,
        quoted: 'a "b" \\ \n',
      });
      new IamRole(scope, "holder", { assumeRolePolicy: "{}", description: text });
    });
    const { description } = stack.all("aws_iam_role").holder ?? {};
    expect(JSON.parse(applied(description))).toEqual({
      list: ["arn:one", "arn:two"],
      items: [ARN, "plain", 900],
      nested: { last: 'a "quoted" one', none: null, "odd key": true },
      quoted: 'a "b" \\ \n',
    });
  });
});
