import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { GitHubRole, KeyRotation } from "../../constructs/index.ts";
import { buildFunctions } from "../../lambda/build.ts";
import { KEY, synth } from "./a-stack.ts";

beforeAll(buildFunctions);

interface Statement {
  readonly Sid: string;
  readonly Action: string[];
  readonly Resource: string[];
  readonly Condition?: object;
}

/** What is granted to a role of a repository's workflows; `role` is who gets it. */
function grants(): { readonly role: unknown; readonly statements: readonly Statement[] }[] {
  const stack = synth((scope) => {
    const rotation = new KeyRotation(scope, "keys", { environment: "production" });
    rotation.addKey("otp", KEY);
    const role = GitHubRole.for(scope, "responder", { repository: "acme/infra", environment: "emergency" });
    rotation.grantRespond(role);
    rotation.grantRespond(role);
    rotation.grantRespond({ name: "on-call" });
  });
  const policies = Object.entries(stack.all("aws_iam_role_policy"));
  return policies
    .filter(([name]) => name.includes("_Operators_"))
    .map(([, { role, policy }]) => ({ role, statements: JSON.parse(String(policy)).Statement }));
}

describe("grantRespond", () => {
  it("lets a role of a repository's workflows ask the responder of this deployment, once where it is asked twice", () => {
    const [workflows, onCall, ...more] = grants();
    expect(more).toEqual([]);
    expect([workflows?.role, onCall?.role]).toEqual([
      expect.stringMatching(/^\$\{aws_iam_role\.responder_\w+\.name\}$/),
      "on-call",
    ]);
    expect(workflows?.statements[0]).toEqual({
      Effect: "Allow",
      Sid: "AskResponder",
      Action: ["lambda:InvokeFunction"],
      Resource: [expect.stringMatching(/^\$\{aws_lambda_function\.keys_Responder_\w+\.arn\}$/)],
    });
  });

  it("lets it see what came of that: the keys and the policies of this deployment", () => {
    const [, look, list, policies, ...more] = grants()[0]?.statements ?? [];
    expect(more).toEqual([]);
    expect(look).toMatchObject({
      Action: ["secretsmanager:DescribeSecret"],
      Resource: [expect.stringMatching(/:secretsmanager:.*:secret:\*$/)],
      Condition: { StringEquals: { "aws:ResourceTag/dualkey:deployment": "production" } },
    });
    expect(list).toMatchObject({ Action: ["secretsmanager:ListSecrets"], Resource: ["*"] });
    expect(policies).toMatchObject({
      Action: ["ssm:GetParametersByPath"],
      Resource: [expect.stringMatching(/:parameter\/dualkey\/production$/)],
    });
  });

  it("is all that the Action calls, but for a rotation, and never a value", () => {
    const aws = readFileSync(join(import.meta.dirname, "../../action/aws.ts"), "utf8");
    const called = [...aws.matchAll(/new (\w+)Command\(/g)].map(([, name]) => name);
    const granted = grants()[0]?.statements.flatMap(({ Action }) => Action) ?? [];
    const names = granted.map((action) => action.split(":")[1]).filter((name) => name !== "InvokeFunction");
    expect(new Set(names)).toEqual(new Set(called.filter((name) => name !== "RotateSecret")));
    expect(granted.join()).not.toMatch(/GetSecretValue|PutSecretValue|\*/);
  });
});
