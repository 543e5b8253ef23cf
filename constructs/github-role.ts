import { DataAwsIamOpenidConnectProvider } from "@cdktf/provider-aws/lib/data-aws-iam-openid-connect-provider/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { Construct } from "constructs";
import { ConfigError } from "../contract/errors.ts";
import { checkGitHubRole } from "./_github-role-checks.ts";
import { trustGitHub } from "./_policy-document.ts";

/** A role that workflows of GitHub take on. */
export interface IGitHubRole {
  /** The role's name. */
  readonly name: string;
  /** The role's ARN: the `role-to-assume` of `aws-actions/configure-aws-credentials`. */
  readonly arn: string;
}

/** Which workflows may take on a role. */
export interface GitHubRoleOptions {
  /**
   * The repository, as its tokens name it, upper and lower case included: `acme/infra`. Repositories that were made, renamed or
   * transferred since 15 July 2026, and those that have opted in, have the numbers of owner and repository in their tokens:
   * `acme@123456/infra@456789`. This tells which it is, with `repo:` before it:
   * `gh api repos/acme/infra/actions/oidc/customization/sub --jq .sub_claim_prefix`
   *
   * One repository: a `*` or a `?` is refused. Where several are to ask, give each a role of its own.
   *
   * https://docs.github.com/en/actions/reference/security/oidc#immutable-subject-claims
   */
  readonly repository: string;
  /**
   * The environment of the repository that the job runs in; one, without `*` and `?`. Its protection rules say who may start it:
   * let it deploy from the branch `main` alone, or whoever can push a branch can ask. Reviewers make an emergency wait for them.
   */
  readonly environment: string;
  /**
   * GitHub's OIDC provider in the account: an account has one at most.
   *
   * @default it is looked up at apply, and must be there: `aws iam create-open-id-connect-provider --url
   * https://token.actions.githubusercontent.com --client-id-list sts.amazonaws.com`
   */
  readonly oidcProviderArn?: string;
  /** @default a name that begins with `dualkey-github-` */
  readonly roleName?: string;
  /**
   * The longest session that a job may ask for, in seconds: 3600 to 43200.
   *
   * @default 3600
   */
  readonly maxSessionSeconds?: number;
}

/** GitHub's issuer of tokens. */
const ISSUER = "https://token.actions.githubusercontent.com";

/**
 * A role that one repository takes on in one of its environments, by OpenID Connect: no AWS key is stored in CI. It may do
 * nothing before something is granted to it.
 *
 * @example
 * rotation.grantRespond(GitHubRole.for(this, "responder", { repository: "acme/infra", environment: "emergency" }));
 */
export class GitHubRole extends Construct implements IGitHubRole {
  /** Makes the role for a repository and one of its environments. @throws ConfigError that lists all that is wrong with them */
  static for(scope: Construct, id: string, options: GitHubRoleOptions): GitHubRole {
    return new GitHubRole(scope, id, options);
  }

  readonly name: string;
  readonly arn: string;

  constructor(scope: Construct, id: string, options: GitHubRoleOptions) {
    super(scope, id);
    const problems = checkGitHubRole(options);
    if (problems.length > 0) throw new ConfigError(`GitHubRole ${this.node.path}`, problems);
    const { repository, environment, roleName, maxSessionSeconds } = options;
    const role = new IamRole(this, "Resource", {
      ...(roleName === undefined ? { namePrefix: "dualkey-github-" } : { name: roleName }),
      description: `Taken on by workflows of ${repository}`,
      assumeRolePolicy: trustGitHub({
        providerArn:
          options.oidcProviderArn ?? new DataAwsIamOpenidConnectProvider(this, "Issuer", { url: ISSUER }).arn,
        // In a subject, a colon divides. One that is in a name is written as %3A:
        // https://docs.github.com/en/actions/reference/security/oidc#filtering-for-metadata-containing-
        subject: `repo:${repository}:environment:${environment.replaceAll(":", "%3A")}`,
      }),
      ...(maxSessionSeconds === undefined ? {} : { maxSessionDuration: maxSessionSeconds }),
    });
    this.name = role.name;
    this.arn = role.arn;
  }
}
