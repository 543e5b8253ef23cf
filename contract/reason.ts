import { z } from "zod";

const MAX_CHARACTERS = 300;

/** Longer than any word, and shorter than most keys; a slash ends it, so that links stay whole. */
const UNBROKEN = /[A-Za-z0-9_+=~-]{20,}/g;

/**
 * Why an operator asks for something, as it may be logged and recorded: one line, at most 300 characters.
 *
 * People in a hurry paste the key that it is all about (P6). So what could be one is withheld: 20 characters or more
 * without a break, with letters and digits. Ids that look the same go with them.
 */
export const Reason = z
  .string({ error: "is missing. Say in one line why" })
  .transform((text) => text.replace(/[\p{C}\p{Z}]+/gu, " ").trim())
  .pipe(
    z
      .string()
      .min(1, { error: "is empty. Say in one line why" })
      .max(MAX_CHARACTERS, { error: `is longer than ${MAX_CHARACTERS} characters. Say it in fewer` }),
  )
  .transform(withholdKeys);

/** Takes what could be a key out of a text that people have written. */
export function withholdKeys(text: string): string {
  return text.replace(UNBROKEN, (part) =>
    /\d/.test(part) && /[A-Za-z]/.test(part) ? `[${part.length} characters withheld]` : part,
  );
}
