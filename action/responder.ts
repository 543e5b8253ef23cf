import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import type { ResponderRequest } from "../contract/requests.ts";
import type { ResponderAnswer } from "../contract/responder-answer.ts";
import { type Call, failureOf, NotAnsweredError } from "./failure.ts";

/** One request, on its way. */
export interface Asking {
  readonly functionName: string;
  readonly request: ResponderRequest;
  /** Gives up waiting. The responder goes on with what it was asked for. */
  readonly signal: AbortSignal;
}

/**
 * Asks the responder and waits for its answer.
 *
 * @throws AwsCallError where the function cannot be called, or the waiting was given up
 * @throws NotAnsweredError where it gives an error instead of an answer
 */
export async function askResponder(
  { lambda, region }: { readonly lambda: LambdaClient; readonly region: string },
  { functionName, request, signal }: Asking,
): Promise<ResponderAnswer> {
  const call: Call = { operation: "Invoke", subject: functionName, region };
  const command = new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(request) });
  const answer = await lambda.send(command, { abortSignal: signal }).catch((error: unknown) => {
    throw failureOf(error, call);
  });
  const payload = readJson(answer.Payload?.transformToString() ?? "");
  if (answer.FunctionError === undefined && isAnswer(payload)) return payload;
  throw notAnswered(functionName, payload);
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

/** Errors of the function that stay as they are until somebody changes something. */
const LASTING = new Set(["ConfigError", "PromiseBrokenError"]);

/** What Lambda reports of a function that threw, or did not get to its end. The function's own errors hold no key. */
function notAnswered(functionName: string, payload: unknown): NotAnsweredError {
  const { errorType, errorMessage } = (payload ?? {}) as { errorType?: unknown; errorMessage?: unknown };
  if (errorMessage === undefined) {
    const message = "its answer is not understood. Deploy the constructs in the version of this Action";
    return new NotAnsweredError(`${functionName}: ${message}`, { isTransient: false });
  }
  const isTransient = !LASTING.has(String(errorType));
  const advice = isTransient
    ? "Run the job again: asked twice, it is done once"
    : "Change what it names, then run the job again";
  const message = `${errorType ?? "an error"}: ${errorMessage}. ${advice}`;
  return new NotAnsweredError(`${functionName}: ${message}`, { isTransient });
}
