import type { ResponderAnswer } from "../contract/responder-answer.ts";
import { AwsCallError, NotAnsweredError } from "./failure.ts";
import type { ContainInputs } from "./inputs.ts";
import { shownInput } from "./read-input.ts";
import { withInputNames } from "./request-inputs.ts";

/** Shorter than this is no key. */
const SHORTEST_KEY = 8;

type Asked = Pick<ContainInputs, "request">;

/**
 * An answer as the job may show it. What names a key may be its value, pasted in a hurry (P6): it is shown only where the
 * responder knows it, not in a refusal, nor in an error. What a refusal asks for is said by the inputs' names, too.
 */
export async function shownAnswer(asked: Promise<ResponderAnswer>, inputs: Asked): Promise<ResponderAnswer> {
  const given = keyGiven(inputs);
  const withheld = (text: string) =>
    given.length < SHORTEST_KEY ? text : text.replaceAll(given, "[what was given]");
  try {
    const answer = withInputNames(await asked);
    const isShown = answer.outcome !== "refuse" && shownKey(answer, inputs) === given;
    if (isShown) return answer;
    return JSON.parse(JSON.stringify(answer), (_, value) =>
      typeof value === "string" ? withheld(value) : value,
    );
  } catch (error) {
    if (error instanceof AwsCallError || error instanceof NotAnsweredError)
      error.message = withheld(error.message);
    throw error;
  }
}

/** What was given as the key: whole where the answer knows it, and else without what could be a value. */
export function shownKey(answer: ResponderAnswer, inputs: Asked): string {
  const given = keyGiven(inputs);
  return isConfirmed(answer, given) ? given : shownInput(given);
}

/** The responder refuses what it does not know, and proves nothing of it; where it waits, it may not have looked yet. */
function isConfirmed({ outcome, effects, incident, proof }: ResponderAnswer, given: string): boolean {
  if (outcome === "refuse") return false;
  const isChanged = effects.some((any) => any.keyId === given && any.outcome === "applied");
  return proof !== undefined || isChanged || incident?.keys.some(({ keyId }) => keyId === given) === true;
}

/** What was given as the key: its id, or what stands for it. */
export function keyGiven({ request }: Asked): string {
  return request.operation === "revoke" ? request.keyId : request.which;
}
