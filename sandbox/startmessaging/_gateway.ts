import { type Fault, Faults, type FaultTarget } from "../_faults.ts";
import { Journal, type SandboxEvent } from "../_journal.ts";
import type { Answer, Gateway, Request } from "../_server.ts";
import { Throttle } from "../_throttle.ts";
import type { Propagation } from "../_vendor.ts";
import { Envelope, Refusal } from "./_answers.ts";
import { type Key, KeyTable, trueKey } from "./_keys.ts";
import { type Message, MessageLog } from "./_messages.ts";
import { parseBody } from "./_requests.ts";
import { ROUTES, type Route, type World } from "./_routes.ts";

/** The vendor's throttles; adjustable at any time, and `Infinity` switches one off. */
export interface StartMessagingThrottles {
  /** Requests to one route from one address, but for sends. @default 1200 */
  requestsPerMinute: number;
  /** Sends from one address. @default 200 */
  sendsPer10Seconds: number;
  /** OTPs to one phone number. @default 3 */
  otpsPerNumberPer5Minutes: number;
}

export interface StartMessagingOptions {
  /** Milliseconds since 1970. @default the system's clock */
  readonly now?: () => number;
  /** How coarse last-used is. @default 60, as at the vendor */
  readonly lastUsedResolutionSeconds?: number;
  readonly throttles?: Partial<StartMessagingThrottles>;
  /**
   * What a caller at the wrong address is told. The vendor's public server throws 403 "Request from this IP address
   * is not allowed" and its outer guard turns that into 401 "Authentication required" (`combined-auth.guard.ts`).
   * @default 403
   */
  readonly ipRefusal?: 401 | 403;
  /** How many messages are kept; the oldest are forgotten first. @default 100000 */
  readonly maxMessages?: number;
}

/**
 * The vendor's server: a request is throttled, then authenticated, then its customer's checks are looked at, then its
 * shape, then it is applied. That is the order of the guards and pipes in the vendor's `app.module.ts`.
 */
export class StartMessagingGateway implements Gateway, World {
  readonly now: () => number;
  readonly keys: KeyTable;
  readonly messages: MessageLog;
  readonly envelope: Envelope;
  readonly faults = new Faults();
  readonly journal = new Journal();
  readonly throttles: StartMessagingThrottles;
  readonly #ipRefusal: 401 | 403;
  readonly #requests = new Throttle(60_000);
  readonly #sends = new Throttle(10_000);
  readonly #numbers = new Throttle(300_000);

  constructor(options: StartMessagingOptions) {
    this.now = options.now ?? Date.now;
    this.keys = new KeyTable((options.lastUsedResolutionSeconds ?? 60) * 1000);
    this.messages = new MessageLog(options.maxMessages ?? 100_000);
    this.envelope = new Envelope(this.now);
    this.throttles = {
      requestsPerMinute: 1200,
      sendsPer10Seconds: 200,
      otpsPerNumberPer5Minutes: 3,
      ...options.throttles,
    };
    this.#ipRefusal = options.ipRefusal ?? 403;
  }

  get propagation(): Propagation {
    return this.keys.propagation;
  }

