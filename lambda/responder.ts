import { parseResponderRequest, type ResponderRequest } from "../contract/requests.ts";
import type { ResponderAnswer } from "../contract/responder-answer.ts";
import { nameOfSecret } from "../core/aws/secret-name.ts";
import type { Goal } from "../core/cutover/observation.ts";
import { wordAnswer } from "./answer-words.ts";
import { type FindParts, findKey } from "./find-key.ts";
import { type Composition, createHandler, type FunctionParts } from "./handler.ts";
import { answerFrom } from "./pursue-request.ts";
import { respondToLeak } from "./respond-to-leak.ts";
import { type GoalParts, pursue } from "./run-goal.ts";

/** What the environment gives a responder to work with. */
export interface ResponderComposition extends Composition, FindParts {}

/**
 * Makes the responder's handler: it carries out what an operator asks for, and answers with what came of it.
 *
 * An answer is what a run came to, a refusal included; an error is thrown where there was no run, or none that came to
 * its end: the request is not understood, the secret has no policy, AWS does not answer.
 */
export function createResponder(parts: FunctionParts<ResponderComposition>) {
  return createHandler(parts, { parse: parseResponderRequest, serve });
}

async function serve(
  request: ResponderRequest,
  parts: ResponderComposition & GoalParts,
): Promise<ResponderAnswer> {
  const { operation, reason } = request;
  const about = "secret" in request ? { secret: nameOfSecret(request.secret) } : {};
  parts.telemetry.log("info", "an operator asks", { ...about, operation, reason });
  switch (request.operation) {
    case "find-key":
      return findKey(request, parts);
    case "leak-response":
      return respondToLeak(request, parts);
    default: {
      const pursued = await pursue(request.secret, goalOf(request), parts);
      const answer = answerFrom(request, pursued);
      return { ...answer, ...wordAnswer(request, pursued.outcome, answer.effects) };
    }
  }
}

function goalOf(request: Exclude<ResponderRequest, { operation: "find-key" | "leak-response" }>): Goal {
  switch (request.operation) {
    case "retire-now":
      return { kind: request.operation, scope: request.evenIfUsed ? "used" : "unknown" };
    case "revoke":
      return {
        kind: request.operation,
        keyId: request.keyId,
        evenIfLoginsFail: request.evenIfLoginsFail === true,
      };
    default:
      return { kind: request.operation };
  }
}
