import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import type { LeakMode, ResponderRequestInput } from "../../contract/requests.ts";
import type { ResponderAnswer } from "../../contract/responder-answer.ts";
import type { World } from "../world/world.ts";

export interface LeakAsked {
  /** A key's id, the sha256 of its value, or `all`. */
  readonly which: string;
  readonly mode: LeakMode;
}

/** By when the leaked key has to be dead: what the responder takes where nobody says otherwise. Seconds. */
export const DEADLINE_SECONDS = 60;

const REASON = "found in a public log, rehearsed";

type Responder = Pick<World, "aws" | "secretName" | "responderName">;

/**
 * Asks the responder to answer a leak, as an operator or the Action does: by invoking the function and waiting.
 *
 * @returns nothing where the function failed
 */
export async function askForLeakResponse(
  responder: Responder,
  { which, mode }: LeakAsked,
): Promise<ResponderAnswer | undefined> {
  const { secretName: secret } = responder;
  return ask(responder, { operation: "leak-response", secret, reason: REASON, which, mode });
}

async function ask(
  { aws, responderName }: Responder,
  asked: ResponderRequestInput,
): Promise<ResponderAnswer | undefined> {
  const lambda = new LambdaClient({ ...aws.clientConfig(), maxAttempts: 1 });
  try {
    const command = new InvokeCommand({ FunctionName: responderName, Payload: JSON.stringify(asked) });
    const { Payload, FunctionError } = await lambda.send(command);
    if (FunctionError !== undefined || Payload === undefined) return undefined;
    return JSON.parse(Buffer.from(Payload).toString("utf8")) as ResponderAnswer;
  } finally {
    lambda.destroy();
  }
}
