import { createHmac } from "node:crypto";
import { type SignedImage, type SigningKey, signedUrlOf, signPath } from "../contract/signed-url.ts";

export type { SigningKey };

/** Which image a URL asks for, and where. */
export interface SignUrlOptions extends SignedImage {
  /** Where OptStuff is: `https://images.example.com`. */
  readonly baseUrl: string;
}

/**
 * Signs the URL of an image for OptStuff. On the server alone: the secret half of the key must reach no browser.
 *
 * A URL works as long as its key does, so a page that holds one for longer than the policy's `minOverlap` shows a broken
 * image after a rotation. Where URLs have an `expiresAt`, the overlap must be longer than their lifetime and the time
 * that pages are cached.
 *
 * @throws ConfigError that lists all that is wrong with the input, and never quotes the key
 * @example
 * const imageKey = keyFor("prod/images/optstuff");
 * const url = signUrl(await imageKey.get(), {
 *   baseUrl: "https://images.example.com",
 *   projectSlug: "my-blog",
 *   operations: "w_800,f_webp",
 *   image: "cdn.example.com/photo.jpg",
 *   expiresAt: new Date(Date.now() + 3_600_000),
 * });
 */
export function signUrl(key: SigningKey, { baseUrl, ...image }: SignUrlOptions): string {
  const signed = signPath(key, image, (secret, text) => {
    return createHmac("sha256", secret).update(text).digest("base64url");
  });
  return signedUrlOf(baseUrl, signed);
}
