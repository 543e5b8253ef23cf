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
  MadeKey,
  ProbeAnswer,
} from "../cutover/ports.ts";
import { errorOf, type HttpAnswer, isOk, probeWith, readAnswer, unreadable } from "./_answer.ts";
import { Http, type HttpOptions, type HttpRequest } from "./_http.ts";
import * as shapes from "./_sendgrid-shapes.ts";

export interface SendGridOptions extends Pick<HttpOptions, "baseUrl" | "attemptTimeoutMs" | "sleep"> {
  /** What to call the account of keys that may not read its number (the scope `user.username.read`). @default "sendgrid" */
  readonly account?: string;
  /** Milliseconds since 1970. @default the system's clock */
  readonly now?: () => number;
}

/** "If the number of maximum keys, 100, is reached, a 403 status will be returned" (tsg_api_keys_v3.json, CreateApiKey). */
const MAX_KEYS = 100;

const capabilities: Capabilities = {
  fieldNames: FIELD_NAMES.sendgrid,
  source: "provider",
  credential: "self",
  list: { cap: MAX_KEYS, names: true },
  revoke: "delete",
  maxLiveKeys: MAX_KEYS,
  // "Authentications using a revoked API Key will fail after some small propagation delay" (DeleteApiKey). How small is
  // not said; a minute is this adapter's choice.
  propagationSeconds: 60,
  carriedOver: ["scopes"],
  // No `sends`. Email Activity (GET /v3/messages) is a paid add-on and, as Email Logs (POST /v3/logs), shows 1000
  // messages at the most with no page after them; no row names a key, and mail has no country: a review could neither be
  // whole nor see what it looks for.
};

const NOT_ACCEPTED = "The key is dead, or its account is suspended. Use another key of the same account.";
const NO_SCOPE =
  "A key manages keys with the scopes api_keys.create, api_keys.read and api_keys.delete. Give them to it in the vendor's console, or hand in a key that has them (dualkey hand-in).";
const NO_ROOM = `Either the account has ${MAX_KEYS} keys, as many as it may have (delete one that nobody uses), or the key may not make others.`;
const HAND_IN =
  "Hand in a first key that has the scopes you want (dualkey hand-in): later keys get the same.";

/** SendGrid (e-mail): many keys, of which any that has the scopes can make and delete the account's others. */
export class SendGrid implements KeyProvider {
  readonly id = "sendgrid";
  readonly capabilities = capabilities;
  readonly #http: Http;
  readonly #account: string;
  readonly #now: () => number;

  /** @throws ConfigError where the base URL is not one that a credential may be sent to */
  constructor({ account = "sendgrid", now = Date.now, ...http }: SendGridOptions) {
    const keyPattern = /SG\.[\w-]+\.[\w-]+/g;
    this.#http = new Http({ ...http, provider: this.id, keyPattern, readError: shapes.failureOf });
    this.#account = account;
    this.#now = now;
  }

  /** The id stands in the key: `SG.<api_key_id>.<secret>` (the example of CreateApiKey). */
  identify({ apiKey }: KeyFields): KeyIdentity {
    const keyId = /^SG\.([\w-]+)\.[\w-]+$/.exec(apiKey?.reveal().trim() ?? "")?.[1];
    return keyId === undefined ? {} : { keyId };
  }

  /** No paging, only a `limit`; no times (ListApiKey). It is asked for as many as there can be. */
  async list(credential: KeyFields, call: Call): Promise<KeyList> {
    const account = await this.#accountOf(credential, call);
    const request = { method: "GET", path: "/v3/api_keys", query: { limit: String(MAX_KEYS) } } as const;
    const answer = await this.#ask(credential, request, call);
    const { result } = readAnswer(answer, shapes.Rows, adviceFor(answer));
    const keys = result.map(({ api_key_id: id, name }) => ({
      id,
      ...(name ? { name } : {}),
      is: (fields: KeyFields) => {
        const { keyId } = this.identify(fields);
        return keyId === undefined ? undefined : keyId === id;
      },
    }));
    return { account, complete: result.length < MAX_KEYS, keys };
  }

  /** @throws ProviderRejectedError where no scopes can be read: a key that is made without them has full access */
  async settings(
    { credential, keyId }: { credential: KeyFields; keyId: string },
    call: Call,
  ): Promise<KeySettings> {
    const answer = await this.#ask(credential, { method: "GET", path: pathOf(keyId) }, call);
    const scopes = shapes.scopesIn(readAnswer(answer, shapes.Key, adviceFor(answer)), keyId);
    if (scopes) return { scopes };
    throw new ProviderRejectedError(
      `${answer.what} got no scopes, and a key that is made without scopes has full access, so none is made. Set the key's scopes in the vendor's console, or hand in a key that has some (dualkey hand-in).`,
    );
  }

