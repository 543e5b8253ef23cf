import { Sensitive } from "../../contract/sensitive.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const LENGTH = 25;
/** Bytes from here on would make the first letters likelier than the last ones. */
const FIRST_UNFAIR_BYTE = 256 - (256 % ALPHABET.length);

/**
 * Chooses a secret by the vendor's rules: 8 to 25 characters, at least one lower case, one upper case and one digit
 * (account.yml, `createSecretRequest`; confirmed at developer.vonage.com/account/code-snippets/create-a-secret).
 *
 * The longest that is allowed, of letters and digits alone, which need no quoting anywhere: 62^25, 148.9 bits. A draw
 * that breaks a rule is thrown away whole, so that all that keep them are equally likely; that costs 0.02 bits.
 *
 * @param randomBytes a cryptographic source
 */
export function chooseSecret(randomBytes: (count: number) => Uint8Array): Sensitive {
  for (;;) {
    const text = draw(randomBytes);
    if (/[a-z]/.test(text) && /[A-Z]/.test(text) && /[0-9]/.test(text)) return new Sensitive(text);
  }
}

function draw(randomBytes: (count: number) => Uint8Array): string {
  let text = "";
  while (text.length < LENGTH) {
    for (const byte of randomBytes(LENGTH - text.length)) {
      if (byte < FIRST_UNFAIR_BYTE) text += ALPHABET[byte % ALPHABET.length];
    }
  }
  return text;
}
