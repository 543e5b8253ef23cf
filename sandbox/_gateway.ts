import { type Fault, Faults, type FaultTarget } from "./_faults.ts";
import { Journal, type SandboxEvent } from "./_journal.ts";
import type { Answer, Gateway, Request } from "./_server.ts";
import { Throttle } from "./_throttle.ts";
import type { Propagation } from "./_vendor.ts";

/** A refusal: its status, and what the vendor says. */
export class Refusal extends Error {
  readonly status: number;
  readonly errorCode: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    message: string,
    {
      code,
      headers = {},
    }: { readonly code?: string; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.status = status;
    this.errorCode = code;
    this.headers = headers;
  }
}

/** What a caller turned out to be, for faults and the journal. */
export interface Caller {
  readonly keyId?: string;
  readonly account?: string;
}

export interface Route<C extends Caller> {
  /** The gateway's own name of it: `create-key`, `list-keys`, `send`. Faults are aimed at it. */
  readonly name: string;
  readonly method: string;
  /** The whole path; its groups are the parameters. */
  readonly path: RegExp;
  readonly handle: (call: Handled<C>) => Answer;
}

/** A request that has passed authentication. */
export interface Handled<C extends Caller> {
  readonly request: Request;
  readonly caller: C;
  /** The groups of the route's path, decoded. */
  readonly params: readonly string[];
  readonly nowMs: number;
}

export interface VendorGatewayOptions {
  /** Milliseconds since 1970. @default the system's clock */
  readonly now?: () => number;
}

/**
 * What all fake vendors do alike: match a route, throttle, authenticate, handle, and write refusals down. A vendor gives
 * its routes, its way of authentication, and its words.
 */
export abstract class VendorGateway<C extends Caller> implements Gateway {
  readonly now: () => number;
  readonly faults = new Faults();
  readonly journal = new Journal();
  readonly propagation: Propagation = { newKeyMs: 0, revocationMs: 0 };
  /** Requests of one address to one route in a minute; `Infinity` switches the throttle off. */
  requestsPerMinute = Number.POSITIVE_INFINITY;
  readonly #throttle = new Throttle(60_000);

  constructor({ now = Date.now }: VendorGatewayOptions = {}) {
    this.now = now;
  }

  protected abstract readonly routes: readonly Route<C>[];

  /** Who calls; without judging. `undefined` where the request names nobody that was ever known. */
  protected abstract identify(request: Request): Caller | undefined;

  /** @throws Refusal where the caller may not come in, or not to this route */
  protected abstract authenticate(request: Request, route: Route<C>): C;

  /** Writes an error as the vendor does. */
  abstract error(status: number, detail: { readonly code?: string; readonly message?: string }): unknown;

  faultFor(request: Request): Fault | undefined {
    const [caller, matched] = [this.identify(request), this.#match(request)];
    const userAgent = request.header("user-agent");
    const target: FaultTarget = {
      method: request.method,
      path: request.path,
      ...(matched ? { route: matched.route.name } : {}),
      ...caller,
      ...(userAgent === undefined ? {} : { userAgent }),
    };
    return this.faults.take(target);
  }

  answer(request: Request): Answer {
    const matched = this.#match(request);
    try {
      if (!matched) throw new Refusal(404, `Cannot ${request.method} ${request.path}`);
      this.#countHit(matched.route, request.clientIp);
      const caller = this.authenticate(request, matched.route);
      return matched.route.handle({ request, caller, params: matched.params, nowMs: this.now() });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { status, message, errorCode: code, headers } = error;
      const keyId = this.identify(request)?.keyId;
      const kind = matched?.route.name === "send" ? "send-rejected" : "request-rejected";
      const event: SandboxEvent = { atMs: this.now(), kind, status, because: message };
      this.journal.record(keyId === undefined ? event : { ...event, keyId });
      return {
        status,
        headers,
        body: this.error(status, { message, ...(code === undefined ? {} : { code }) }),
      };
    }
  }

  /** Whether a key of this age passes now: a change may still be under way. */
  protected isKnown({ createdAtMs, endedAtMs }: { createdAtMs: number; endedAtMs?: number }): boolean {
    const nowMs = this.now();
    if (nowMs < createdAtMs + this.propagation.newKeyMs) return false;
    return endedAtMs === undefined || nowMs < endedAtMs + this.propagation.revocationMs;
  }

  #match({ method, path }: Request): { route: Route<C>; params: readonly string[] } | undefined {
    for (const route of this.routes) {
      const found = route.method === method ? route.path.exec(path) : null;
      if (found) return { route, params: found.slice(1).map((part) => decodeURIComponent(part ?? "")) };
    }
    return undefined;
  }

  #countHit(route: Route<C>, clientIp: string): void {
    const limit = this.requestsPerMinute;
    const seconds = this.#throttle.hit(`${route.name} ${clientIp}`, { limit, nowMs: this.now() });
    if (seconds === undefined) return;
    throw new Refusal(429, "Too Many Requests", { headers: { "retry-after": String(seconds) } });
  }
}

/**
 * The JSON object of a request: refused where the type is another, where it is none, and where it has a field that the
 * vendor does not know.
 */
export function parseJsonBody(request: Request, known: readonly string[]): Record<string, unknown> {
  requireType(request, "application/json");
  let json: unknown;
  try {
    json = JSON.parse(request.body ?? "");
  } catch {
    throw new Refusal(400, "the request body is not valid JSON");
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new Refusal(400, "the request body is not a JSON object");
  }
  requireKnown(Object.keys(json), known);
  return json as Record<string, unknown>;
}

/** The fields of a form, refused like the JSON of `parseJsonBody`. */
export function parseFormBody(request: Request, known: readonly string[]): Record<string, string> {
  requireType(request, "application/x-www-form-urlencoded");
  const form = new URLSearchParams(request.body);
  requireKnown([...form.keys()], known);
  return Object.fromEntries(form);
}

/** Refuses a query that has a parameter which the vendor does not know. */
export function requireKnownQuery({ query }: Request, known: readonly string[]): void {
  requireKnown([...query.keys()], known);
}

/** The user and password of HTTP Basic authentication; `undefined` where the header is absent or none. */
export function basicAuthOf(request: Request): { user: string; password: string } | undefined {
  const found = /^Basic ([A-Za-z0-9+/]+=*)$/i.exec(request.header("authorization") ?? "");
  if (!found?.[1]) return undefined;
  const [user = "", ...rest] = Buffer.from(found[1], "base64").toString("utf8").split(":");
  return { user, password: rest.join(":") };
}

function requireType(request: Request, wanted: string): void {
  if (request.body === undefined) throw new Refusal(413, "the request body is too large");
  const type = request.header("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== wanted) throw new Refusal(415, `the content type must be ${wanted}`);
}

function requireKnown(names: readonly string[], known: readonly string[]): void {
  const strange = names.find((name) => !known.includes(name));
  if (strange !== undefined) throw new Refusal(400, `${strange} is not a parameter of this request`);
}
