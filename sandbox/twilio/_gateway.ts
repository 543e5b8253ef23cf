import { basicAuthOf, type Route, VendorGateway, type VendorGatewayOptions } from "../_gateway.ts";
import type { Answer, Request } from "../_server.ts";
import { AccountTable, type Key, type Token, trueKey } from "./_accounts.ts";
import * as keys from "./_keys.ts";
import { listMessages, MessageLog, takeMessage } from "./_messages.ts";
import * as tokens from "./_tokens.ts";
import { type Caller, errorBody, notAuthenticated, notPermitted } from "./_words.ts";

export interface TwilioOptions extends VendorGatewayOptions {
  /** How many messages are kept; the oldest are forgotten first. @default 100000 */
  readonly maxMessages?: number;
}

/** What may be set differently at the vendor, or is not published; adjustable at any time. */
export interface TwilioSwitches {
  /**
   * Whether a secondary auth token works before it is promoted. Unconfirmed: the vendor's announcement (2014) says "use
   * both the primary and secondary tokens simultaneously", its reference does not say. @default false
   */
  secondaryWorks: boolean;
  /** How many keys an account may have. The vendor's number is not published. @default Infinity */
  keysPerAccount: number;
}

const IN_2010 = "\\/2010-04-01\\/Accounts\\/([^/]+)";

/**
 * The vendor's three hosts (`api`, `iam`, `accounts`) at one address, as their paths do not clash: a request is
 * authenticated, then its permission is looked at, then its shape, then it is applied.
 */
export class TwilioGateway extends VendorGateway<Caller> implements keys.KeyWorld, tokens.TokenWorld {
  readonly table = new AccountTable();
  readonly messages: MessageLog;
  readonly switches: TwilioSwitches = { secondaryWorks: false, keysPerAccount: Number.POSITIVE_INFINITY };
  protected readonly routes: readonly Route<Caller>[];

  constructor({ maxMessages = 100_000, ...options }: TwilioOptions = {}) {
    super(options);
    this.messages = new MessageLog(maxMessages);
    this.routes = [...this.#keyRoutes(), ...this.#tokenRoutes(), ...this.#messageRoutes()];
  }

  protected identify(request: Request): { keyId: string; account: string } | undefined {
    const credential = this.#credentialOf(request);
    return credential && { keyId: credential.id, account: credential.account.id };
  }

  protected authenticate(request: Request, route: Route<Caller>): Caller {
    const credential = this.#credentialOf(request);
    if (!credential || !this.#works(credential)) throw notAuthenticated();
    const { account } = credential;
    const inPath = new RegExp(`^${IN_2010}`).exec(request.path)?.[1];
    if (inPath !== undefined && inPath !== account.id) throw notAuthenticated();
    if (credential.kind === "key") requirePermission(credential, route.name);
    return { keyId: credential.id, account: account.id, credential, of: account };
  }

  error(status: number, detail: { readonly code?: string; readonly message?: string }): unknown {
    return errorBody(status, detail);
  }

  onKey(kind: "key-made" | "key-ended", { id }: Key | Token): void {
    this.journal.record({ atMs: this.now(), kind, keyId: id });
  }

  onToken(kind: "key-made" | "key-ended", token: Token): void {
    this.onKey(kind, token);
  }

  /** What is so, whatever the API shows. */
  truth() {
    return {
      keys: () => this.table.all().map(trueKey),
      tallies: () => this.journal.tallies(),
      keyIdOf: (fields: Readonly<Record<string, string>>) => this.#keyWith(fields)?.id,
      accepts: (fields: Readonly<Record<string, string>>) => {
        const found = this.#keyWith(fields);
        return found !== undefined && this.#works(found);
      },
    };
  }

  #keyWith(fields: Readonly<Record<string, string>>): Key | Token | undefined {
    const { accountSid = "", authToken, apiKeySid = "", apiKeySecret = "" } = fields;
    const found =
      authToken === undefined
        ? this.table.find({ user: apiKeySid, password: apiKeySecret })
        : this.table.find({ user: accountSid, password: authToken });
    return found?.account.id === accountSid ? found : undefined;
  }

  #credentialOf(request: Request): Key | Token | undefined {
    const basic = basicAuthOf(request);
    return basic && this.table.find(basic);
  }

