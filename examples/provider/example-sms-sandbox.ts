import { randomBytes } from "node:crypto";
import {
  type Caller,
  type Handled,
  parseJsonBody,
  Refusal,
  type Route,
  requireKnownQuery,
  VendorGateway,
} from "../../sandbox/_gateway.ts";
import type { TrueKey } from "../../sandbox/_journal.ts";
import { type Answer, type Request, startServer } from "../../sandbox/_server.ts";
import type { VendorSandbox } from "../../sandbox/_vendor.ts";

const KEYS_PAGE = 50;

interface Account {
  readonly id: string;
  isSuspended: boolean;
}

interface Key {
  readonly id: string;
  readonly name: string;
  readonly account: Account;
  readonly value: string;
  readonly createdAtMs: number;
  lastUsedAtMs?: number;
  endedAtMs?: number;
}

interface KeyCaller extends Caller {
  readonly keyId: string;
  readonly key: Key;
}

type Call = Handled<KeyCaller>;

/** Example SMS's API: keys, the account, and sending. */
class ExampleSmsGateway extends VendorGateway<KeyCaller> {
  readonly accounts = new Map<string, Account>();
  readonly keys: Key[] = [];

  protected readonly routes: readonly Route<KeyCaller>[] = [
    { name: "create-key", method: "POST", path: /^\/v1\/keys$/, handle: (call) => this.#create(call) },
    { name: "list-keys", method: "GET", path: /^\/v1\/keys$/, handle: (call) => this.#list(call) },
    {
      name: "delete-key",
      method: "DELETE",
      path: /^\/v1\/keys\/([^/]+)$/,
      handle: (call) => this.#delete(call),
    },
    {
      name: "account",
      method: "GET",
      path: /^\/v1\/account$/,
      handle: ({ caller: { key } }) => ({ status: 200, body: { account: { id: key.account.id } } }),
    },
    { name: "send", method: "POST", path: /^\/v1\/messages$/, handle: (call) => this.#send(call) },
  ];

  protected identify(request: Request): Caller | undefined {
    const key = this.keys.find(({ value }) => value === request.header("x-api-key"));
    return key && { keyId: key.id, account: key.account.id };
  }

  protected authenticate(request: Request): KeyCaller {
    const key = this.keys.find(({ value }) => value === request.header("x-api-key"));
    if (!key || !this.isKnown(key)) throw new Refusal(401, "unknown API key", { code: "invalid_key" });
    if (key.account.isSuspended) throw new Refusal(401, "suspended", { code: "account_suspended" });
    key.lastUsedAtMs = this.now();
    return { keyId: key.id, account: key.account.id, key };
  }

  error(
    status: number,
    { code = `http_${status}`, message = "" }: { code?: string; message?: string },
  ): unknown {
    return { error: { code, message } };
  }

  makeKey(account: Account, name: string): Key {
    const id = randomBytes(6).toString("hex");
    const value = `ex_${id}_${randomBytes(20).toString("hex")}`;
    const key: Key = { id, name, account, value, createdAtMs: this.now() };
    this.keys.push(key);
    this.journal.record({ atMs: key.createdAtMs, kind: "key-made", keyId: id });
    return key;
  }

  truth(): VendorSandbox["truth"] {
    return {
      keys: () => this.keys.map(trueKey),
      tallies: () => this.journal.tallies(),
      accepts: ({ apiKey }) => {
        const key = this.keys.find(({ value }) => value === apiKey);
        return key !== undefined && this.isKnown(key) && !key.account.isSuspended;
      },
    };
  }

  #create({ request, caller }: Call): Answer {
    const { name } = parseJsonBody(request, ["name"]);
    if (typeof name !== "string" || name === "")
      throw new Refusal(400, "name is required", { code: "bad_name" });
    const key = this.makeKey(caller.key.account, name);
    return { status: 201, body: { ...rowOf(key), key: key.value } };
  }

  #list({ request, caller }: Call): Answer {
    requireKnownQuery(request, ["cursor"]);
    const from = Number(request.query.get("cursor") ?? 0);
    const live = this.#live(caller);
    const next = from + KEYS_PAGE < live.length ? String(from + KEYS_PAGE) : null;
    return { status: 200, body: { keys: live.slice(from, from + KEYS_PAGE).map(rowOf), next_cursor: next } };
  }

  #delete({ caller, params, nowMs }: Call): Answer {
    const key = this.#live(caller).find(({ id }) => id === params[0]);
    if (!key) throw new Refusal(404, "no such key", { code: "no_such_key" });
    key.endedAtMs = nowMs;
    this.journal.record({ atMs: nowMs, kind: "key-ended", keyId: key.id });
    return { status: 204, body: undefined };
  }

  #send({ request, caller, nowMs }: Call): Answer {
    const { to, text } = parseJsonBody(request, ["to", "text"]);
    const isNumber = typeof to === "string" && /^\+[1-9]\d{6,14}$/.test(to);
    if (!isNumber) throw new Refusal(400, "to is not a number", { code: "bad_number" });
    if (typeof text !== "string" || text === "")
      throw new Refusal(400, "text is required", { code: "bad_text" });
    this.journal.record({ atMs: nowMs, kind: "send-accepted", keyId: caller.keyId });
    return { status: 202, body: { id: randomBytes(8).toString("hex") } };
  }

  #live({ key: { account } }: KeyCaller): readonly Key[] {
    return this.keys.filter((key) => key.account === account && key.endedAtMs === undefined);
  }
}

function rowOf({ id, name, createdAtMs, lastUsedAtMs }: Key): Record<string, unknown> {
  const iso = (ms: number) => new Date(ms).toISOString();
  const lastUsed = lastUsedAtMs === undefined ? null : iso(lastUsedAtMs);
  return { id, name, created_at: iso(createdAtMs), last_used_at: lastUsed };
}

function trueKey({ value: _, account, ...key }: Key): TrueKey {
  return { ...key, account: account.id };
}

export interface ExampleSmsSandbox extends VendorSandbox {
  createAccount(): { readonly id: string };
  /** Makes a key as the console would. The value is shown this once. */
  createKey(account: { readonly id: string }): { readonly id: string; readonly apiKey: string };
}

/** Starts a fake Example SMS on loopback: strict, stateful, and it sends nothing. */
export async function startExampleSmsSandbox(): Promise<ExampleSmsSandbox> {
  const gateway = new ExampleSmsGateway();
  const { accounts, faults, propagation } = gateway;
  const accountOf = ({ id }: { readonly id: string }): Account => {
    const account = accounts.get(id);
    if (!account) throw new Error(`sandbox: there is no account ${id}. Make one with createAccount()`);
    return account;
  };
  const suspend = (account: { readonly id: string }, isSuspended: boolean) => {
    accountOf(account).isSuspended = isSuspended;
  };
  const server = await startServer(gateway, 0);
  return {
    url: server.url,
    createAccount: () => {
      const account = { id: `acc${accounts.size + 1}`, isSuspended: false };
      accounts.set(account.id, account);
      return { id: account.id };
    },
    createKey: (account) => {
      const { id, value } = gateway.makeKey(accountOf(account), "made by hand");
      return { id, apiKey: value };
    },
    faults: {
      add: (rule) => faults.add(rule),
      clear: () => faults.clear(),
      suspend: (account) => suspend(account, true),
      restore: (account) => suspend(account, false),
      propagation,
    },
    truth: gateway.truth(),
    onEvent: (listener) => gateway.journal.subscribe(listener),
    close: () => server.close(),
  };
}