  faultFor(request: Request): Fault | undefined {
    const [key, matched] = [this.#keyOf(request), match(request)];
    const userAgent = request.header("user-agent");
    const target: FaultTarget = {
      method: request.method,
      path: request.path,
      ...(matched ? { route: matched.route.name } : {}),
      ...(key ? { keyId: key.id, account: key.account.id } : {}),
      ...(userAgent === undefined ? {} : { userAgent }),
    };
    return this.faults.take(target);
  }

  answer(request: Request): Answer {
    try {
      const matched = match(request);
      if (!matched) throw new Refusal(404, `Cannot ${request.method} ${request.path}`);
      const { route, id } = matched;
      this.#throttle(route, request.clientIp);
      const key = this.#authenticate(request);
      // The vendor names the missing step; it is always the same one here.
      if (!key.account.kycApproved && !route.skipsKyc) throw new Refusal(403, "KYC submission required");
      const body = request.method === "GET" ? {} : parseBody(request);
      return route.handle({ request, key, id, body }, this);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#recordRefusal(request, error);
      return this.envelope.refusal(error);
    }
  }

  error(status: number, detail: { readonly code?: string; readonly message?: string }): unknown {
    return this.envelope.error(status, detail);
  }

  /** The vendor answers 400, not 429, with a code of its own (its `otp.service.ts`, `checkMobileRateLimit`). */
  throttleNumber(phoneNumber: string): void {
    const limit = this.throttles.otpsPerNumberPer5Minutes;
    if (this.#numbers.hit(phoneNumber, { limit, nowMs: this.now() }) === undefined) return;
    const message = "Too many OTP requests for this mobile number. Please try again after 5 minutes.";
    throw new Refusal(400, message, { code: "RATE_LIMIT_EXCEEDED" });
  }

  onKey(kind: "key-made" | "key-ended", key: Key): void {
    this.journal.record({ atMs: this.now(), kind, keyId: key.id });
  }

  onSend(message: Message): void {
    this.journal.record({ atMs: message.createdAtMs, kind: "send-accepted", keyId: message.keyId });
  }

  /** What is so, whatever the API shows. */
  truth() {
    return {
      keys: () => this.keys.all().map(trueKey),
      tallies: () => this.journal.tallies(),
      sendsByKey: () => this.journal.sendsByKey(),
      rejectionsByKey: () => this.journal.rejectionsByKey(),
      keyIdOf: ({ apiKey = "" }: Readonly<Record<string, string>>) => this.keys.find(apiKey)?.id,
      accepts: ({ apiKey = "" }: Readonly<Record<string, string>>) => {
        const key = this.keys.find(apiKey);
        return key !== undefined && this.keys.isKnown(key, this.now()) && !key.account.isSuspended;
      },
    };
  }

  /** Nest's guard counts by route and address, before it knows whose request it is; a route's own limit replaces. */
  #throttle(route: Route, clientIp: string): void {
    const { sendsPer10Seconds, requestsPerMinute } = this.throttles;
    const nowMs = this.now();
    const seconds =
      route.name === "send"
        ? this.#sends.hit(clientIp, { limit: sendsPer10Seconds, nowMs })
        : this.#requests.hit(`${route.name} ${clientIp}`, { limit: requestsPerMinute, nowMs });
    if (seconds === undefined) return;
    const headers = { "retry-after": String(seconds) };
    throw new Refusal(429, "ThrottlerException: Too Many Requests", { headers });
  }

  /** Last-used moves as soon as the key is known, even where the request is then refused (`validateKey`). */
  #authenticate(request: Request): Key {
    if (!request.header("x-api-key")) throw new Refusal(401, "Authentication required");
    const key = this.#keyOf(request);
    if (!key || !this.keys.isKnown(key, this.now())) throw new Refusal(401, "Invalid API key");
    this.keys.touch(key, this.now());
    if (key.account.isSuspended) throw new Refusal(401, "Account is suspended");
    if (key.allowedIps && !key.allowedIps.includes(request.clientIp)) {
      if (this.#ipRefusal === 401) throw new Refusal(401, "Authentication required");
      throw new Refusal(403, "Request from this IP address is not allowed");
    }
    return key;
  }

  #keyOf(request: Request): Key | undefined {
    const value = request.header("x-api-key");
    return value ? this.keys.find(value) : undefined;
  }

  #recordRefusal(request: Request, { status, message }: Refusal): void {
    const key = this.#keyOf(request);
    const kind = match(request)?.route.name === "send" ? "send-rejected" : "request-rejected";
    const event: SandboxEvent = { atMs: this.now(), kind, status, because: message };
    this.journal.record(key ? { ...event, keyId: key.id } : event);
  }
}

function match({ method, path }: Request): { route: Route; id: string } | undefined {
  for (const route of ROUTES) {
    const found = route.method === method ? route.path.exec(path) : null;
    if (found) return { route, id: found[1] ?? "" };
  }
  return undefined;
}
