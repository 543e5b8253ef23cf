import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { authorize } from "./authorize.ts";
import { AwsError } from "./aws-error.ts";
import type { ConsumerServices } from "./consumer-services.ts";
import { type Answer, describeFailure, internalError, throttling, XML } from "./failure.ts";
import type { Identity } from "./identity.ts";
import type { Journal } from "./journal.ts";
import type { LambdaService } from "./lambda.ts";
import { readBody, readRequest, type ServiceRequest } from "./request.ts";
import { serveRuntimeApi } from "./runtime-api.ts";
import type { S3 } from "./s3.ts";
import type { SecretsManager } from "./secrets-manager.ts";
import type { ParameterStore } from "./ssm.ts";

/**
 * What becomes of a request. `before` and `after` say whether it was carried out when the fault struck: `drop` closes
 * the connection without an answer, `hang` leaves the caller to its own timeout, `error-500` is the service's internal
 * error, `throttle` its refusal, and `kill` ends the process of the invocation that called.
 */
export type Fault =
  | "pass"
  | "drop-before"
  | "drop-after"
  | "hang-before"
  | "hang-after"
  | "error-500"
  | "error-500-after"
  | "throttle"
  | "kill-before"
  | "kill-after";

/** What a hook gets to know of a request. */
export interface RequestInfo {
  readonly service: ServiceRequest["service"];
  readonly operation: string;
  readonly target: string | undefined;
  readonly accessKeyId: string;
  /** The invocation that it comes from, if it comes from a function. */
  readonly invocationId: string | undefined;
  /** Which call of that invocation (or, outside of functions, of that access key) this is, from 1. */
  readonly callNumber: number;
}

/** Decides the fate of a request; it may take its time, which delays the request. */
export type RequestHook = (info: RequestInfo) => Fault | Promise<Fault>;

/** What stands behind the endpoint. */
export interface EndpointScope {
  readonly journal: Journal;
  readonly lambda: LambdaService;
  readonly secretsManager: SecretsManager;
  readonly parameters: ParameterStore;
  readonly identity: Identity;
  readonly consumers: ConsumerServices;
  readonly s3: S3;
  readonly onRequest: RequestHook;
}

/** The one HTTP endpoint of all services: understands a request, plays its fault, has it carried out, answers. */
export class Endpoint {
  readonly #scope: EndpointScope;
  readonly #calls = new Map<string, number>();

  constructor(scope: EndpointScope) {
    this.#scope = scope;
  }

  /** Serves one request, and never throws. */
  async serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = await readBody(message);
      if (message.url?.startsWith("/runtime/")) {
        return serveRuntimeApi(
          this.#scope.lambda,
          { method: message.method, url: message.url, body },
          response,
        );
      }
      const request = readRequest(message, body);
      await this.#play(request, this.#describe(request), response);
    } catch (error) {
      if (!response.headersSent && !response.destroyed)
        send(response, describeFailure(error, "secretsmanager"));
    }
  }

  #describe(request: ServiceRequest): RequestInfo {
    const { service, operation, target, accessKeyId } = request;
    const invocationId = this.#scope.lambda.invocationOf(accessKeyId);
    const counted = invocationId ?? accessKeyId;
    const callNumber = (this.#calls.get(counted) ?? 0) + 1;
    this.#calls.set(counted, callNumber);
    return { service, operation, target, accessKeyId, invocationId, callNumber };
  }

  async #play(request: ServiceRequest, info: RequestInfo, response: ServerResponse): Promise<void> {
    const fault = await this.#scope.onRequest(info);
    if (fault === "kill-before") this.#kill(info);
    const answer = refuses(fault)
      ? describeFailure(buildRefusal(fault, request.service), request.service)
      : await this.#carryOut(request, info);
    const { service, operation, target, accessKeyId, invocationId } = info;
    this.#scope.journal.add(
      {
        kind: "call",
        service,
        operation,
        target,
        error: answer.error,
        fault: fault === "pass" ? undefined : fault,
      },
      { accessKeyId, invocationId },
    );
    if (fault === "kill-after") this.#kill(info);
    if (fault.startsWith("hang")) return;
    if (fault.startsWith("drop") || fault.startsWith("kill")) return void response.destroy();
    send(
      response,
      fault === "error-500-after" ? describeFailure(internalError(request.service), request.service) : answer,
    );
  }

  async #carryOut(request: ServiceRequest, info: RequestInfo): Promise<Answer> {
    const caller = { accessKeyId: info.accessKeyId, invocationId: info.invocationId };
    try {
      authorize(request, this.#scope);
      const answer = this.#scope.consumers.handle(request);
      if (answer !== undefined) return { status: 200, body: JSON.stringify(answer) };
      if (request.service === "lambda") return await this.#invoke(request);
      if (request.service === "iam" || request.service === "sts") return await this.#identify(request);
      if (request.service === "s3") return { status: 200, ...this.#scope.s3.handle(request) };
      const output =
        request.service === "ssm"
          ? this.#scope.parameters.handle(request.operation, request.input)
          : this.#scope.secretsManager.handle(request.operation, request.input, caller);
      return { status: 200, body: JSON.stringify(output) };
    } catch (error) {
      return describeFailure(error, request.service);
    }
  }

  async #identify(request: ServiceRequest): Promise<Answer> {
    const { lambda, identity } = this.#scope;
    const answer = await identity.serve(request, { isRole: lambda.isFunctions(request.accessKeyId) });
    return { ...answer, headers: XML };
  }

  /** https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
  async #invoke({ target = "", body, invocationType }: ServiceRequest): Promise<Answer> {
    const { lambda } = this.#scope;
    if (invocationType === "DryRun") {
      lambda.check(target);
      return { status: 204, body: "" };
    }
    const payload = readPayload(body);
    if (invocationType === "Event") {
      lambda.invokeLater(target, payload);
      return { status: 202, body: "" };
    }
    const result = await lambda.invoke(target, payload);
    const headers = { "X-Amz-Executed-Version": "$LATEST" };
    return {
      status: 200,
      body: result.payload,
      headers: result.functionError ? { ...headers, "X-Amz-Function-Error": result.functionError } : headers,
    };
  }

  #kill(info: RequestInfo): void {
    if (info.invocationId) this.#scope.lambda.kill(info.invocationId);
  }
}

function readPayload(body: string): string {
  try {
    JSON.parse(body || "{}");
    return body || "{}";
  } catch {
    throw new AwsError("InvalidRequestContentException", "Could not parse request body into json.");
  }
}

function refuses(fault: Fault): boolean {
  return fault === "throttle" || fault === "error-500" || fault.endsWith("-before");
}

function buildRefusal(fault: Fault, service: ServiceRequest["service"]): AwsError {
  return fault === "throttle" ? throttling(service) : internalError(service);
}

function send(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, {
    "Content-Type": "application/x-amz-json-1.1",
    "X-Amzn-RequestId": randomUUID(),
    ...answer.headers,
  });
  response.end(answer.body);
}
