import { BASE_URL_RULE, isBaseUrl } from "../../contract/base-url.ts";
import { ConfigError } from "../../contract/errors.ts";

const MAX_ANSWER_BYTES = 2 * 1024 * 1024;

/** Failures before a byte of the request was sent. Any other may hide that the request was applied. */
const NOT_SENT =
  /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT|CERT_\w+|ERR_TLS_\w+|ERR_SSL_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+)$/;

/** What is left of a failure of the platform, whose own message may quote a header, and so a key. */
export class HttpCause extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.name = "HttpCause";
    this.code = code;
  }
}

/** The platform's code for why `fetch` failed. Its message is left behind. */
export function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = (cause as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : "failed";
}

export function wasSent(code: string): boolean {
  return !NOT_SENT.test(code);
}

/** @throws ConfigError where a credential may not be sent there */
export function parseBaseUrl(baseUrl: string, provider: string): URL {
  if (isBaseUrl(baseUrl) && URL.canParse(baseUrl)) return new URL(baseUrl);
  const message = `is not ${BASE_URL_RULE}. Correct it in the function's environment`;
  throw new ConfigError(`the base URL of ${provider}`, [{ path: "", message }]);
}

/** The text of a body; `undefined` where it is larger than any answer that makes sense. */
export async function readBounded(response: Response): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let [text, size] = ["", 0];
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    // Leaving the loop cancels the stream.
    if (size > MAX_ANSWER_BYTES) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

export function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined; // the parser's message quotes the text, which may hold a key
  }
}

/** Milliseconds, where the header is in seconds. The other form, a date, is left to the usual pause. */
export function retryAfterOf(header: string | null): number | undefined {
  return header !== null && /^\d+$/.test(header.trim()) ? Number(header) * 1000 : undefined;
}

/** `image/webp` of `Image/WebP; charset=binary`. */
export function mediaTypeOf(header: string | null): string {
  return (header ?? "").replace(/;.*$/s, "").trim().toLowerCase();
}
