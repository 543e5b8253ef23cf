import { setTimeout as pause } from "node:timers/promises";
import {
  OutcomeUnknownError,
  ProviderRejectedError,
  ProviderUnavailableError,
} from "../../contract/errors.ts";
import { maskPhoneNumbers } from "../../contract/phone-number.ts";
import { Sensitive } from "../../contract/sensitive.ts";
import type { HttpAnswer } from "./_answer.ts";
import {
  codeOf,
  HttpCause,
  mediaTypeOf,
  parseBaseUrl,
  parseJson,
  readBounded,
  retryAfterOf,
  wasSent,
} from "./_wire.ts";

export interface HttpOptions {
  /** The provider's id, which starts every message. */
  readonly provider: string;
  /** From the function's environment alone: nothing that is read at run time can change where a credential goes. */
  readonly baseUrl: string;
  /** What this vendor's keys and their hashes look like in a text (global): taken out of all that it answers. */
  readonly keyPattern: RegExp;
  /** Takes the vendor's code and message out of the body of a refusal. */
  readonly readError: (json: unknown) => { readonly code?: string; readonly message?: string };
  /** Milliseconds after which one attempt is given up. @default 10000 */
  readonly attemptTimeoutMs?: number | undefined;
  /** Waits between attempts; rejects when the signal aborts. @default the system's clock */
  readonly sleep?: ((ms: number, signal: AbortSignal) => Promise<unknown>) | undefined;
}

export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below the base URL. Ids in it go through `encodeURIComponent`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** The headers that hold the credential. */
  readonly headers: Readonly<Record<string, Sensitive>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as a form (`application/x-www-form-urlencoded`), in the place of `body`. */
  readonly form?: Readonly<Record<string, string>>;
  /** Other key material in the request, or in the credential: taken out of all that is said of it. */
  readonly secrets?: readonly Sensitive[];
  readonly signal: AbortSignal;
}

/** One attempt: an answer, or the code of what went wrong. */
interface Outcome {
  readonly answer?: Omit<HttpAnswer, "isRepeat">;
  readonly code: string;
  readonly mayBeApplied: boolean;
  /** Whether the same request may fare better later. */
  readonly mayPass: boolean;
  readonly retryAfterMs?: number | undefined;
}

/** By the protocol's own rules (RFC 9110, 9.2.2): twice is as good as once. */
const REPEATABLE: ReadonlySet<HttpRequest["method"]> = new Set(["GET", "HEAD", "PUT", "DELETE"]);
const MAX_ATTEMPTS = 3;
const ATTEMPT_TIMEOUT_MS = 10_000;
const FIRST_PAUSE_MS = 250;
/** A vendor that wants more patience than this gets an error at once: the next run is the retry. */
const LONGEST_PAUSE_MS = 5_000;

/** How long one call can take with its retries: a part of the fence's margin. */
export const LONGEST_CALL_MS = MAX_ATTEMPTS * ATTEMPT_TIMEOUT_MS + (MAX_ATTEMPTS - 1) * LONGEST_PAUSE_MS;

/**
 * The one place where adapters speak HTTP. A GET, HEAD, PUT or DELETE is repeated where that may help, a POST or PATCH
 * never; a redirect is never followed. What the vendor answers comes back, whatever it is.
 */
export class Http {
  readonly #options: HttpOptions;
  readonly #baseUrl: URL;

  /** @throws ConfigError where a credential may not be sent to the base URL */
  constructor(options: HttpOptions) {
    this.#options = options;
    this.#baseUrl = parseBaseUrl(options.baseUrl, options.provider);
  }

