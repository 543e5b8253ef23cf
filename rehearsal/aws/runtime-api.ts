import type { ServerResponse } from "node:http";
import type { LambdaService } from "./lambda.ts";

const PATH =
  /^\/runtime\/([0-9a-f]+)\/2018-06-01\/runtime\/(?:(init)\/error|invocation\/(next)|invocation\/([^/]+)\/(response|error))$/;

/**
 * Serves the Lambda Runtime API. All environments share one server: the id of the environment is a prefix of the path,
 * which AWS_LAMBDA_RUNTIME_API carries. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export function serveRuntimeApi(
  lambda: LambdaService,
  request: { readonly method: string | undefined; readonly url: string; readonly body: string },
  response: ServerResponse,
): void {
  const [, environmentId = "", init, next, invocationId, outcome] = PATH.exec(request.url) ?? [];
  const environment = lambda.environment(environmentId);
  if (environment && next) {
    environment.next(response);
    return;
  }
  const failure = { functionError: "Unhandled", payload: request.body } as const;
  if (init) environment?.failInit(failure);
  const result = outcome === "response" ? { payload: request.body } : failure;
  const isKnown = init ?? environment?.finish(invocationId ?? "", result);
  response.writeHead(isKnown ? 202 : 403).end();
}
