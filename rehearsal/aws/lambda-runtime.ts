/**
 * What runs inside a function's process: a runtime that speaks the Lambda Runtime API, as AWS's own does.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 *
 * Started as `node lambda-runtime.ts <module> <export>`, with AWS_LAMBDA_RUNTIME_API in the environment.
 */
import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { pathToFileURL } from "node:url";

type Handler = (event: unknown, context: object) => unknown;

interface Reply {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const agent = new Agent({ keepAlive: true });
const base = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;
let currentRequestId: string | undefined;

function call(method: "GET" | "POST", path: string, body?: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request(`${base}${path}`, { method, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({ headers: response.headers, body: Buffer.concat(chunks).toString() }),
      );
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

function describeError(error: unknown): string {
  const isError = error instanceof Error;
  return JSON.stringify({
    errorType: isError ? error.name : typeof error,
    errorMessage: isError ? error.message : String(error),
    trace: isError ? (error.stack ?? "").split("\n") : [],
  });
}

function buildContext(headers: IncomingHttpHeaders): object {
  const deadlineMs = Number(headers["lambda-runtime-deadline-ms"]);
  const { env } = process;
  return {
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
}

async function loadHandler(modulePath: string, exportName: string): Promise<Handler> {
  const loaded: Record<string, unknown> = await import(pathToFileURL(modulePath).href);
  const handler = loaded[exportName];
  if (typeof handler !== "function") throw new Error(`${exportName} is not an exported function.`);
  return handler as Handler;
}

async function serve(handler: Handler): Promise<never> {
  for (;;) {
    const next = await call("GET", "/invocation/next");
    currentRequestId = String(next.headers["lambda-runtime-aws-request-id"]);
    const path = `/invocation/${currentRequestId}`;
    try {
      const result = await handler(JSON.parse(next.body), buildContext(next.headers));
      await call("POST", `${path}/response`, JSON.stringify(result) ?? "null");
    } catch (error) {
      await call("POST", `${path}/error`, describeError(error));
    }
    currentRequestId = undefined;
  }
}

/** What nobody caught ends the process, as it does on Lambda, after the service has been told. */
async function fail(error: unknown): Promise<void> {
  const path = currentRequestId ? `/invocation/${currentRequestId}/error` : "/init/error";
  await call("POST", path, describeError(error)).catch(() => undefined);
  process.exit(129);
}

process.on("uncaughtException", fail);
process.on("unhandledRejection", fail);
// The host holds the other end: when it dies, however it dies, nothing may be left behind.
process.stdin.resume().on("close", () => process.exit(1));

const [, , modulePath = "", exportName = "handler"] = process.argv;
loadHandler(modulePath, exportName).then(serve).catch(fail);