  /**
   * @throws ProviderUnavailableError where no answer came and nothing can have been applied
   * @throws OutcomeUnknownError where no answer came and it may have been applied (never of a GET)
   * @throws ProviderRejectedError where the key is not one that can be sent
   */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    const isRepeatable = REPEATABLE.has(request.method);
    let isRepeat = false;
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await this.#attempt(request);
      const pauseMs = outcome.retryAfterMs ?? FIRST_PAUSE_MS * 2 ** (attempt - 1);
      const isWorthwhile = outcome.mayPass && pauseMs <= LONGEST_PAUSE_MS;
      const isLast = !isRepeatable || !isWorthwhile || attempt === MAX_ATTEMPTS || request.signal.aborted;
      if (isLast && outcome.answer) return { ...outcome.answer, isRepeat };
      isRepeat ||= !isRead(request.method) && outcome.mayBeApplied;
      if (isLast) throw this.#failure(request, { code: outcome.code, mayBeApplied: isRepeat });
      await this.#pause(pauseMs, { request, isRepeat });
    }
  }

  async #attempt(request: HttpRequest): Promise<Outcome> {
    const headers = this.#headersOf(request);
    if (request.signal.aborted) return { code: "aborted", mayBeApplied: false, mayPass: false };
    const timeout = AbortSignal.timeout(this.#options.attemptTimeoutMs ?? ATTEMPT_TIMEOUT_MS);
    try {
      const response = await fetch(this.#urlOf(request), {
        method: request.method,
        headers,
        redirect: "manual",
        signal: AbortSignal.any([request.signal, timeout]),
        ...bodyOf(request),
      });
      return this.#outcomeOf(request, { response, text: await readBounded(response) });
    } catch (error) {
      if (request.signal.aborted) return { code: "aborted", mayBeApplied: true, mayPass: false };
      const code = timeout.aborted ? "timeout" : codeOf(error);
      return { code, mayBeApplied: wasSent(code), mayPass: true };
    }
  }

  #outcomeOf(request: HttpRequest, got: { response: Response; text: string | undefined }): Outcome {
    const { status, headers } = got.response;
    const { method } = request;
    const json = parseJson(got.text);
    const retryAfterMs = retryAfterOf(headers.get("retry-after"));
    const isUnclear = status === 408 || status >= 500;
    const details = [`HTTP ${status}`, this.#refusalIn(json, status), this.#redirectIn(headers, status)];
    if (retryAfterMs !== undefined) details.push(`(retry after ${retryAfterMs / 1000} s)`);
    const text = this.#redact(details.filter((detail) => detail !== "").join(" "), request);
    const { provider } = this.#options;
    const mediaType = mediaTypeOf(headers.get("content-type"));
    const answer = { provider, method, status, json, mediaType, got: text, what: this.#whatOf(request) };
    return {
      answer,
      code: text,
      mayPass: isUnclear || status === 429,
      mayBeApplied: isUnclear,
      retryAfterMs,
    };
  }

  #refusalIn(json: unknown, status: number): string {
    if (status < 400) return "";
    const { code, message } = this.#options.readError(json);
    return [code, message === undefined ? undefined : JSON.stringify(message)].filter(Boolean).join(" ");
  }

  #redirectIn(headers: Headers, status: number): string {
    if (status < 300 || status >= 400) return "";
    const location = headers.get("location") ?? "";
    const isUrl = location !== "" && URL.canParse(location, this.#baseUrl.href);
    return `a redirect to ${isUrl ? new URL(location, this.#baseUrl).host : "nowhere"}, which was not followed`;
  }

  #failure(request: HttpRequest, { code, mayBeApplied }: { code: string; mayBeApplied: boolean }): Error {
    const what = this.#whatOf(request);
    const cause = new HttpCause(code);
    if (mayBeApplied) {
      const text = `${what} may have been applied, got no answer (${code}). List before anything else.`;
      return new OutcomeUnknownError(text, { cause });
    }
    const text = `${what} got no answer from ${this.#baseUrl.host} (${code}). Repeat it.`;
    return new ProviderUnavailableError(text, { cause });
  }

  #headersOf(request: HttpRequest): Record<string, string> {
    const headers: Record<string, string> = { accept: "application/json", "user-agent": "dualkey" };
    if (request.body !== undefined) headers["content-type"] = "application/json";
    if (request.form !== undefined) headers["content-type"] = "application/x-www-form-urlencoded";
    for (const [name, value] of Object.entries(request.headers)) {
      const text = value.reveal().trim();
      // `fetch` would quote the value in its error.
      if (!/^[\x20-\x7e]+$/.test(text)) {
        const problem = `the key is empty or has characters that the header ${name} cannot carry`;
        throw new ProviderRejectedError(`${this.#options.provider}: ${problem}. Correct the secret's value.`);
      }
      headers[name] = text;
    }
    return headers;
  }

  #urlOf({ path, query = {} }: HttpRequest): URL {
    const url = new URL(this.#baseUrl.href.replace(/\/$/, "") + path);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url;
  }

  #whatOf(request: HttpRequest): string {
    return this.#redact(`${this.#options.provider}: ${request.method} ${request.path}`, request);
  }

  /** Without keys, and without what could be a phone number: vendors name whom a message was for. */
  #redact(text: string, { headers, secrets = [] }: HttpRequest): string {
    let redacted = text.replaceAll(this.#options.keyPattern, "[redacted]");
    for (const value of [...Object.values(headers), ...secrets]) {
      const secret = value.reveal().trim();
      if (secret !== "") redacted = redacted.replaceAll(secret, "[redacted]");
    }
    const masked = maskPhoneNumbers(redacted);
    return masked.length > 300 ? `${masked.slice(0, 300)}…` : masked;
  }

  async #pause(
    ms: number,
    { request, isRepeat }: { request: HttpRequest; isRepeat: boolean },
  ): Promise<void> {
    const sleep = this.#options.sleep ?? ((time, signal) => pause(time, undefined, { signal }));
    try {
      await sleep(ms, request.signal);
    } catch {
      throw this.#failure(request, { code: "aborted", mayBeApplied: isRepeat });
    }
  }
}

function isRead(method: string): boolean {
  return method === "GET" || method === "HEAD";
}

function bodyOf({ body, form }: HttpRequest): { body?: string } {
  if (form !== undefined) return { body: new URLSearchParams(form).toString() };
  return body === undefined ? {} : { body: JSON.stringify(body) };
}

/** The header of HTTP Basic authentication (RFC 7617). */
export function basicAuth(user: Sensitive, password: Sensitive): Sensitive {
  return new Sensitive(`Basic ${Buffer.from(`${user.reveal()}:${password.reveal()}`).toString("base64")}`);
}

/**
 * The query of a link to the next page. Only that is taken from it: where the next request goes is not for the vendor's
 * answer to say.
 */
export function queryOfLink(link: string): Record<string, string> {
  const query = link.includes("?") ? link.slice(link.indexOf("?") + 1) : "";
  return Object.fromEntries(new URLSearchParams(query.replace(/#.*$/, "")));
}
