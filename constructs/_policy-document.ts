/** One statement of an IAM policy that allows something. */
export interface Statement {
  /** What it is for. */
  readonly Sid: string;
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** Makes a statement about these resources; none without one, for IAM would not take it. */
export function statementOn(arns: readonly string[], statement: Omit<Statement, "Resource">): Statement[] {
  return arns.length === 0 ? [] : [{ ...statement, Resource: [...new Set(arns)] }];
}

/** Writes an IAM policy that allows what its statements say, and nothing else. References may stand in its texts. */
export function allow(statements: readonly Statement[]): string {
  const Statement = statements.map((statement) => ({ Effect: "Allow", ...statement }));
  return JSON.stringify({ Version: "2012-10-17", Statement });
}

/** Writes the policy that lets a service take on a role. */
export function trust(service: string): string {
  const statement = { Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: service } };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}

/** The audience of the tokens that GitHub's workflows take to AWS. */
const STS = "sts.amazonaws.com";

/** Writes the policy that lets workflows of GitHub take on a role: those whose token has this subject, and no other. */
export function trustGitHub({
  providerArn,
  subject,
}: {
  readonly providerArn: string;
  readonly subject: string;
}): string {
  const Condition = {
    StringEquals: {
      "token.actions.githubusercontent.com:aud": STS,
      "token.actions.githubusercontent.com:sub": subject,
    },
  };
  const Principal = { Federated: providerArn };
  const statement = { Effect: "Allow", Action: "sts:AssumeRoleWithWebIdentity", Principal, Condition };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}

/** Writes the policy of a bucket that refuses every call that does not come through TLS, whoever makes it. */
export function refuseInClear(bucketArn: string): string {
  const statement = {
    Sid: "RefuseInClear",
    Effect: "Deny",
    Principal: "*",
    Action: "s3:*",
    Resource: [bucketArn, `${bucketArn}/*`],
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}
