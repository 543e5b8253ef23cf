import { z } from "zod";
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
  KeyUse,
  MadeKey,
  ProbeAnswer,
  Send,
} from "../cutover/ports.ts";
import { errorOf, type HttpAnswer, isOk, probeWith, readAnswer, unreadable } from "./_answer.ts";
import { Http, type HttpOptions, type HttpRequest } from "./_http.ts";
import * as shapes from "./_startmessaging-shapes.ts";

export interface StartMessagingOptions extends Pick<HttpOptions, "baseUrl" | "attemptTimeoutMs" | "sleep"> {
  /** Milliseconds since 1970. @default the system's clock */
  readonly now?: () => number;
}

const LIST_CAP = 100;
const SENDS_PAGE = 100;

const capabilities: Capabilities = {
  fieldNames: FIELD_NAMES.startmessaging,
  source: "provider",
  credential: "self",
  list: { cap: LIST_CAP, names: true },
  revoke: "delete",
  carriedOver: ["allowedIps"],
  // Written at most once a minute, on any authenticated request (the vendor's `api-keys.service.ts`, `touchLastUsed`).
  lastUsed: { resolutionSeconds: 60, movedByProbe: true },
  sends: { byKey: true, country: "number" },
};

/** What is deployed may differ from the vendor's public server, so the key routes may not be there (PROVIDERS §1). */
const NO_KEY_API =
  "Either this account's API does not offer key management (then hand keys in: dualkey hand-in), or its KYC is not finished, or the key's IP rules leave this address out.";
const NOT_ACCEPTED = "The key is dead, or its account is suspended. Use another key of the same account.";

/** StartMessaging (India, SMS OTP): many keys, each of which can list, make and revoke the account's keys. */
export class StartMessaging implements KeyProvider {
  readonly id = "startmessaging";
  readonly capabilities = capabilities;
  readonly #http: Http;
  readonly #now: () => number;

  /** @throws ConfigError where the base URL is not one that a credential may be sent to */
  constructor({ now = Date.now, ...http }: StartMessagingOptions) {
    const keyPattern = /sk_live_\w+|\b[0-9a-f]{64}\b/gi;
    this.#http = new Http({ ...http, provider: this.id, keyPattern, readError: shapes.failureOf });
    this.#now = now;
  }

  /** A key says nothing of itself: its id is found by its hash, in a list. */
  identify(): KeyIdentity {
    return {};
  }