  /**
   * "Omitting the `scopes` field from your request will create a key with Full Access" (CreateApiKey): it is never left
   * out. Unconfirmed: whether a key with full access can be copied scope by scope.
   */
  async make(
    { credential, name, settings }: { credential: KeyFields; name: string; settings?: KeySettings },
    call: Call,
  ): Promise<MadeKey> {
    if (!settings) {
      throw new ProviderRejectedError(
        `sendgrid: a key was to be made without scopes, which would have full access. ${HAND_IN}`,
      );
    }
    const body = { name, scopes: shapes.scopesOf(settings) };
    // Before the key is made, as StartMessaging's: afterwards, a failure would lose it.
    const account = await this.#accountOf(credential, call);
    const answer = await this.#ask(credential, { method: "POST", path: "/v3/api_keys", body }, call);
    const made = readAnswer(answer, shapes.Made, adviceFor(answer));
    const fields = { apiKey: new Sensitive(made.api_key) };
    const keyId = made.api_key_id || this.identify(fields).keyId;
    if (keyId === undefined) throw unreadable(answer, "api_key_id: absent, and not in the key");
    const granted = made.scopes ? { settings: shapes.normalized(made.scopes) } : {};
    return { keyId, account, fields, createdAtMs: this.#now(), ...granted };
  }

  /** 204, then 404; the key may work a little longer. */
  async revoke({ credential, keyId }: { credential: KeyFields; keyId: string }, call: Call): Promise<void> {
    const answer = await this.#ask(credential, { method: "DELETE", path: pathOf(keyId) }, call);
    const isGone = answer.status === 404 && shapes.isFailure(answer.json);
    if (!isOk(answer) && !isGone) throw errorOf(answer, adviceFor(answer));
  }

  /**
   * Any key may ask for its own scopes, for nothing. 401 is a dead key, but for two that the vendor's support page names
   * ("4XX API errors": credits used up, a permission that is missing). Unconfirmed: what a suspended account is told;
   * if it is a 401 of the first kind, the control pair holds.
   */
  async probe(key: KeyFields, call: Call): Promise<ProbeAnswer> {
    return probeWith(call, async () => {
      const answer = await this.#ask(key, { method: "GET", path: "/v3/scopes" }, call);
      if (isOk(answer) && shapes.Granted.safeParse(answer.json).success) return { kind: "accepted" };
      const message = shapes.failureOf(answer.json).message ?? "";
      const isAlive = /^(maximum credits exceeded|authenticated user is not authorized)/i.test(message);
      const isRejected = answer.status === 401 && !isAlive;
      return { kind: isRejected ? "rejected" : "unknown", because: answer.got };
    });
  }

  /**
   * The account's number, which unlike its name never changes (tsg_user_v3.json, ListUsername). A key without the scope
   * for it may not ask, and then the policy's name stands for it. Keys of one secret have the same scopes, so they
   * agree; a key with others that is handed in may not, unless the policy's name is the number.
   */
  async #accountOf(credential: KeyFields, call: Call): Promise<string> {
    const answer = await this.#ask(credential, { method: "GET", path: "/v3/user/username" }, call);
    if (answer.status !== 403) return readAnswer(answer, shapes.User, adviceFor(answer)).user_id;
    // A 403 for another reason must not give the account another name for a while.
    const own = await this.#ask(credential, { method: "GET", path: "/v3/scopes" }, call);
    const { scopes } = readAnswer(own, shapes.Granted, adviceFor(own));
    if (scopes.includes("user.username.read")) throw errorOf(answer);
    return this.#account;
  }

  /** Unconfirmed and not supported: `on-behalf-of`, with which a parent account manages its subusers' keys. */
  #ask(
    { apiKey = new Sensitive("") }: KeyFields,
    request: Omit<HttpRequest, "headers" | "signal">,
    { signal }: Call,
  ): Promise<HttpAnswer> {
    const key = new Sensitive(apiKey.reveal().trim());
    if (key.reveal() === "") {
      throw new ProviderRejectedError(
        "sendgrid: apiKey is empty, so nobody was called. Correct the secret's value.",
      );
    }
    const authorization = new Sensitive(`Bearer ${key.reveal()}`);
    return this.#http.send({ ...request, secrets: [key], signal, headers: { authorization } });
  }
}

/** @throws ProviderRejectedError for an id that is no part of a path: its 404 could pass for a key that is gone */
function pathOf(keyId: string): string {
  if (/^[\w-]{1,64}$/.test(keyId)) return `/v3/api_keys/${keyId}`;
  throw new ProviderRejectedError(
    "sendgrid: the key id has characters that the vendor's have not, so nobody was called. Correct keyId in the secret's value.",
  );
}

function adviceFor({ method, status }: HttpAnswer): string | undefined {
  if (status === 403) return method === "POST" ? `${NO_ROOM} ${NO_SCOPE}` : NO_SCOPE;
  if (status === 404) return "Correct keyId in the secret's value.";
  return status === 401 ? NOT_ACCEPTED : undefined;
}
