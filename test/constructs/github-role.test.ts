import { Lazy } from "cdktf";
import { describe, expect, it } from "vitest";
import { GitHubRole, type GitHubRoleOptions } from "../../constructs/index.ts";
import { problemsIn, synth } from "./a-stack.ts";

const OPTIONS: GitHubRoleOptions = { repository: "acme/infra", environment: "emergency" };

function aRole(options: Partial<GitHubRoleOptions> = {}) {
  const stack = synth((scope) => void GitHubRole.for(scope, "responder", { ...OPTIONS, ...options }));
  const role = stack.only("aws_iam_role");
  const [statement, ...more] = JSON.parse(String(role.assume_role_policy)).Statement;
  expect(more).toEqual([]);
  return { stack, role, statement };
}

const AUD = { "token.actions.githubusercontent.com:aud": "sts.amazonaws.com" };
const SUB = "token.actions.githubusercontent.com:sub";
const subjectOf = (options: Partial<GitHubRoleOptions>) => aRole(options).statement.Condition;

describe("a role for the workflows of a repository", () => {
  it("is taken on in one environment of one repository, exactly, and by no other token", () => {
    const { role, statement } = aRole();
    expect(statement).toEqual({
      Effect: "Allow",
      Action: "sts:AssumeRoleWithWebIdentity",
      Principal: {
        Federated: expect.stringMatching(
          /^\$\{data\.aws_iam_openid_connect_provider\.responder_Issuer_\w+\.arn\}$/,
        ),
      },
      Condition: { StringEquals: { ...AUD, [SUB]: "repo:acme/infra:environment:emergency" } },
    });
    expect(role.name_prefix).toBe("dualkey-github-");
    expect(role).not.toHaveProperty("max_session_duration");
  });

  it("looks the account's provider up, as an account has one, and makes none", () => {
    const { stack } = aRole();
    const { data } = JSON.parse(stack.text) as { data: Record<string, Record<string, { url: string }>> };
    const [provider] = Object.values(data.aws_iam_openid_connect_provider ?? {});
    expect(provider?.url).toBe("https://token.actions.githubusercontent.com");
    expect(stack.all("aws_iam_openid_connect_provider")).toEqual({});
  });

  it("takes what it is given", () => {
    const oidcProviderArn = "arn:aws-cn:iam::111122223333:oidc-provider/token.actions.githubusercontent.com";
    const given = { oidcProviderArn, roleName: "on-call", maxSessionSeconds: 7200 };
    const { stack, role, statement } = aRole(given);
    expect(statement.Principal).toEqual({ Federated: oidcProviderArn });
    expect(role).toMatchObject({ name: "on-call", max_session_duration: 7200 });
    expect(stack.text).not.toContain("aws_iam_openid_connect_provider");
  });

  it("names repositories with their numbers as their tokens do", () => {
    expect(subjectOf({ repository: "acme@123456/infra@456789" })).toEqual({
      StringEquals: { ...AUD, [SUB]: "repo:acme@123456/infra@456789:environment:emergency" },
    });
  });

  it("compares what only Terraform knows as it is, too: a wildcard in it stands for itself", () => {
    const { Condition } = aRole({ environment: Lazy.stringValue({ produce: () => "*" }) }).statement;
    expect(Condition).toEqual({ StringEquals: { ...AUD, [SUB]: "repo:acme/infra:environment:*" } });
  });

  it("writes a colon in an environment's name as tokens have it", () => {
    expect(subjectOf({ environment: "eu: emergency" })).toEqual({
      StringEquals: { ...AUD, [SUB]: "repo:acme/infra:environment:eu%3A emergency" },
    });
  });
});

describe("a role for workflows with mistakes", () => {
  it("is refused with all of them at once, and what to do", () => {
    const problems = problemsIn(() =>
      aRole({
        repository: "https://github.com/acme/infra",
        environment: " ",
        oidcProviderArn: "arn:aws:iam::111122223333:oidc-provider/gitlab.com",
        roleName: "on call",
        maxSessionSeconds: 60,
      }),
    );
    expect(problems.map((problem) => problem.split(":")[0])).toEqual([
      "repository",
      "environment",
      "oidcProviderArn",
      "roleName",
      "maxSessionSeconds",
    ]);
  });

  it.each([
    "acme",
    "acme/",
    "/infra",
    "acme/infra/more",
    "*/infra",
    "acme*/infra",
    "acme/infra:ref",
    "acme/infra-*",
    "acme/infr?",
    "acme@1/infra@*",
    "acme@1/infra",
    "acme/infra@1",
    "",
  ])("is refused where the repository is %j", (repository) => {
    expect(problemsIn(() => aRole({ repository }))).toEqual([expect.stringMatching(/^repository: is /)]);
  });

  it.each(["*", "emergency*", "e?", ""])("is refused where the environment is %j", (environment) => {
    expect(problemsIn(() => aRole({ environment }))).toEqual([expect.stringMatching(/^environment: is /)]);
  });

  it("is refused with both, where a wildcard is in the repository and in the environment", () => {
    expect(problemsIn(() => aRole({ repository: "acme/*", environment: "*" }))).toHaveLength(2);
  });

  it("is not refused for what only Terraform knows", () => {
    const text = Lazy.stringValue({ produce: () => "later" });
    const maxSessionSeconds = Lazy.numberValue({ produce: () => 3600 });
    const later = { repository: text, environment: text, oidcProviderArn: text, roleName: text };
    expect(problemsIn(() => aRole({ ...later, maxSessionSeconds }))).toEqual([]);
  });
});
