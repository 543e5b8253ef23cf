const PLAIN = "(:\\d{1,5})?(/[^?#\\s]*)?";
const HTTPS = new RegExp(`^https://[^/?#@:\\s\\\\]+${PLAIN}$`, "i");
const LOOPBACK = new RegExp(`^http://(127\\.\\d+\\.\\d+\\.\\d+|\\[::1\\]|localhost)${PLAIN}$`, "i");

/** What a base URL must be, as the end of a sentence about one that is not. */
export const BASE_URL_RULE = "an https URL (or http on loopback) without user, query and fragment";

/**
 * Tells whether a provider's credential may be sent to a base URL: https, or http on loopback (the sandbox), and
 * nothing in it but scheme, host, port and path.
 */
export function isBaseUrl(url: string): boolean {
  return HTTPS.test(url) || LOOPBACK.test(url);
}
