import { AwsError } from "./aws-error.ts";
import type { ServiceRequest } from "./request.ts";
import { escapeXml } from "./xml.ts";

type Service = ServiceRequest["service"];

/** What is sent back. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly error?: string;
}

/** What marks an answer as XML. */
export const XML = { "Content-Type": "text/xml" };

/** A service's own refusal of too many calls. */
export function throttling(service: Service): AwsError {
  switch (service) {
    case "lambda":
      return new AwsError("TooManyRequestsException", "Rate Exceeded.", 429);
    case "iam":
    case "sts":
      return new AwsError("Throttling", "Rate exceeded");
    case "s3":
      return new AwsError("SlowDown", "Reduce your request rate.", 503);
    default:
      return new AwsError("ThrottlingException", "Rate exceeded");
  }
}

/** A service's own error of its own making. */
export function internalError(service: Service): AwsError {
  const type = {
    secretsmanager: "InternalServiceError",
    ssm: "InternalServerError",
    lambda: "ServiceException",
    iam: "ServiceFailure",
    sts: "InternalFailure",
    ecs: "ServerException",
    cloudwatch: "InternalServiceFault",
    events: "InternalException",
    s3: "InternalError",
  };
  return new AwsError(type[service], "An error occurred on the server side.", 500);
}

/** Writes an error as the service's protocol has it. */
export function describeFailure(error: unknown, service: Service): Answer {
  // A mistake in here must not pass for a fault that was asked for.
  if (!(error instanceof AwsError)) process.emitWarning(error instanceof Error ? error : String(error));
  const known = error instanceof AwsError ? error : internalError(service);
  if (service === "iam" || service === "sts") return describeForQuery(known);
  if (service === "s3") return describeForS3(known);
  // JSON 1.1 names the error in the body, Lambda's REST protocol in a header; each SDK reads its own.
  return {
    status: known.status,
    body: JSON.stringify({ __type: known.type, message: known.message, Message: known.message }),
    headers: service === "lambda" ? { "X-Amzn-ErrorType": known.type } : {},
    error: known.type,
  };
}

/** The older protocol's errors. https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html */
function describeForQuery({ type, message, status }: AwsError): Answer {
  const side = status < 500 ? "Sender" : "Receiver";
  const error = `<Error><Type>${side}</Type><Code>${type}</Code><Message>${escapeXml(message)}</Message></Error>`;
  return { status, body: `<ErrorResponse>${error}</ErrorResponse>`, headers: XML, error: type };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
function describeForS3({ type, message, status }: AwsError): Answer {
  const body = `<Error><Code>${type}</Code><Message>${escapeXml(message)}</Message></Error>`;
  return { status, body, headers: XML, error: type };
}