  #works(credential: Key | Token): boolean {
    if (credential.account.isSuspended || !this.isKnown(credential)) return false;
    const isSecondary = credential.kind === "token" && credential.role === "secondary";
    return !isSecondary || this.switches.secondaryWorks;
  }

  #keyRoutes(): readonly Route<Caller>[] {
    const [all, one] = [/^\/v1\/Keys$/, /^\/v1\/Keys\/(SK[0-9a-fA-F]{32})$/];
    const all2010 = new RegExp(`^${IN_2010}\\/Keys\\.json$`);
    const one2010 = new RegExp(`^${IN_2010}\\/Keys\\/(SK[0-9a-fA-F]{32})\\.json$`);
    return [
      { name: "list-keys", method: "GET", path: all, handle: (call) => keys.listKeysV1(call, this) },
      { name: "create-key", method: "POST", path: all, handle: (call) => keys.createKeyV1(call, this) },
      { name: "get-key", method: "GET", path: one, handle: (call) => keys.getKeyV1(call, this) },
      { name: "delete-key", method: "DELETE", path: one, handle: (call) => keys.deleteKeyV1(call, this) },
      {
        name: "list-keys-2010",
        method: "GET",
        path: all2010,
        handle: (call) => keys.listKeys2010(call, this),
      },
      {
        name: "create-key-2010",
        method: "POST",
        path: all2010,
        handle: (call) => keys.createKey2010(call, this),
      },
      { name: "get-key-2010", method: "GET", path: one2010, handle: (call) => keys.getKey2010(call, this) },
      {
        name: "delete-key-2010",
        method: "DELETE",
        path: one2010,
        handle: (call) => keys.deleteKey2010(call, this),
      },
    ];
  }

  #tokenRoutes(): readonly Route<Caller>[] {
    const [secondary, promote] = [/^\/v1\/AuthTokens\/Secondary$/, /^\/v1\/AuthTokens\/Promote$/];
    return [
      {
        name: "create-secondary-token",
        method: "POST",
        path: secondary,
        handle: (call) => tokens.createSecondary(call, this),
      },
      {
        name: "delete-secondary-token",
        method: "DELETE",
        path: secondary,
        handle: (call) => tokens.deleteSecondary(call, this),
      },
      {
        name: "promote-token",
        method: "POST",
        path: promote,
        handle: (call) => tokens.promoteSecondary(call, this),
      },
    ];
  }

  #messageRoutes(): readonly Route<Caller>[] {
    const path = new RegExp(`^${IN_2010}\\/Messages\\.json$`);
    return [
      { name: "list-messages", method: "GET", path, handle: (call) => listMessages(call, this.messages) },
      {
        name: "send",
        method: "POST",
        path,
        handle: (call): Answer => {
          const { answer, message } = takeMessage(call, this.messages);
          const atMs = message.createdAtMs;
          this.journal.record({ atMs, kind: "send-accepted", keyId: call.caller.keyId });
          return answer;
        },
      },
    ];
  }
}

/** Main keys may do everything; standard ones everything but with accounts and keys; restricted ones what they list. */
function requirePermission({ type, policy }: Key, routeName: string): void {
  if (type === "main") return;
  const permission = { "list-messages": "read", send: "create" }[routeName];
  if (type === "restricted") {
    const isAllowed = permission && policy?.allow.includes(`/twilio/messaging/messages/${permission}`);
    if (!isAllowed) throw notPermitted();
    return;
  }
  // Error 20003, "you used a Standard API key for an endpoint that requires a Main API key".
  if (permission === undefined) throw notAuthenticated();
}