  /** Newest first, 100 at most, no paging; deleted keys are absent (the vendor's `findAllByUser`). */
  async list(credential: KeyFields, call: Call): Promise<KeyList> {
    const rows = await this.#rows(credential, call);
    const userId = rows.find((row) => row.userId)?.userId;
    return {
      account: userId ?? (await this.#account(credential, call)),
      complete: rows.length < LIST_CAP,
      keys: rows.filter((row) => !row.deletedAt).map(shapes.listedKey),
    };
  }

  async settings(
    { credential, keyId }: { credential: KeyFields; keyId: string },
    call: Call,
  ): Promise<KeySettings> {
    const row = (await this.#rows(credential, call)).find(({ id }) => id === keyId);
    if (row) return shapes.settingsOf(row);
    throw new ProviderRejectedError(
      `startmessaging: key ${keyId} is not listed, so its settings cannot be read. Correct keyId in the secret's value.`,
    );
  }

  /**
   * The label is kept verbatim; it is neither unique nor limited. The answer names no account, so the account is
   * asked for first, unless a list has just named it: afterwards a failure would lose the new key. (That GET, or that list,
   * which can be repeated, is also what meets a connection that went stale while the function was frozen, and not the POST,
   * which cannot.)
   */
  async make(
    request: { credential: KeyFields; name: string; settings?: KeySettings; account?: string },
    call: Call,
  ): Promise<MadeKey> {
    const { credential, name, settings = {} } = request;
    const body = { label: name, allowedIps: shapes.allowedIpsOf(settings) };
    const account = request.account ?? (await this.#account(credential, call));
    const answer = await this.#ask(credential, { method: "POST", path: "/api-keys", body }, call);
    const { data } = readAnswer(answer, shapes.Made, adviceFor(answer));
    return {
      keyId: data.id,
      account,
      fields: { apiKey: new Sensitive(data.key) },
      createdAtMs: data.createdAt ?? this.#now(),
      settings: shapes.settingsOf(data),
    };
  }

  /** Effective on the next request; the second time it answers 404. */
  async revoke({ credential, keyId }: { credential: KeyFields; keyId: string }, call: Call): Promise<void> {
    // Any other text could lead to a route that is not there, whose 404 would pass for a key that is gone.
    if (!z.guid().safeParse(keyId).success) {
      throw new ProviderRejectedError(
        "startmessaging: the key id is not a UUID, as the vendor's are, so no key was revoked. Correct keyId in the secret's value.",
      );
    }
    const answer = await this.#ask(credential, { method: "DELETE", path: `/api-keys/${keyId}` }, call);
    const isGone = answer.status === 404 && shapes.failureOf(answer.json).code === "NOT_FOUND";
    if (!isOk(answer) && !isGone) throw errorOf(answer, adviceFor(answer));
  }

  /**
   * The balance is free to ask for, and answers before KYC. Both a dead key and a suspended account get 401
   * UNAUTHORIZED and only the message tells them apart (the vendor's `api-key-auth.guard.ts`); a message that is not
   * known is `unknown`, so a change of wording holds a key and never kills one.
   */
  async probe(key: KeyFields, call: Call): Promise<ProbeAnswer> {
    return probeWith(call, async () => {
      const answer = await this.#ask(key, { method: "GET", path: "/wallet" }, call);
      if (isOk(answer) && shapes.Yes.safeParse(answer.json).success) return { kind: "accepted" };
      const isRejected = answer.status === 401 && shapes.failureOf(answer.json).message === "Invalid API key";
      return { kind: isRejected ? "rejected" : "unknown", because: answer.got };
    });
  }

  /**
   * Cursor mode is newest first and allows no sort. Its first page is enough: `count` is a lower bound.
   *
   * @throws ProviderRejectedError where the vendor did not filter by key: then a page proves nothing of one key
   */
  async countSends(
    { credential, keyId, sinceMs }: { credential: KeyFields; keyId: string; sinceMs: number },
    call: Call,
  ): Promise<KeyUse> {
    const query = { apiKeyId: keyId, startDate: new Date(sinceMs).toISOString() };
    const { answer, rows } = await this.#messages(credential, { ...query, cursor: "" }, call);
    if (rows.some(({ apiKeyId = keyId }) => apiKeyId !== keyId)) {
      throw unreadable(answer, `messages of other keys than ${keyId}`);
    }
    const times = rows.map((row) => row.createdAt).filter((atMs) => atMs >= sinceMs);
    return times.length === 0 ? { count: 0 } : { count: times.length, lastAtMs: Math.max(...times) };
  }

  /** The vendor filters on `createdAt`, both ends included: the upper one is cut off here. */
  async *listSends(
    { credential, sinceMs, untilMs }: { credential: KeyFields; sinceMs: number; untilMs: number },
    call: Call,
  ): AsyncIterable<readonly Send[]> {
    const [startDate, endDate] = [new Date(sinceMs).toISOString(), new Date(untilMs).toISOString()];
    let cursor: string | null | undefined = "";
    while (typeof cursor === "string") {
      const page = await this.#messages(credential, { startDate, endDate, cursor }, call);
      yield page.rows.map(shapes.sendOf).filter(({ atMs }) => atMs >= sinceMs && atMs < untilMs);
      cursor = page.nextCursor;
    }
  }

  async #rows(credential: KeyFields, call: Call): Promise<readonly shapes.Row[]> {
    const answer = await this.#ask(credential, { method: "GET", path: "/api-keys" }, call);
    return readAnswer(answer, shapes.Rows, adviceFor(answer)).data;
  }

  async #account(credential: KeyFields, call: Call): Promise<string> {
    const answer = await this.#ask(credential, { method: "GET", path: "/wallet" }, call);
    return readAnswer(answer, shapes.Wallet).data.userId;
  }

  async #messages(credential: KeyFields, filter: Readonly<Record<string, string>>, call: Call) {
    const query = { ...filter, limit: String(SENDS_PAGE) };
    const answer = await this.#ask(credential, { method: "GET", path: "/messages", query }, call);
    const { data: rows, pagination } = readAnswer(answer, shapes.Messages);
    return { answer, rows, nextCursor: pagination?.nextCursor };
  }

  #ask(
    key: KeyFields,
    request: Omit<HttpRequest, "headers" | "signal">,
    { signal }: Call,
  ): Promise<HttpAnswer> {
    return this.#http.send({ ...request, signal, headers: { "x-api-key": key.apiKey ?? new Sensitive("") } });
  }
}

function adviceFor({ status }: HttpAnswer): string | undefined {
  if (status === 403 || status === 404) return NO_KEY_API;
  return status === 401 ? NOT_ACCEPTED : undefined;
}
