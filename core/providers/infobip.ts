import { ProviderRejectedError } from "../../contract/errors.ts";
import { FIELD_NAMES } from "../../contract/provider-policy.ts";
import type { KeyFields } from "../../contract/secret-value.ts";
import { Sensitive } from "../../contract/sensitive.ts";
import type {
  Call,
  Capabilities,
  KeyIdentity,
  KeyList,
  KeyProvider,
  KeySettings,
  ListedKey,
  MadeKey,
  ProbeAnswer,
  Send,
} from "../cutover/ports.ts";
import { type HttpAnswer, isOk, probeWith, readAnswer, unreadable } from "./_answer.ts";
import { Http, type HttpOptions } from "./_http.ts";
import { adviceFor, InfobipAdmin } from "./_infobip-admin.ts";
import * as shapes from "./_infobip-shapes.ts";

export interface InfobipOptions extends Pick<HttpOptions, "baseUrl" | "attemptTimeoutMs" | "sleep"> {
  /** The account whose keys these are. @default the admin credential's own */
  readonly account?: string | undefined;
  /** Milliseconds since 1970. @default the system's clock */
  readonly now?: () => number;
}

const KEYS_PAGE = 100;
/** "The highest allowed page value is 100", and the first is 0. */
const LAST_PAGE = 100;
const SENDS_PAGE = 1000;
const REACH_HOURS = 48;
const EXPIRY_DAYS = 365;
const DAY_MS = 86_400_000;

/** Where no key shows the account's name: no key is ever stored with it. */
const UNKNOWN_ACCOUNT = "unknown";

const capabilities: Capabilities = {
  fieldNames: FIELD_NAMES.infobip,
  source: "provider",
  credential: "admin",
  adminFieldNames: [
    ["username", "password"],
    ["clientId", "clientSecret"],
  ],
  list: { names: true },
  // There is no DELETE. A disabled key can be enabled again, by whoever has the admin credential.
  revoke: "disable",
  carriedOver: ["allowedIPs", "permissions", "platform", "scopeGuids"],
  expiryDays: EXPIRY_DAYS,
  sends: { byKey: false, reachHours: REACH_HOURS, country: "number" },
};

/** Infobip: keys that an admin credential makes and disables, and that end after a year where nothing else is asked. */
export class Infobip implements KeyProvider {
  readonly id = "infobip";
  readonly capabilities = capabilities;
  readonly #http: Http;
  readonly #admin: InfobipAdmin;
  readonly #account: { readonly accountId?: string };
  readonly #now: () => number;

  /** @throws ConfigError where the base URL is not one that a credential may be sent to */
  constructor({ account, now = Date.now, ...http }: InfobipOptions) {
    const { KEY_PATTERN: keyPattern, failureOf: readError } = shapes;
    this.#http = new Http({ ...http, provider: this.id, keyPattern, readError });
    this.#admin = new InfobipAdmin(this.#http, now);
    this.#account = account === undefined ? {} : { accountId: account };
    this.#now = now;
  }

  /** A key says nothing of itself. */
  identify(): KeyIdentity {
    return {};
  }

