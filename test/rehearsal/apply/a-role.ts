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

/** What a function may do that nothing but the answer to a leak needs. */
const NEEDED_BY_LEAKS = {
  rotate: ["s3:GetObject", "s3:PutObject", "s3:ListBucket"],
  respond: [
    "secretsmanager:PutSecretValue",
    "secretsmanager:ListSecrets",
    "iam:CreateAccessKey",
    "s3:GetObject",
    "s3:PutObject",
    "s3:ListBucket",
  ],
};

/** Whether a function may do something for nothing but the answer to a leak. */
export function isNeededByLeaks(role: keyof typeof NEEDED_BY_LEAKS, action: string): boolean {
  return NEEDED_BY_LEAKS[role].includes(action);
}

type Deployed = Pick<DeployedRehearsal, "resources" | "policy">;

/**
 * Expects that a function was refused nothing, and that each action of each statement was needed by some call of it, but for
 * those that a leak needs.
 */
export function expectNoNeedlessStatement(
  aws: EmbeddedAws,
  deployed: Deployed,
  role: "rotate" | "respond" = "rotate",
): void {
  expect(needlessActions(aws, deployed, role).filter((action) => !isNeededByLeaks(role, action))).toEqual([]);
}

/** Expects the same of what a leak needs, after one was answered. */
export function expectNoNeedlessStatementOfLeaks(
  aws: EmbeddedAws,
  deployed: Deployed,
  role: "rotate" | "respond",
): void {
  expect(needlessActions(aws, deployed, role).filter((action) => isNeededByLeaks(role, action))).toEqual([]);
}

/** What a role allows that no call of its function needed. */
function needlessActions(aws: EmbeddedAws, deployed: Deployed, role: "rotate" | "respond"): string[] {
  const own = invocationsOf(aws, role === "rotate" ? "rotator" : "responder");
  const calls = callsOfFunctions(aws).filter(
    ({ service, caller }) => service !== "sts" && own.has(caller?.invocationId ?? ""),
  );
  expect(calls.filter(({ error }) => error?.startsWith("AccessDenied"))).toEqual([]);
  const made = calls.flatMap((call) =>
    actionsOf(call).map((action) => ({ action, resources: arnsOf(aws, call, deployed.policy) })),
  );
  return statementsOf(deployed, role).flatMap(({ Condition: _, ...unconditional }) => {
    // Logs are written for the function, and by nothing that it calls.
    if (unconditional.Sid === "WriteLog") return [];
    // Whether a condition was met is seen by that the call was not refused.
    const isNeeded = (action: string) =>
      made.some(
        (call) =>
          call.action === action &&
          call.resources.some((resource) => allows([unconditional], { action, resource })),
      );
    return unconditional.Action.filter((action) => !isNeeded(action));
  });
}

/** The permissions that a call takes: a look at an object that is not there takes that to list, too. */
export function actionsOf({
  service,
  operation,
  error,
}: Pick<Call, "service" | "operation" | "error">): string[] {
  if (operation === "Invoke") return ["lambda:InvokeFunction"];
  if (operation === "ListObjectsV2") return ["s3:ListBucket"];
  const own = `${service}:${operation}`;
  return service === "s3" && error === "NoSuchKey" ? [own, "s3:ListBucket"] : [own];
}

/** The ARNs that a call may have been about, however it named it: an access key is its user's. */
function arnsOf(aws: EmbeddedAws, { service, target = "" }: Call, { consumers }: Policy): string[] {
  if (service === "secretsmanager") return [aws.secrets.get(target)?.arn ?? "*"];
  if (service === "s3") return [`arn:aws:s3:::${target}`, `arn:aws:s3:::${target.split("/")[0]}`];
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
