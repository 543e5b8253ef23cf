import { z } from "zod";
import { ProviderRejectedError } from "../../contract/errors.ts";
import type { KeyFields } from "../../contract/secret-value.ts";
import { Sensitive } from "../../contract/sensitive.ts";
import type {
  Call,
  Capabilities,
  KeyIdentity,
  KeyList,
  KeyProvider,
  ListedKey,
  MadeKey,
  ProbeAnswer,
} from "../../core/cutover/ports.ts";
import { errorOf, type HttpAnswer, isOk, probeWith, readAnswer } from "../../core/providers/_answer.ts";
import { Http, type HttpOptions, type HttpRequest } from "../../core/providers/_http.ts";

export type ExampleSmsOptions = Pick<HttpOptions, "baseUrl" | "attemptTimeoutMs" | "sleep">;

const capabilities: Capabilities = {
  fieldNames: ["apiKey"],
  source: "provider",
  credential: "self",
  list: { names: true },
  revoke: "delete",
  // "Updated at most once a minute, by any request" (docs.example.com/keys, List keys).
  lastUsed: { resolutionSeconds: 60, movedByProbe: true },
  carriedOver: [],
};

const Time = z.string().transform(Date.parse).pipe(z.number());
const Row = z.object({
  id: z.string().min(1),
  name: z.string().nullish(),
  created_at: Time.nullish(),
  last_used_at: Time.nullish(),
});
const Page = z.object({ keys: z.array(Row), next_cursor: z.string().nullish() });
const Made = z.object({ id: z.string().min(1), key: z.string().min(1), created_at: Time });
const Account = z.object({ account: z.object({ id: z.string().min(1) }) });
const Failure = z.object({ error: z.object({ code: z.string(), message: z.string().nullish() }) });

const NOT_ACCEPTED = "The key is dead. Use another key of the same account.";

/** Example SMS: many keys, each of which can list, make and revoke the account's keys. */
export class ExampleSms implements KeyProvider {
  readonly id = "example-sms";
  readonly capabilities = capabilities;
  readonly #http: Http;

  /** @throws ConfigError where the base URL is not one that a credential may be sent to */
  constructor(options: ExampleSmsOptions) {
    this.#http = new Http({ ...options, provider: this.id, keyPattern: /ex_\w+/g, readError: failureOf });
  }

  /** The id stands in the key: `ex_<id>_<secret>` (docs.example.com/keys). */
  identify({ apiKey }: KeyFields): KeyIdentity {
    const keyId = /^ex_([a-z0-9]+)_\w+$/.exec(apiKey?.reveal().trim() ?? "")?.[1];
    return keyId === undefined ? {} : { keyId };
  }

  async list(credential: KeyFields, call: Call): Promise<KeyList> {
    const account = await this.#accountOf(credential, call);
    const keys: ListedKey[] = [];
    let cursor: string | null | undefined;
    do {
      const query = cursor ? { cursor } : {};
      const answer = await this.#ask(credential, { method: "GET", path: "/v1/keys", query }, call);
      const page = readAnswer(answer, Page, adviceFor(answer));
      keys.push(...page.keys.map((row) => this.#listedKey(row)));
      cursor = page.next_cursor;
    } while (cursor);
    return { account, complete: true, keys };
  }

  /** The answer names no account, so that is asked for first: afterwards a failure would lose the new key. */
  async make(
    { credential, name }: { readonly credential: KeyFields; readonly name: string },
    call: Call,
  ): Promise<MadeKey> {
    const account = await this.#accountOf(credential, call);
    const request = { method: "POST", path: "/v1/keys", body: { name } } as const;
    const answer = await this.#ask(credential, request, call);
    const { id: keyId, key, created_at: createdAtMs } = readAnswer(answer, Made, adviceFor(answer));
    return { keyId, account, fields: { apiKey: new Sensitive(key) }, createdAtMs };
  }

  /** 204, then 404 `no_such_key`. Any other 404 may be a proxy's, and says nothing of a key. */
  async revoke(
    { credential, keyId }: { readonly credential: KeyFields; readonly keyId: string },
    call: Call,
  ): Promise<void> {
    if (!/^[a-z0-9]+$/.test(keyId)) {
      const text = "the key id is not one of the vendor's, so nothing was asked";
      throw new ProviderRejectedError(`${this.id}: ${text}. Correct keyId in the secret's value.`);
    }
    const answer = await this.#ask(credential, { method: "DELETE", path: `/v1/keys/${keyId}` }, call);
    const isGone = answer.status === 404 && failureOf(answer.json).code === "no_such_key";
    if (!isOk(answer) && !isGone) throw errorOf(answer, adviceFor(answer));
  }

  /** Free. Only the vendor's own `invalid_key` is a no: a suspended account gets 401 `account_suspended`. */
  probe(key: KeyFields, call: Call): Promise<ProbeAnswer> {
    return probeWith(call, async () => {
      const answer = await this.#ask(key, { method: "GET", path: "/v1/account" }, call);
      if (isOk(answer) && Account.safeParse(answer.json).success) return { kind: "accepted" };
      const isRejected = answer.status === 401 && failureOf(answer.json).code === "invalid_key";
      return { kind: isRejected ? "rejected" : "unknown", because: answer.got };
    });
  }

  #listedKey({
    id,
    name,
    created_at: createdAtMs,
    last_used_at: lastUsedAtMs,
  }: z.infer<typeof Row>): ListedKey {
    return {
      id,
      ...(name ? { name } : {}),
      ...(createdAtMs ? { createdAtMs } : {}),
      ...(lastUsedAtMs ? { lastUsedAtMs } : {}),
      is: (fields) => {
        const { keyId } = this.identify(fields);
        return keyId === undefined ? undefined : keyId === id;
      },
    };
  }

  async #accountOf(credential: KeyFields, call: Call): Promise<string> {
    const answer = await this.#ask(credential, { method: "GET", path: "/v1/account" }, call);
    return readAnswer(answer, Account, adviceFor(answer)).account.id;
  }

  #ask(
    { apiKey = new Sensitive("") }: KeyFields,
    request: Omit<HttpRequest, "headers" | "signal">,
    { signal }: Call,
  ): Promise<HttpAnswer> {
    return this.#http.send({ ...request, signal, headers: { "x-api-key": apiKey } });
  }
}

function failureOf(json: unknown): { code?: string; message?: string } {
  const { code, message } = Failure.safeParse(json).data?.error ?? {};
  return { ...(code ? { code } : {}), ...(message ? { message } : {}) };
}

function adviceFor({ status }: HttpAnswer): string | undefined {
  return status === 401 ? NOT_ACCEPTED : undefined;
}
