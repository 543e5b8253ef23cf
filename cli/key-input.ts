import { parseHandedIn } from "../contract/handed-in.ts";
import type { Policy } from "../contract/policy.ts";
import { fieldNamesOf, type HandInVendor, type ProviderId } from "../contract/provider-policy.ts";
import { formatSecretValue } from "../contract/secret-value.ts";
import type { Sensitive } from "../contract/sensitive.ts";
import { CommandError } from "./failure.ts";
import type { Terminal } from "./terminal.ts";

/** The fields that are names and no secrets: typing them blind would be of no use. */
const NAMES: Readonly<Partial<Record<ProviderId | HandInVendor, readonly string[]>>> = {
  "twilio-api-key": ["accountSid", "apiKeySid"],
  "twilio-auth-token": ["accountSid"],
  // Vonage calls the account's id an API key; what is secret is the API secret.
  vonage: ["apiKey"],
  "aws-iam": ["accessKeyId"],
  optstuff: ["publicKey"],
  exotel: ["accountSid"],
  plivo: ["authId"],
  gupshup: ["userId"],
  kaleyra: ["sid"],
  "sinch-sms": ["servicePlanId"],
};

/**
 * Gets a key from a person or from standard input, and gives the value for the hand-in secret.
 *
 * @throws CommandError that says what is needed, and never what was given
 */
export async function readKey(policy: Policy, terminal: Terminal): Promise<Sensitive> {
  const fieldNames = fieldNamesOf(policy.provider);
  const text = terminal.isInteractive ? await ask(policy, terminal) : await terminal.readInput();
  if (text.trim() === "") {
    const json = `{${fieldNames.map((name) => `"${name}": …`).join(", ")}}`;
    throw new CommandError(
      `standard input is empty. Pipe the key in as JSON, ${json}, or run this in a terminal, which asks for it`,
      { exitCode: 2 },
    );
  }
  const parsed = parseHandedIn(text, { fieldNames, shape: policy });
  if (parsed.kind === "unreadable") {
    throw new CommandError(`what was handed in ${parsed.because}`, { exitCode: 2 });
  }
  return formatSecretValue(parsed.key, { value: "json" });
}

async function ask({ provider }: Policy, terminal: Terminal): Promise<string> {
  const names = NAMES[provider.id === "hand-in" ? provider.vendor : provider.id] ?? [];
  const answers: Record<string, string> = {};
  for (const field of fieldNamesOf(provider)) {
    answers[field] = await askField(field, { isName: names.includes(field), terminal });
  }
  return JSON.stringify(answers);
}

async function askField(
  field: string,
  { isName, terminal }: { readonly isName: boolean; readonly terminal: Terminal },
): Promise<string> {
  for (;;) {
    const label = `${field}:`;
    const answer = await (isName ? terminal.askPlain(label) : terminal.askHidden(label));
    const text = answer.trim();
    if (text !== answer && text !== "") terminal.note(`${field}: the white space around it was left out`);
    if (text !== "" && !hasControlCharacter(text)) return text;
    terminal.note(
      text === "" ? `${field}: is empty` : `${field}: has a character that no key has. Paste it again`,
    );
  }
}

function hasControlCharacter(text: string): boolean {
  return [...text].some((character) => character < " " || character === "\u007f");
}
