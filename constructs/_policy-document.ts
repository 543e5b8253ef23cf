/** One statement of an IAM policy that allows something. */
export interface Statement {
  /** What it is for. */
  readonly Sid: string;
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
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
