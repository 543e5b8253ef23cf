import { AwsError } from "./aws-error.ts";
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
}

/**
 * Holds a function's call to the function's role.
 *
 * @throws AwsError as IAM words it, where the role does not allow it
 */
export function authorize(request: ServiceRequest, services: Authorizing): void {
  const call = readCall(request, services);
  if (services.lambda.roleAllows(request.accessKeyId, call)) return;
  const message = `User is not authorized to perform: ${call.action} on resource: ${call.resource} because no identity-based policy allows the ${call.action} action`;
  throw new AwsError("AccessDeniedException", message, request.service === "lambda" ? 403 : 400);
}

function readCall({ service, operation, target }: ServiceRequest, services: Authorizing): FunctionCall {
  switch (service) {
    case "lambda":
      return { action: "lambda:InvokeFunction", resource: services.lambda.arnOf(target ?? "") };
    case "ssm":
      return { action: `ssm:${operation}`, resource: services.parameters.arnOf(target ?? "*") };
    case "secretsmanager": {
      const arn = services.secretsManager.table.lookUp(target ?? "")?.arn;
      return { action: `secretsmanager:${operation}`, resource: arn ?? target ?? "*" };
    }
  }
}
