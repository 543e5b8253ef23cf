import { randomBytes } from "node:crypto";
import {
  type Caller,
  type Handled,
  parseJsonBody,
  Refusal,
  type Route,
  requireKnownQuery,
  VendorGateway,
} from "../_gateway.ts";
import type { Answer, Request } from "../_server.ts";
import { FULL_ACCESS, type Key, KeyTable, trueKey } from "./_keys.ts";
import { checkMail, MAIL_FIELDS } from "./_mail.ts";

interface SendGridCaller extends Caller {
  readonly keyId: string;
  readonly account: string;
  readonly key: Key;
}

type Call = Handled<SendGridCaller>;

interface ScopedRoute extends Route<SendGridCaller> {
  /** What a key needs to be let in; any key is, where it is absent. */
  readonly scope?: string;
}

const PATH = { keys: /^\/v3\/api_keys$/, key: /^\/v3\/api_keys\/([^/]+)$/ };

/** SendGrid's API v3: keys, scopes, the user's name, and sending. */
export class SendGridGateway extends VendorGateway<SendGridCaller> {
  readonly keys = new KeyTable();

  protected readonly routes: readonly ScopedRoute[] = [
    {
      name: "create-key",
      method: "POST",
      path: PATH.keys,
      scope: "api_keys.create",
      handle: (call) => this.#create(call),
    },
    {
      name: "list-keys",
      method: "GET",
      path: PATH.keys,
      scope: "api_keys.read",
      handle: (call) => this.#list(call),
    },
    {
      name: "get-key",
      method: "GET",
      path: PATH.key,
      scope: "api_keys.read",
      handle: (call) => this.#get(call),
    },
    {
      name: "delete-key",
      method: "DELETE",
      path: PATH.key,
      scope: "api_keys.delete",
      handle: (call) => this.#delete(call),
    },
    {
      name: "scopes",
      method: "GET",
      path: /^\/v3\/scopes$/,
      handle: ({ caller }) => ({ status: 200, body: { scopes: caller.key.scopes } }),
    },
    {
      name: "account",
      method: "GET",
      path: /^\/v3\/user\/username$/,
      scope: "user.username.read",
      handle: ({ caller: { key } }) => ({
        status: 200,
        body: { username: key.account.username, user_id: Number(key.account.id) },
      }),
    },
    {
      name: "send",
      method: "POST",
      path: /^\/v3\/mail\/send$/,
      scope: "mail.send",
      handle: (call) => this.#send(call),
    },
  ];

  protected identify(request: Request): Caller | undefined {
    const key = this.#keyOf(request);
    return key && { keyId: key.id, account: key.account.id };
  }

  /** Unconfirmed: what a suspended account is told. Here it is what is hardest to tell from a dead key. */
  protected authenticate(request: Request, { scope }: ScopedRoute): SendGridCaller {
    const key = this.#keyOf(request);
    if (request.header("authorization") === undefined) throw new Refusal(401, "authorization required");
    if (!key || !this.isKnown(key) || key.account.isSuspended) {
      throw new Refusal(401, "The provided authorization grant is invalid, expired, or revoked");
    }
    if (request.header("on-behalf-of") !== undefined) {
      throw new Refusal(403, "the sandbox knows no subusers: leave on-behalf-of out");
    }
    if (scope !== undefined && !key.scopes.includes(scope)) throw new Refusal(403, "access forbidden");
    return { keyId: key.id, account: key.account.id, key };
  }

  /** @param detail.code the field that the message is about */
  error(status: number, { code, message }: { readonly code?: string; readonly message?: string }): unknown {
    return {
      errors: [{ message: message ?? TEXTS[status] ?? "internal server error", field: code ?? null }],
    };
  }

  /** What is so, whatever the API shows. */
  truth() {
    return {
      keys: () => this.keys.all().map(trueKey),
      tallies: () => this.journal.tallies(),
      accepts: ({ apiKey = "" }: Readonly<Record<string, string>>) => {
        const key = this.keys.find(apiKey);
        return key !== undefined && this.isKnown(key) && !key.account.isSuspended;
      },
    };
  }

  /** Unconfirmed: the texts of both 403s, and that a key can give no scope that it has not. */
  #create({ request, caller, nowMs }: Call): Answer {
    const { name, scopes } = parseJsonBody(request, ["name", "scopes"]);
    if (typeof name !== "string" || name === "") throw new Refusal(400, "name is required", { code: "name" });
    const wanted = parseScopes(scopes);
    const beyond = wanted.find((scope) => !caller.key.scopes.includes(scope));
    if (beyond !== undefined) throw new Refusal(403, `${beyond} is beyond the key's own scopes`);
    const made = this.keys.make(caller.key.account, { name, scopes: wanted, nowMs });
    if (!made) throw new Refusal(403, "the maximum number of API keys is reached");
    this.journal.record({ atMs: nowMs, kind: "key-made", keyId: made.key.id });
    return { status: 201, body: { api_key: made.value, ...rowOf(made.key), scopes: made.key.scopes } };
  }

  #list({ request, caller }: Call): Answer {
    requireKnownQuery(request, ["limit"]);
    const limit = request.query.get("limit") ?? "100";
    if (!/^[1-9]\d*$/.test(limit))
      throw new Refusal(400, "limit must be a positive number", { code: "limit" });
    const rows = this.keys.live(caller.key.account).slice(0, Number(limit));
    return { status: 200, body: { result: rows.map(rowOf) } };
  }

  /** A list of one, as the published description has it (GetApiKey). */
  #get({ caller, params }: Call): Answer {
    const key = this.#live(caller, params);
    return { status: 200, body: { result: [{ ...rowOf(key), scopes: key.scopes }] } };
  }

  #delete({ caller, params, nowMs }: Call): Answer {
    const key = this.#live(caller, params);
    key.endedAtMs = nowMs;
    this.journal.record({ atMs: nowMs, kind: "key-ended", keyId: key.id });
    return { status: 204, body: undefined };
  }

  #send({ request, caller, nowMs }: Call): Answer {
    checkMail(parseJsonBody(request, MAIL_FIELDS));
    this.journal.record({ atMs: nowMs, kind: "send-accepted", keyId: caller.keyId });
    const headers = { "x-message-id": randomBytes(16).toString("base64url") };
    return { status: 202, body: undefined, headers };
  }

  #live({ key }: SendGridCaller, [id = ""]: readonly string[]): Key {
    const found = this.keys.one(key.account, id);
    if (!found) throw new Refusal(404, "unable to find API Key");
    return found;
  }

  #keyOf(request: Request): Key | undefined {
    const value = /^Bearer (\S+)$/i.exec(request.header("authorization") ?? "")?.[1];
    return value === undefined ? undefined : this.keys.find(value);
  }
}

const TEXTS: Readonly<Record<number, string>> = {
  401: "authorization required",
  403: "access forbidden",
  404: "resource not found",
  429: "too many requests",
};

/** No scopes are all scopes, as at the vendor; an empty list passes for none, which is the worst that it may mean. */
function parseScopes(scopes: unknown): readonly string[] {
  if (scopes === undefined) return FULL_ACCESS;
  const isList = Array.isArray(scopes) && scopes.every((scope) => typeof scope === "string");
  if (!isList || !scopes.every((scope) => /^[a-z0-9_]+(\.[a-z0-9_]+)*$/.test(scope))) {
    throw new Refusal(400, "scopes must be a list of scopes", { code: "scopes" });
  }
  return scopes.length === 0 ? FULL_ACCESS : scopes;
}

function rowOf({ id, name }: Key): { readonly api_key_id: string; readonly name: string } {
  return { api_key_id: id, name };
}