  /**
   * The enabled keys, in the order of their ids. A key that is disabled between two pages moves the others up and one of
   * them out of sight: then fewer are seen than the vendor has counted, and the list proves no absence.
   */
  async list(credential: KeyFields, call: Call): Promise<KeyList> {
    const keys = new Map<string, ListedKey>();
    let [account, complete] = [this.#account.accountId, false];
    for (let page = 0; page <= LAST_PAGE; page += 1) {
      const query = { enabled: "true", page: String(page), size: String(KEYS_PAGE) };
      const { rows, totalCount, totalPages } = await this.#page(credential, query, call);
      for (const row of rows) {
        keys.set(row.id, shapes.listedKey(row, this.#now()));
        account ??= row.accountId ?? undefined;
      }
      const isLast = page + 1 >= (totalPages ?? 0) && rows.length < KEYS_PAGE;
      complete = isLast && keys.size >= (totalCount ?? 0);
      if (isLast || rows.length === 0) break;
    }
    account ??= await this.#accountOf(credential, call);
    return { account: account ?? UNKNOWN_ACCOUNT, complete, keys: [...keys.values()] };
  }

  async settings(
    { credential, keyId }: { credential: KeyFields; keyId: string },
    call: Call,
  ): Promise<KeySettings> {
    const answer = await this.#admin.send(credential, { method: "GET", path: pathOf(keyId) }, call);
    return shapes.settingsOf(readAnswer(answer, shapes.Row, adviceFor(answer)));
  }

  /**
   * The name is neither unique nor limited. No end is asked for, so the vendor sets one, a year away, and says it in
   * its answer. The answer need not name the account, so that is asked for first: afterwards a failure would lose the
   * new key.
   */
  async make(
    { credential, name, settings }: { credential: KeyFields; name: string; settings?: KeySettings },
    call: Call,
  ): Promise<MadeKey> {
    const body = { name, ...this.#account, ...(settings ? shapes.requestOf(settings) : {}) };
    const known = this.#account.accountId ?? (await this.#accountOf(credential, call));
    const request = { method: "POST", path: "/settings/2/api-keys", body } as const;
    const answer = await this.#admin.send(credential, request, call);
    const made = readAnswer(answer, shapes.Made, adviceFor(answer));
    const account = made.accountId ?? known;
    if (!account) throw unreadable(answer, "accountId: missing");
    const createdAtMs = this.#now();
    return {
      keyId: made.id,
      account,
      fields: { apiKey: made.apiKeySecret },
      createdAtMs,
      expiresAtMs: made.validTo ?? createdAtMs + EXPIRY_DAYS * DAY_MS,
      settings: shapes.settingsOf(made),
    };
  }

  /**
   * Every field of the PUT is optional, and lists that are not sent stay as they are ("if an empty list is sent, all … will
   * be removed"). But without `accountId` the key is given that of the admin's user, so it is sent as it was.
   *
   * A key that is disabled already costs none of the 40 updates that an account has in a day, but where time is short: then
   * the account is known, and nobody looks first.
   */
  async revoke(
    request: { credential: KeyFields; keyId: string; account?: string },
    call: Call,
  ): Promise<void> {
    const { credential, keyId, account } = request;
    const path = pathOf(keyId);
    const isKnown = account !== undefined && account !== UNKNOWN_ACCOUNT;
    const known = !isKnown ? await this.#accountIn(credential, path, call) : { accountId: account };
    if (known === undefined) return;
    const body = { ...known, enabled: false };
    const answer = await this.#admin.send(credential, { method: "PUT", path, body }, call);
    if (isGone(answer)) return;
    if (readAnswer(answer, shapes.Row, adviceFor(answer)).enabled === true) {
      throw unreadable(answer, "enabled: still true");
    }
  }

  /** The account of a key that works; nothing of one that is gone, or disabled. */
  async #accountIn(
    credential: KeyFields,
    path: string,
    call: Call,
  ): Promise<{ accountId?: string } | undefined> {
    const found = await this.#admin.send(credential, { method: "GET", path }, call);
    if (isGone(found)) return undefined;
    const { accountId, enabled } = readAnswer(found, shapes.Row, adviceFor(found));
    if (enabled === false) return undefined;
    return accountId ? { accountId } : this.#account;
  }

  /**
   * The balance is free to ask for. It needs the scope `account-management:manage`, which a key that sends should not
   * have; but scopes are checked of credentials that were accepted (docs/essentials/api-essentials/api-authorization),
   * so the vendor's own words for a lack of them are a yes as well. A 403 without them may be anybody's.
   *
   * "Authentication will fail from any other IP": an IP rule, like a suspended account, may look like a dead key. The
   * control pair tells.
   */
  async probe(key: KeyFields, call: Call): Promise<ProbeAnswer> {
    return probeWith(call, async () => {
      const answer = await this.#askWithKey(key, { path: "/account/1/balance" }, call);
      if (isOk(answer) && shapes.Balance.safeParse(answer.json).success) return { kind: "accepted" };
      const { code } = shapes.failureOf(answer.json);
      if (answer.status === 403 && (code === "FORBIDDEN" || code === "E403")) return { kind: "accepted" };
      const isRejected = answer.status === 401 && (code === "UNAUTHORIZED" || code === "E401");
      return { kind: isRejected ? "rejected" : "unknown", because: answer.got };
    });
  }

  /** What is older than 48 hours is not there, and is not asked for. Both ends are filtered again. */
  async *listSends(
    { credential, sinceMs, untilMs }: { credential: KeyFields; sinceMs: number; untilMs: number },
    call: Call,
  ): AsyncIterable<readonly Send[]> {
    const nowMs = this.#now();
    const fromMs = Math.max(sinceMs, nowMs - REACH_HOURS * 3_600_000);
    if (untilMs <= fromMs) return;
    // "Sent after this date": a millisecond earlier, so that the first instant is in it.
    const range = {
      sentSince: timeOf(fromMs - 1),
      ...(untilMs > nowMs ? {} : { sentUntil: timeOf(untilMs) }),
    };
    const query = { ...range, limit: String(SENDS_PAGE), useCursor: "true" };
    let cursor: string | undefined;
    do {
      const asked = { path: "/sms/3/logs", query: cursor ? { ...query, cursor } : query };
      const answer = await this.#askWithKey(credential, asked, call);
      const { results, cursor: next } = readAnswer(answer, shapes.Logs, SENDS_ADVICE[answer.status]);
      const sends = (results ?? []).map((row) => shapes.sendOf(row, fromMs));
      yield sends.filter(({ atMs }) => atMs >= sinceMs && atMs < untilMs);
      const isEnd = sends.length === 0 || next?.nextCursor === cursor;
      cursor = isEnd ? undefined : (next?.nextCursor ?? undefined);
    } while (cursor);
  }

  async #page(credential: KeyFields, filter: Readonly<Record<string, string>>, call: Call) {
    const query = { ...this.#account, ...filter };
    const answer = await this.#admin.send(
      credential,
      { method: "GET", path: "/settings/2/api-keys", query },
      call,
    );
    const { apiKeys, paging } = readAnswer(answer, shapes.Rows, adviceFor(answer));
    return { rows: apiKeys ?? [], totalCount: paging?.totalCount, totalPages: paging?.totalPages };
  }

  /** A key of the account names it, a disabled one too. */
  async #accountOf(credential: KeyFields, call: Call): Promise<string | undefined> {
    const { rows } = await this.#page(credential, { page: "0", size: "1" }, call);
    return rows[0]?.accountId ?? undefined;
  }

  #askWithKey(
    { apiKey }: KeyFields,
    request: { readonly path: string; readonly query?: Readonly<Record<string, string>> },
    { signal }: Call,
  ): Promise<HttpAnswer> {
    const value = apiKey?.reveal().trim() ?? "";
    // The scheme alone would hide that there is no key.
    const authorization = new Sensitive(value === "" ? "" : `App ${value}`);
    const secrets = apiKey ? [apiKey] : [];
    return this.#http.send({ ...request, method: "GET", headers: { authorization }, secrets, signal });
  }
}

const SENDS_ADVICE: Readonly<Record<number, string>> = {
  401: "The key is dead, its IP rules leave this address out, or its account is suspended. Use another key of the same account.",
  403: "The key may not read the log of messages. Give it the scope sms:logs:read.",
};

/** @throws ProviderRejectedError where the id would lead to another path */
function pathOf(keyId: string): string {
  if (/^[\w-]+$/.test(keyId)) return `/settings/2/api-keys/${keyId}`;
  throw new ProviderRejectedError(
    "infobip: the key id is not one of the vendor's, so nothing was asked. Correct keyId in the secret's value.",
  );
}

/** Only the vendor's own 404: a proxy's says nothing of a key. */
function isGone({ status, json }: HttpAnswer): boolean {
  return status === 404 && shapes.failureOf(json).code === "E404";
}

/** The form of the vendor's examples, with an offset: `2020-02-22T17:42:05.390+01:00`. */
function timeOf(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "+00:00");
}
