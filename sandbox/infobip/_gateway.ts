import { randomBytes, randomUUID } from "node:crypto";
import {
  basicAuthOf,
  type Caller,
  Refusal,
  type Route,
  VendorGateway,
  type VendorGatewayOptions,
} from "../_gateway.ts";
import type { Request } from "../_server.ts";
import { Throttle } from "../_throttle.ts";
import { type Account, type Key, KeyTable, trueKey } from "./_keys.ts";
import { type InfobipRoute, infobipRoutes } from "./_routes.ts";

export interface InfobipOptions extends VendorGatewayOptions {
  /** Whether lists show the values of keys in clear, as the vendor's description lets one expect. @default true */
  readonly showsSecrets?: boolean;
}

/** The vendor's limits; adjustable at any time, `Infinity` switches one off. */
export interface InfobipLimits {
  /** Keys that an account can make in a day. @default 40 */
  createsPerDay: number;
  /** Changes of keys that an account can make in a day. @default 40 */
  updatesPerDay: number;
  /** How long a token lasts, in seconds. @default 3600 */
  tokenSeconds: number;
}

export interface InfobipCaller extends Caller {
  readonly of: Account | undefined;
  readonly key?: Key;
}

export interface Message {
  readonly id: string;
  readonly account: Account;
  readonly sentAtMs: number;
  readonly destination: string;
  readonly text: string;
  readonly sender: string;
}

/** How an address of a key's rules fits the caller's. */
function isAllowed({ allowedIPs }: Key, clientIp: string): boolean {
  return allowedIPs.length === 0 || allowedIPs.includes(clientIp);
}

/** Infobip as its OpenAPI descriptions have it: keys, tokens, balance, SMS and its logs. */
export class InfobipGateway extends VendorGateway<InfobipCaller> {
  readonly keys = new KeyTable();
  readonly messages: Message[] = [];
  readonly limits: InfobipLimits = { createsPerDay: 40, updatesPerDay: 40, tokenSeconds: 3600 };
  readonly showsSecrets: boolean;
  protected readonly routes: readonly Route<InfobipCaller>[];
  readonly #daily = new Throttle(86_400_000);
  readonly #tokens = new Map<string, { account: Account; endsAtMs: number }>();

  constructor({ showsSecrets = true, ...options }: InfobipOptions = {}) {
    super(options);
    this.showsSecrets = showsSecrets;
    this.routes = infobipRoutes(this);
  }

  countToday(what: "createsPerDay" | "updatesPerDay", account: Account): void {
    const seconds = this.#daily.hit(`${what} ${account.id}`, { limit: this.limits[what], nowMs: this.now() });
    if (seconds === undefined) return;
    throw new Refusal(429, "Too many requests sent.", {
      code: "E429",
      headers: { "retry-after": String(seconds) },
    });
  }

  /** @throws Refusal where the client is not one of the vendor's */
  grantToken({ clientId, clientSecret }: { clientId: string; clientSecret: string }) {
    const account = this.#adminOf(clientId, clientSecret);
    if (!account) throw new Refusal(401, "Invalid login details", { code: "UNAUTHORIZED" });
    const token = randomBytes(24).toString("base64url");
    const { tokenSeconds } = this.limits;
    this.#tokens.set(token, { account, endsAtMs: this.now() + tokenSeconds * 1000 });
    return { access_token: token, expires_in: tokenSeconds, token_type: "Bearer" };
  }

  /** Ends all tokens, though they say that they last. */
  dropTokens(): void {
    this.#tokens.clear();
  }

  expireAdmin(account: Account): void {
    account.isAdminExpired = true;
    for (const [token, granted] of this.#tokens) if (granted.account === account) this.#tokens.delete(token);
  }

  record(message: Omit<Message, "id">, key: Key | undefined): Message {
    const sent = { id: randomUUID(), ...message };
    this.messages.push(sent);
    const event = { atMs: sent.sentAtMs, kind: "send-accepted" } as const;
    this.journal.record(key ? { ...event, keyId: key.id } : event);
    return sent;
  }

  truth() {
    return {
      keys: () => this.keys.all().map(trueKey),
      tallies: () => this.journal.tallies(),
      keyIdOf: ({ apiKey = "" }: Readonly<Record<string, string>>) => this.keys.find(apiKey)?.id,
      accepts: ({ apiKey = "" }: Readonly<Record<string, string>>) => {
        const key = this.keys.find(apiKey);
        return key !== undefined && this.#works(key);
      },
    };
  }

  protected identify(request: Request): Caller | undefined {
    const caller = this.#callerOf(request);
    if (!caller?.of) return undefined;
    return { account: caller.of.id, ...(caller.key ? { keyId: caller.key.id } : {}) };
  }

  protected authenticate(request: Request, route: InfobipRoute): InfobipCaller {
    if (route.auth === "none") return { of: undefined };
    const refusal = (status: 401 | 403) => {
      const codes = route.isLegacy ? { 401: "UNAUTHORIZED", 403: "FORBIDDEN" } : { 401: "E401", 403: "E403" };
      return new Refusal(status, MESSAGES[status], { code: codes[status] });
    };
    const caller = this.#callerOf(request);
    if (!caller?.of || caller.of.isSuspended) throw refusal(401);
    const { key } = caller;
    if (!key) return caller;
    if (!this.#works(key) || !isAllowed(key, request.clientIp)) throw refusal(401);
    // "Management does not accept an API key": as if there were no credential.
    if (route.auth === "admin") throw refusal(401);
    key.lastUsedAtMs = this.now();
    if (key.scopeGuids && !key.scopeGuids.some((scope) => route.scopes?.includes(scope))) throw refusal(403);
    return caller;
  }

  /** The vendor's two envelopes: one for `E…` codes, another for balance and tokens. */
  error(
    status: number,
    { code, message = "" }: { readonly code?: string; readonly message?: string },
  ): unknown {
    if (code !== undefined && !/^E\d/.test(code)) {
      return { requestError: { serviceException: { messageId: code, text: message } } };
    }
    return {
      errorCode: code ?? `E${status}`,
      description: message,
      action: "Check the request.",
      violations: [],
      resources: [],
    };
  }

  #works(key: Key): boolean {
    const nowMs = this.now();
    const { createdAtMs, endedAtMs, account, validFromMs, validToMs } = key;
    if (account.isSuspended || nowMs < validFromMs || nowMs >= validToMs) return false;
    return this.isKnown({ createdAtMs, ...(endedAtMs === undefined ? {} : { endedAtMs }) });
  }

  #callerOf(request: Request): InfobipCaller | undefined {
    const [scheme, value = ""] = (request.header("authorization") ?? "").split(" ");
    if (scheme === "App") {
      const key = this.keys.find(value);
      return key ? { of: key.account, key, keyId: key.id } : undefined;
    }
    if (scheme === "Bearer") {
      const granted = this.#tokens.get(value);
      return granted && this.now() < granted.endsAtMs ? { of: granted.account } : undefined;
    }
    const basic = basicAuthOf(request);
    const account = basic && this.#adminOf(basic.user, basic.password);
    return account ? { of: account } : undefined;
  }

  /** "client_id: the username created when signing up"; the secret is the password. */
  #adminOf(username: string, password: string): Account | undefined {
    const accounts = [...this.keys.accounts.values()];
    return accounts.find(({ admin, isAdminExpired, isSuspended }) => {
      return admin.username === username && admin.password === password && !isAdminExpired && !isSuspended;
    });
  }
}

const MESSAGES = {
  401: "The request lacks valid authentication credentials for the requested resource.",
  403: "Insufficient permissions to access the requested resource.",
} as const;
