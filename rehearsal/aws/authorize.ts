import { AwsError } from "./aws-error.ts";
import type { ConsumerServices } from "./consumer-services.ts";
import type { Identity } from "./identity.ts";
import type { LambdaService } from "./lambda.ts";
import type { FunctionCall } from "./lambda-function.ts";
import type { ServiceRequest } from "./request.ts";
import { type S3, splitTarget } from "./s3.ts";
import type { SecretsManager } from "./secrets-manager.ts";
import type { ParameterStore } from "./ssm.ts";

/** What a request may be about. */
export interface Authorizing {
  readonly lambda: LambdaService;
  readonly secretsManager: SecretsManager;
  readonly parameters: ParameterStore;
  readonly identity: Identity;
  readonly consumers: ConsumerServices;
  readonly s3: S3;
}

/**
 * Holds a function's call to the function's role.
 *
 * @throws AwsError as IAM words it, where the role does not allow it
 */
export function authorize(request: ServiceRequest, services: Authorizing): void {
  // Nobody can be denied to ask who they are:
  // https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
  if (request.service === "sts" && request.operation === "GetCallerIdentity") return;
  const denied = callsOf(request, services).find(
    (call) => !services.lambda.roleAllows(request.accessKeyId, call),
  );
  if (denied !== undefined) throw refusalOf(request, denied);
}

/** All that a role has to allow for a request. */
function callsOf(request: ServiceRequest, services: Authorizing): FunctionCall[] {
  const call = readCall(request, services);
  const { service, operation, target = "" } = request;
  if (service !== "s3" || operation !== "GetObject" || services.s3.has(target)) return [call];
  // Who may not list what is there is not told either that something is not.
  return [call, listingOf(target, splitTarget(target).key)];
}

function refusalOf({ service }: ServiceRequest, call: FunctionCall): AwsError {
  const message = `User is not authorized to perform: ${call.action} on resource: ${call.resource} because no identity-based policy allows the ${call.action} action`;
  const isOlder = service === "iam" || service === "sts" || service === "s3";
  const type = isOlder ? "AccessDenied" : "AccessDeniedException";
  return new AwsError(type, message, isOlder || service === "lambda" ? 403 : 400);
}

function readCall(request: ServiceRequest, services: Authorizing): FunctionCall {
  const { service, operation, target } = request;
  switch (service) {
    case "iam":
    case "sts":
      return { action: `${service}:${operation}`, resource: services.identity.resourceOf(request) };
    case "lambda": {
      const action = operation === "Invoke" ? "InvokeFunction" : operation;
      return { action: `lambda:${action}`, resource: services.lambda.arnOf(target ?? "") };
    }
    case "events": {
      const context = { "events:source": sourcesOf(request) };
      return { action: `events:${operation}`, resource: services.consumers.resourceOf(request), context };
    }
    case "ecs":
    case "cloudwatch":
      return { action: `${service}:${operation}`, resource: services.consumers.resourceOf(request) };
    case "s3":
      if (operation === "ListObjectsV2") return listingOf(target ?? "", String(request.input.prefix ?? ""));
      return { action: `s3:${operation}`, resource: `arn:aws:s3:::${target}` };
    case "ssm":
      return { action: `ssm:${operation}`, resource: services.parameters.arnOf(target ?? "*") };
    case "secretsmanager": {
      const arn = services.secretsManager.table.lookUp(target ?? "")?.arn;
      return { action: `secretsmanager:${operation}`, resource: arn ?? target ?? "*" };
    }
  }
}

/** A look whether there is an object of a name counts as a listing of what begins with it. */
function listingOf(target: string, prefix: string): FunctionCall {
  const { bucket } = splitTarget(target);
  return {
    action: "s3:ListBucket",
    resource: `arn:aws:s3:::${bucket}`,
    context: { "s3:prefix": [prefix] },
  };
}

/** Who says to have put each event of a call. */
function sourcesOf({ input }: ServiceRequest): string[] {
  const entries = Array.isArray(input.Entries) ? (input.Entries as readonly { Source?: unknown }[]) : [];
  return entries.map(({ Source }) => String(Source));
}
