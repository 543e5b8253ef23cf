import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { AwsError } from "./aws-error.ts";
import type { Input } from "./request-fields.ts";

/** A request to one of the services, understood so far that it can be routed. */
export interface ServiceRequest {
  readonly service:
    | "secretsmanager"
    | "ssm"
    | "lambda"
    | "iam"
    | "sts"
    | "ecs"
    | "cloudwatch"
    | "events"
    | "s3";
  readonly operation: string;
  /**
   * The secret's id or name, the parameter's name or path, the function's, the service's or the user's name, the bucket's
   * name with what follows on it: never a value.
   */
  readonly target: string | undefined;
  readonly accessKeyId: string;
  readonly input: Input;
  /** The body as it came; what Lambda hands on. */
  readonly body: string;
  /** X-Amz-Invocation-Type. */
  readonly invocationType: string;
  /** As they came, for who hands the request on. */
  readonly headers: IncomingHttpHeaders;
}

const SERVICES: Readonly<Record<string, ServiceRequest["service"]>> = {
  secretsmanager: "secretsmanager",
  AmazonSSM: "ssm",
  AmazonEC2ContainerServiceV20141113: "ecs",
  GraniteServiceVersion20100801: "cloudwatch",
  AWSEvents: "events",
};

/** The calls of Lambda's REST API, by the method and what follows on the function's name. */
const FUNCTION_CALLS: Readonly<Record<string, string>> = {
  "POST invocations": "Invoke",
  "GET configuration": "GetFunctionConfiguration",
  "PUT configuration": "UpdateFunctionConfiguration",
  "GET aliases": "ListAliases",
};

/** Reads a whole body as text. */
export async function readBody(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/**
 * Understands a request. The signature is not checked, for there is nothing to protect; but a request without one is
 * refused, as it would be by AWS, and its access key id says who calls.
 */
export function readRequest(message: IncomingMessage, body: string): ServiceRequest {
  const [, accessKeyId, signedFor] =
    /Credential=([^/,]+)\/(?:[^/,]+\/[^/,]+\/([^/,]+))?/.exec(message.headers.authorization ?? "") ?? [];
  if (!accessKeyId) {
    throw new AwsError("MissingAuthenticationTokenException", "Missing Authentication Token", 403);
  }
  const [, functionName, part] = /^\/2015-03-31\/functions\/([^/]+)\/(\w+)/.exec(message.url ?? "") ?? [];
  const invocationType = String(message.headers["x-amz-invocation-type"] ?? "RequestResponse");
  const common = { accessKeyId, body, invocationType, headers: message.headers };
  if (functionName !== undefined) {
    const operation = FUNCTION_CALLS[`${message.method} ${part}`];
    if (!operation) throw new AwsError("UnknownOperationException", `No ${part} of functions here.`, 404);
    const input = operation === "Invoke" ? {} : parseInput(body);
    return { ...common, service: "lambda", operation, target: decodeURIComponent(functionName), input };
  }
  if (signedFor === "s3") return { ...common, service: "s3", ...readObjectCall(message) };
  if (signedFor === "iam" || signedFor === "sts") {
    // The older protocol: a form that names the action.
    const input: Input = Object.fromEntries(new URLSearchParams(body));
    return {
      ...common,
      service: signedFor,
      operation: String(input.Action),
      target: readTarget(input),
      input,
    };
  }
  const [prefix = "", operation = ""] = String(message.headers["x-amz-target"] ?? "").split(".");
  const service = SERVICES[prefix];
  if (!service) throw new AwsError("UnknownOperationException", `No service for target ${prefix} here.`, 404);
  const input = parseInput(body);
  return { ...common, service, operation, target: readTarget(input), input };
}

/** S3's REST API: what a call is about stands in its path, and what it is in its method and its query. */
function readObjectCall({
  method,
  url = "/",
}: IncomingMessage): Pick<ServiceRequest, "operation" | "target" | "input"> {
  const { pathname, searchParams } = new URL(url, "http://127.0.0.1");
  const target = decodeURIComponent(pathname.slice(1)).replace(/^([^/]+)\/$/, "$1");
  const verb = `${method?.[0]}${method?.slice(1).toLowerCase()}`;
  const operation = searchParams.get("list-type") === "2" ? "ListObjectsV2" : `${verb}Object`;
  return { operation, target, input: Object.fromEntries(searchParams) };
}

function parseInput(body: string): Input {
  try {
    const parsed: unknown = JSON.parse(body || "{}");
    if (typeof parsed === "object" && parsed !== null) return parsed as Input;
  } catch {
    // Reported below, without the body: it may hold a value.
  }
  throw new AwsError("SerializationException", "The request's body is not a JSON structure.");
}

function readTarget(input: Input): string | undefined {
  const { SecretId, Name, Path, UserName, AccessKeyId, service, services } = input;
  const [first] = Array.isArray(services) ? services : [];
  const target = SecretId ?? Name ?? Path ?? UserName ?? AccessKeyId ?? service ?? first;
  return typeof target === "string" ? target : undefined;
}
