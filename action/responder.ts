import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import type { ResponderRequest } from "../contract/requests.ts";
import type { ResponderAnswer } from "../contract/responder-answer.ts";
import { type Call, failureOf, NotAnsweredError } from "./failure.ts";

/**
 * Asks the responder and waits for its answer.
 *
 * @throws AwsCallError where the function cannot be called
 * @throws NotAnsweredError where it gives an error instead of an answer
 */
export async function askResponder(
  { lambda, region }: { readonly lambda: LambdaClient; readonly region: string },
  functionName: string,
  request: ResponderRequest,
): Promise<ResponderAnswer> {
  const call: Call = { operation: "Invoke", subject: functionName, region };
  const command = new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(request) });
  const answer = await lambda.send(command).catch((error: unknown) => {
    throw failureOf(error, call);
  });
  const payload = readJson(answer.Payload?.transformToString() ?? "");
  if (answer.FunctionError === undefined && isAnswer(payload)) return payload;
  throw new NotAnsweredError(`${functionName}: ${errorIn(payload)}`);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isAnswer(payload: unknown): payload is ResponderAnswer {
  return typeof payload === "object" && payload !== null && "outcome" in payload && "next" in payload;
}

/** What Lambda reports of a function that threw, or did not get to its end. The function's own errors hold no key. */
function errorIn(payload: unknown): string {
  const { errorType, errorMessage } = (payload ?? {}) as { errorType?: unknown; errorMessage?: unknown };
  if (errorMessage === undefined) {
    return "its answer is not understood. Deploy the constructs in the version of this Action";
  }
  return `${errorType ?? "an error"}: ${errorMessage}. Run the job again: asked twice, it is done once`;
}
