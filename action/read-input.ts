import { getInput } from "@actions/core";
import type { Problem } from "../contract/errors.ts";
import { withholdKeys } from "../contract/reason.ts";
import { MAX_WAIT_SECONDS } from "../contract/timing.ts";

/** Shorter than any vendor's key, and longer than most words that have digits in them. */
const LIKE_A_KEY = /[A-Za-z0-9+=~]{12,}/g;

/**
 * Shows what was typed into an input that is mistaken. Whoever is in a hurry pastes the key that it is all about into any
 * field (P6), so what could be one is withheld: 12 characters or more without a break, with letters and digits.
 */
export function shownInput(text: string): string {
  if (isArn(text)) return text;
  const line = withholdKeys(text.replace(/\s+/g, " ").slice(0, 200));
  return line.replace(LIKE_A_KEY, (part) =>
    /\d/.test(part) && /[A-Za-z]/.test(part) ? `[${part.length} characters withheld]` : part,
  );
}

/** Reads an input that is one of a few words. */
export function readChoice<T extends string>(
  name: string,
  choices: readonly T[],
  problems: Problem[],
): T | undefined {
  const text = getInput(name);
  const found = choices.find((choice) => choice === text);
  if (found === undefined) {
    const what = text === "" ? "is missing" : `is "${shownInput(text)}", which is unknown`;
    problems.push({ path: name, message: `${what}. Use one of: ${choices.join(", ")}` });
  }
  return found;
}

const ARN = /^arn:[a-z-]+:secretsmanager:([a-z0-9-]+):\d{12}:secret:[A-Za-z0-9/_+=.@-]+$/;

/** Whether this is a secret's full ARN. */
export function isArn(text: string): boolean {
  return ARN.test(text);
}

/** Reads input `secret`: a name or a full ARN. */
export function readSecret(problems: Problem[]): string | undefined {
  const text = getInput("secret");
  if (text === "") return undefined;
  const isName = /^[A-Za-z0-9/_+=.@-]{1,512}$/.test(text);
  if (isName || isArn(text)) return text;
  problems.push({
    path: "secret",
    message: `is "${shownInput(text)}", which is neither a secret's name nor its ARN (arn:aws:secretsmanager:<region>:<account>:secret:<name>-<suffix>)`,
  });
  return undefined;
}

/** Reads an input that is a name of dualkey's own. */
export function readName(name: string, problems: Problem[]): string | undefined {
  const text = getInput(name);
  if (text === "" || /^[A-Za-z0-9_.-]+$/.test(text)) return text || undefined;
  problems.push({ path: name, message: `is "${shownInput(text)}": letters, digits, and _ . - only` });
  return undefined;
}

/** Reads for how long to wait. @default 900 */
export function readWait(name: string, problems: Problem[]): number {
  const text = getInput(name) || "900";
  const seconds = Number(text);
  if (/^\d{1,5}$/.test(text) && seconds <= MAX_WAIT_SECONDS) return seconds;
  problems.push({
    path: name,
    message: `is "${shownInput(text)}". Give a whole number of seconds from 0 to ${MAX_WAIT_SECONDS}`,
  });
  return 0;
}

/** A secret lives in one region, and the SDK asks in one: where they differ, the answer would be "not found". */
export function problemsOfRegion(environment: NodeJS.ProcessEnv, secret: string | undefined): Problem[] {
  const region = regionOf(environment);
  if (region === undefined) {
    const message =
      "is not set. Set aws-region in a step with aws-actions/configure-aws-credentials before this one";
    return [{ path: "AWS_REGION", message }];
  }
  const ofSecret = secret === undefined ? undefined : ARN.exec(secret)?.[1];
  if (ofSecret === undefined || ofSecret === region) return [];
  const message = `is in ${ofSecret}, and AWS_REGION is ${region}. Set aws-region: ${ofSecret} in the configure-aws-credentials step`;
  return [{ path: "secret", message }];
}

/** The region that the SDK will ask in. */
export function regionOf({ AWS_REGION, AWS_DEFAULT_REGION }: NodeJS.ProcessEnv): string | undefined {
  return AWS_REGION || AWS_DEFAULT_REGION || undefined;
}
