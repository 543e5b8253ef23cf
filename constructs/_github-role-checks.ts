import { Token } from "cdktf";
import type { Problem } from "../contract/errors.ts";
import type { GitHubRoleOptions } from "./github-role.ts";

/** An owner has letters, digits and hyphens; the number behind `@` is its id, for those that have it in their tokens. */
const OWNER = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})(?:@\d+)?$/;
const REPOSITORY = /^[A-Za-z0-9._-]{1,100}(?:@\d+)?$/;

/** Finds all that is wrong with the options of a role for workflows. What only Terraform knows passes. */
export function checkGitHubRole(options: GitHubRoleOptions): Problem[] {
  const { repository, environment, oidcProviderArn, roleName, maxSessionSeconds } = options;
  return [
    ...unless(isKnownLater(repository) || isRepository(repository), {
      path: "repository",
      message: `is "${repository}". Give the owner and the name as GitHub shows them, "acme/infra", or with their numbers, "acme@123456/infra@456789", where the tokens of the repository have these. One repository: no * and no ?`,
    }),
    ...unless(isKnownLater(environment) || isEnvironment(environment), {
      path: "environment",
      message: `is "${environment}". Name one environment of the repository, without * and ?, and let it deploy from the branch main alone: who may use it may ask the responder`,
    }),
    ...unless(
      isKnownLater(oidcProviderArn) ||
        oidcProviderArn === undefined ||
        /^arn:[^:]+:iam::\d{12}:oidc-provider\/token\.actions\.githubusercontent\.com(\/.*)?$/.test(
          oidcProviderArn,
        ),
      {
        path: "oidcProviderArn",
        message: `is "${oidcProviderArn}", which is no ARN of GitHub's OIDC provider. Give arn:aws:iam::<account>:oidc-provider/token.actions.githubusercontent.com, or leave it out to have it looked up`,
      },
    ),
    ...unless(isKnownLater(roleName) || roleName === undefined || /^[\w+=,.@-]{1,64}$/.test(roleName), {
      path: "roleName",
      message: `is "${roleName}". Use at most 64 letters, digits, and _ + = , . @ -`,
    }),
    ...unless(
      maxSessionSeconds === undefined || isKnownLater(maxSessionSeconds) || isSession(maxSessionSeconds),
      {
        path: "maxSessionSeconds",
        message: `is ${maxSessionSeconds}. Set a whole number from 3600 to 43200`,
      },
    ),
  ];
}

function isRepository(repository: string): boolean {
  const [owner = "", name = "", ...more] = repository.split("/");
  const isWhole = more.length === 0 && OWNER.test(owner) && REPOSITORY.test(name);
  // Both have their numbers, or neither has: a token never has one alone.
  return isWhole && owner.includes("@") === name.includes("@");
}

function isEnvironment(environment: string): boolean {
  return environment.trim() !== "" && environment.length <= 255 && !/[*?]/.test(environment);
}

function isSession(seconds: number): boolean {
  return Number.isInteger(seconds) && seconds >= 3_600 && seconds <= 43_200;
}

function isKnownLater(value: unknown): boolean {
  return Token.isUnresolved(value);
}

function unless(isRight: boolean, problem: Problem): Problem[] {
  return isRight ? [] : [problem];
}
