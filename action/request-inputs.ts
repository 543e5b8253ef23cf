import { getInput } from "@actions/core";
import { ConfigError, type Problem } from "../contract/errors.ts";
import {
  parseResponderRequest,
  type ResponderOperation,
  type ResponderRequest,
} from "../contract/requests.ts";
import type { ResponderAnswer } from "../contract/responder-answer.ts";
import { readChoice } from "./read-input.ts";

/**
 * Inputs that become fields of a request, `even-if-used` to `evenIfUsed`: what each is, and what it is for. An input that
 * was not given is no field, so that the defaults are the request's.
 */
const FIELDS = {
  which: { is: "text", for: ["leak-response"] },
  mode: { is: "text", for: ["leak-response"] },
  "deadline-seconds": { is: "number", for: ["leak-response"] },
  "leaked-at": { is: "text", for: ["leak-response"] },
  drill: { is: "word", for: ["leak-response"] },
  "even-in-production": { is: "word", for: ["leak-response"] },
  "even-if-logins-fail": { is: "word", for: ["leak-response", "revoke"] },
  "key-id": { is: "text", for: ["revoke"] },
  sha256: { is: "text", for: ["find-key"] },
  "even-if-used": { is: "word", for: ["retire-now"] },
} as const satisfies Record<string, { is: Kind; for: readonly ResponderOperation[] }>;

type Kind = "text" | "number" | "word";
type Name = keyof typeof FIELDS;

/** The names of the inputs that become fields. */
export const FIELD_INPUTS = Object.keys(FIELDS) as readonly Name[];

const YES_OR_NO = ["false", "true"] as const;

/**
 * Reads the request that an operation sends, and holds it to what the responder takes: what would be refused there is
 * said before anything is asked of AWS. No message shows what was given, which may be a key (P6).
 *
 * @param about fields that every operation reads
 * @returns `undefined` where there are problems
 */
export function readRequest(
  operation: ResponderOperation,
  about: { readonly secret: string | undefined; readonly reason: string },
  problems: Problem[],
): ResponderRequest | undefined {
  const fields = FIELD_INPUTS.flatMap((name) => {
    const value = readField(name, problems);
    return value !== undefined && isFor(name, operation) ? [[fieldOf(name), value]] : [];
  });
  try {
    // A secret that is missing or mistaken is told of by who has read it.
    const subject = operation === "find-key" ? {} : { secret: about.secret ?? "unread" };
    const { reason } = about;
    return parseResponderRequest({ operation, ...Object.fromEntries(fields), ...subject, reason });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems.map(({ path, message }) => ({ path: inputOf(path), message })));
    return undefined;
  }
}

/** Tells of inputs that were given, and are for other operations: what they were to do would not be done. */
export function findMisplaced(operation: string): Problem[] {
  return FIELD_INPUTS.filter((name) => isGiven(name) && !isFor(name, operation)).map((name) => ({
    path: name,
    message: `is for ${FIELDS[name].for.join(" and ")}. Leave it out for ${operation}`,
  }));
}

/** What has to be asked for in words: an answer names it by its field. */
const SAID = new RegExp(
  `\\b(?:${FIELD_INPUTS.filter((name) => name.startsWith("even-"))
    .map(fieldOf)
    .join("|")})\\b(?:: true)?`,
  "g",
);

/** Says in an answer of each field that it asks for by which input it is given. */
export function withInputNames(answer: ResponderAnswer): ResponderAnswer {
  const named = (text: string) =>
    text.replace(SAID, (found) => `${found} (input ${inputOf(found.replace(": true", ""))})`);
  const { because, result, next, held } = answer;
  return {
    ...answer,
    ...(because === undefined ? {} : { because: named(because) }),
    result: named(result),
    next: named(next),
    held: held.map((item) => ({ ...item, because: named(item.because) })),
  };
}

function readField(name: Name, problems: Problem[]): string | number | true | undefined {
  if (!isGiven(name)) return undefined;
  const text = getInput(name);
  const { is } = FIELDS[name];
  if (is === "text") return text;
  // What is no whole number stays a text, which the request's own check refuses in its own words.
  if (is === "number") return /^\d{1,9}$/.test(text) ? Number(text) : text;
  return readChoice(name, YES_OR_NO, problems) === "true" ? true : undefined;
}

function isGiven(name: Name): boolean {
  const text = getInput(name);
  return text !== "" && !(FIELDS[name].is === "word" && text === "false");
}

function isFor(name: Name, operation: string): boolean {
  return FIELDS[name].for.some((one) => one === operation);
}

function fieldOf(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function inputOf(path: string): string {
  return path.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
