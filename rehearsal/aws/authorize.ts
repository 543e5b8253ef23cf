import { AwsError } from "./aws-error.ts";
import type { ConsumerServices } from "./consumer-services.ts";
import type { Identity } from "./identity.ts";
import type { LambdaService } from "./lambda.ts";
import type { FunctionCall } from "./lambda-function.ts";
import type { ServiceRequest } from "./request.ts";
import type { SecretsManager } from "./secrets-manager.ts";
import type { ParameterStore } from "./ssm.ts";

/** What a request may be about. */
export interface Authorizing {
  readonly lambda: LambdaService;
  readonly secretsManager: SecretsManager;
  readonly parameters: ParameterStore;
  readonly identity: Identity;
  readonly consumers: ConsumerServices;
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
  const call = readCall(request, services);
  if (services.lambda.roleAllows(request.accessKeyId, call)) return;
  const message = `User is not authorized to perform: ${call.action} on resource: ${call.resource} because no identity-based policy allows the ${call.action} action`;
  const isOlder = request.service === "iam" || request.service === "sts";
  const type = isOlder ? "AccessDenied" : "AccessDeniedException";
  throw new AwsError(type, message, isOlder || request.service === "lambda" ? 403 : 400);
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
    case "ssm":
      return { action: `ssm:${operation}`, resource: services.parameters.arnOf(target ?? "*") };
    case "secretsmanager": {
      const arn = services.secretsManager.table.lookUp(target ?? "")?.arn;
      return { action: `secretsmanager:${operation}`, resource: arn ?? target ?? "*" };
    }
  }
}

/** Who says to have put each event of a call. */
function sourcesOf({ input }: ServiceRequest): string[] {
  const entries = Array.isArray(input.Entries) ? (input.Entries as readonly { Source?: unknown }[]) : [];
  return entries.map(({ Source }) => String(Source));
}
