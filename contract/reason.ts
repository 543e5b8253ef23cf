import { z } from "zod";
import { maskPhoneNumbers } from "./phone-number.ts";

const MAX_CHARACTERS = 300;

/** As long as the shortest of the vendors' keys that are still too long to be a word; a slash may be in the middle of one. */
const UNBROKEN = /[A-Za-z0-9_+=~/-]{16,}/g;

/** Behind `?` and `#` of a link stands what people log in with. */
const PATH_OF_LINK = /https?:\/\/[^?#]*$/i;

/** What people name things with: a word, words in one, a number, an id in letters of one case. A key mixes cases. */
const WORD = /^(?:[a-z0-9]*|[A-Z0-9]*|[A-Z]?[a-z]{2,}(?:[A-Z][a-z]{2,})*\d*)$/;

/**
 * Why an operator asks for something, as it may be logged and recorded: one line, at most 300 characters.
 *
 * People in a hurry paste the key that it is all about (P6), or the number of who complains. So what could be one is
 * withheld, as `withholdKeys` and `maskPhoneNumbers` say. Ids that look the same go with them.
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
  .transform((text) => maskPhoneNumbers(withholdKeys(text)));

/**
 * Takes what could be a key out of a text that people have written: 16 characters or more without a break, with letters and
 * digits. Links and paths of plain words stay readable, a link up to the first part that could be one.
 */
export function withholdKeys(text: string): string {
  return text.replace(/\S+/g, (word) =>
    word.replace(UNBROKEN, (run, offset: number) => {
      if (!isMixed(run)) return run;
      const parts = run.split("/");
      const first = parts.findIndex((part) => !isPlain(part));
      if (parts.length > 1 && first < 0) return run;
      const isLink = PATH_OF_LINK.test(word.slice(0, offset));
      const kept = isLink ? parts.slice(0, first).map((part) => `${part}/`) : [];
      const link = kept.join("");
      return `${link}[${run.length - link.length} characters withheld]`;
    }),
  );
}

/** Whether a name is made of words, as names are, and so is no key that was pasted in the place of one. */
export function isPlainName(name: string): boolean {
  return name.split(/[/+=.@~_-]/).every(isPlain);
}

function isPlain(part: string): boolean {
  return !(part.length >= 16 && isMixed(part)) && part.split(/[_-]/).every((word) => WORD.test(word));
}

function isMixed(text: string): boolean {
  return /\d/.test(text) && /[A-Za-z]/.test(text);
}
