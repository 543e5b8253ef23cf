import { expect } from "vitest";
import type { Policy } from "../../../contract/policy.ts";
import { allows, parsePolicyDocument } from "../../../rehearsal/apply/_iam.ts";
import type { DeployedRehearsal } from "../../../rehearsal/apply/deploy-rehearsal.ts";
import type { EmbeddedAws } from "../../../rehearsal/aws/embedded-aws.ts";
import type { AwsEvent } from "../../../rehearsal/aws/journal.ts";

/** What the role of a function allows, by its policy's name. */
export function statementsOf(
  { resources }: Pick<DeployedRehearsal, "resources">,
  policy: "rotate" | "respond",
) {
  const found = resources.find(
    ({ type, attributes }) => type === "aws_iam_role_policy" && attributes.name === policy,
  );
  return parsePolicyDocument(String(found?.attributes.policy), "role");
}

/** A call that reached the embedded AWS. */
type Call = Extract<AwsEvent, { readonly kind: "call" }>;

/** All calls that functions have made. */
export function callsOfFunctions(aws: EmbeddedAws): Call[] {
  return aws.events.all.flatMap((event) =>
    event.kind === "call" && event.caller?.invocationId !== undefined ? [event] : [],
  );
}

/** The invocations of one function, by the end of its name. */
function invocationsOf(aws: EmbeddedAws, part: "rotator" | "responder"): Set<string> {
  return new Set(
    aws.events.all.flatMap((event) =>
      event.kind === "invocation-started" && event.functionName.endsWith(part) ? [event.invocationId] : [],
    ),
  );
}

/** Expects that a function was refused nothing, and that each action of each statement was needed by some call of it. */
export function expectNoNeedlessStatement(
  aws: EmbeddedAws,
  deployed: Pick<DeployedRehearsal, "resources" | "policy">,
  role: "rotate" | "respond" = "rotate",
): void {
  const own = invocationsOf(aws, role === "rotate" ? "rotator" : "responder");
  const calls = callsOfFunctions(aws).filter(
    ({ service, caller }) => service !== "sts" && own.has(caller?.invocationId ?? ""),
  );
  expect(calls.filter(({ error }) => error?.startsWith("AccessDenied"))).toEqual([]);
  const made = calls.map((call) => ({
    action: call.operation === "Invoke" ? "lambda:InvokeFunction" : `${call.service}:${call.operation}`,
    resources: arnsOf(aws, call, deployed.policy),
  }));
  for (const statement of statementsOf(deployed, role)) {
    // Logs are written for the function, and by nothing that it calls.
    if (statement.Sid === "WriteLog") continue;
    // Whether a condition was met is seen by that the call was not refused.
    const { Condition: _, ...unconditional } = statement;
    const isNeeded = (action: string) =>
      made.some(
        (call) =>
          call.action === action &&
          call.resources.some((resource) => allows([unconditional], { action, resource })),
      );
    expect(
      statement.Action.filter((action) => !isNeeded(action)),
      statement.Sid,
    ).toEqual([]);
  }
}

/** The ARNs that a call may have been about, however it named it: an access key is its user's. */
function arnsOf(aws: EmbeddedAws, { service, target = "" }: Call, { consumers }: Policy): string[] {
  if (service === "secretsmanager") return [aws.secrets.get(target)?.arn ?? "*"];
  if (service === "cloudwatch") return ["*"];
  if (service === "events") return [`arn:aws:events:${aws.region}:${aws.account}:event-bus/default`];
  if (service === "ecs") {
    const found = consumers.filter((one) => one.kind === "ecs-service");
    return found.map((one) => aws.consumers.ecs.arnOf(one));
  }
  if (target.startsWith("arn:")) return [target];
  if (service === "iam")
    return [`arn:aws:iam::${aws.account}:user/${target}`, `arn:aws:iam::${aws.account}:user/otp-sender`];
  const kind = service === "ssm" ? "parameter" : "function:";
  return [`arn:aws:${service}:${aws.region}:${aws.account}:${kind}${target}`];
}
