import { createHash } from "node:crypto";
import { z } from "zod";
import { ConfigError, ProviderRejectedError, ProviderUnavailableError } from "../../contract/errors.ts";
import type { KeyFields } from "../../contract/secret-value.ts";
import { Sensitive } from "../../contract/sensitive.ts";
import type {
  Call,
  Capabilities,
  KeyList,
  KeyProvider,
  KeySettings,
  KeyUse,
  ListedKey,
  MadeKey,
  ProbeAnswer,
} from "../cutover/ports.ts";
import { errorOf, type HttpAnswer, isOk, readAnswer, unreadable } from "./_answer.ts";
import { Http, type HttpOptions, type HttpRequest } from "./_http.ts";

export interface StartMessagingOptions extends Pick<HttpOptions, "baseUrl" | "attemptTimeoutMs" | "sleep"> {
  /** Milliseconds since 1970. @default the system's clock */
  readonly now?: () => number;
}

/** The vendor's own address, where the function's environment names no other. */
export const STARTMESSAGING_URL = "https://api.startmessaging.com";

const LIST_CAP = 100;
const SENDS_PAGE = 100;

const capabilities: Capabilities = {
  fieldNames: ["apiKey"],
  listCap: LIST_CAP,
  credential: "self",
  // Written at most once a minute, on any authenticated request (the vendor's `api-keys.service.ts`, `touchLastUsed`).
  lastUsed: { resolutionSeconds: 60, movedByProbe: true },
  sendsByKey: true,
};

/** What is deployed may differ from the vendor's public server, so the key routes may not be there (PROVIDERS §1). */
const NO_KEY_API =
  "Either this account's API does not offer key management (then hand keys in: dualkey hand-in), or its KYC is not finished, or the key's IP rules leave this address out.";
const NOT_ACCEPTED = "The key is dead, or its account is suspended. Use another key of the same account.";

const Time = z
  .string()
  .transform((text) => Date.parse(text))
  .pipe(z.number());
const AllowedIps = z.array(z.string()).nullish();

const Rows = z.object({
  data: z.array(
    z.object({
      id: z.string().min(1),
      createdAt: Time,
      userId: z.string().min(1).nullish(),
      label: z.string().nullish(),
      keyHash: z.string().nullish(),
      allowedIps: AllowedIps,
      lastUsedAt: Time.nullish(),
      deletedAt: Time.nullish(),
    }),
  ),
});

const Made = z.object({
  data: z.object({
    id: z.string().min(1),
    key: z.string().min(1),
    allowedIps: AllowedIps,
    createdAt: Time.nullish(),
  }),
});

const Wallet = z.object({ data: z.object({ userId: z.string().min(1) }) });
/** The vendor's yes, which no other page that answers 200 looks like. */
const Yes = z.object({ data: z.looseObject({}) });

/** Of a message only when and by whom: its content is a one-time code, its number is a person (P6). */
const Messages = z.object({ data: z.array(z.object({ createdAt: Time, apiKeyId: z.string().nullish() })) });

const Failure = z.object({ error: z.object({ code: z.string().nullish(), message: z.string().nullish() }) });

/** StartMessaging (India, SMS OTP): many keys, each of which can list, make and revoke the account's keys. */
export class StartMessaging implements KeyProvider {
  readonly id = "startmessaging";
  readonly capabilities = capabilities;
  readonly #http: Http;
  readonly #now: () => number;

  /** @throws ConfigError where the base URL is not one that a credential may be sent to */
  constructor({ now = Date.now, ...http }: StartMessagingOptions) {
    const keyPattern = /sk_live_\w+|\b[0-9a-f]{64}\b/gi;
    this.#http = new Http({ ...http, provider: this.id, keyPattern, readError: failureOf });
    this.#now = now;
  }

  /** Newest first, 100 at most, no paging; deleted keys are absent (the vendor's `findAllByUser`). */
  async list(credential: KeyFields, call: Call): Promise<KeyList> {
    const answer = await this.#ask(credential, { method: "GET", path: "/api-keys", signal: call.signal });
    const rows = readAnswer(answer, Rows, adviceFor(answer)).data;
    const userId = rows.find((row) => row.userId)?.userId;
    return {
      account: userId ?? (await this.#account(credential, call)),
      complete: rows.length < LIST_CAP,
      keys: rows.filter((row) => !row.deletedAt).map(listedKey),
    };
  }

  /**
   * The label is kept verbatim; it is neither unique nor limited. The answer names no account, so the account is
   * asked for first: afterwards a failure would lose the new key. (That GET, which can be repeated, is also what meets
   * a connection that went stale while the function was frozen, and not the POST, which cannot.)
   */
  async make(
    { credential, name, settings }: { credential: KeyFields; name: string; settings: KeySettings },
    call: Call,
  ): Promise<MadeKey> {
    const allowedIps = allowedIpsOf(settings);
    const account = await this.#account(credential, call);
    const body = { label: name, allowedIps };
    const answer = await this.#ask(credential, {
      method: "POST",
      path: "/api-keys",
      body,
      signal: call.signal,
    });
    const { data } = readAnswer(answer, Made, adviceFor(answer));
    return {
      keyId: data.id,
      account,
      fields: { apiKey: new Sensitive(data.key) },
      createdAtMs: data.createdAt ?? this.#now(),
      settings: { allowedIps: data.allowedIps ?? null },
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
    const path = `/api-keys/${keyId}`;
    const answer = await this.#ask(credential, { method: "DELETE", path, signal: call.signal });
    const isGone = answer.status === 404 && failureOf(answer.json).code === "NOT_FOUND";
    if (!isOk(answer) && !isGone) throw errorOf(answer, adviceFor(answer));
  }

  /**
   * The balance is free to ask for, and answers before KYC. Both a dead key and a suspended account get 401
   * UNAUTHORIZED and only the message tells them apart (the vendor's `api-key-auth.guard.ts`); a message that is not
   * known is `unknown`, so a change of wording holds a key and never kills one.
   */
  async probe(key: KeyFields, call: Call): Promise<ProbeAnswer> {
    try {
      const answer = await this.#ask(key, { method: "GET", path: "/wallet", signal: call.signal });
      if (isOk(answer) && Yes.safeParse(answer.json).success) return { kind: "accepted" };
      const isRejected = answer.status === 401 && failureOf(answer.json).message === "Invalid API key";
      return { kind: isRejected ? "rejected" : "unknown", because: answer.got };
    } catch (error) {
      const isAnswer = error instanceof ProviderUnavailableError || error instanceof ProviderRejectedError;
      if (!isAnswer || call.signal.aborted) throw error;
      return { kind: "unknown", because: error.message };
    }
  }

  /**
   * Cursor mode is newest first and allows no sort. Its first page is enough: `count` is a lower bound.
   *
   * @throws ProviderRejectedError where the vendor did not filter by key: then a page proves nothing of one key
   */
  async sends(
    { credential, keyId, sinceMs }: { credential: KeyFields; keyId: string; sinceMs: number },
    call: Call,
  ): Promise<KeyUse> {
    const startDate = new Date(sinceMs).toISOString();
    const query = { apiKeyId: keyId, startDate, cursor: "", limit: String(SENDS_PAGE) };
    const answer = await this.#ask(credential, {
      method: "GET",
      path: "/messages",
      query,
      signal: call.signal,
    });
    const rows = readAnswer(answer, Messages).data;
    if (rows.some(({ apiKeyId = keyId }) => apiKeyId !== keyId)) {
      throw unreadable(answer, `messages of other keys than ${keyId}`);
    }
    const times = rows.map((row) => row.createdAt).filter((atMs) => atMs >= sinceMs);
    return times.length === 0 ? { count: 0 } : { count: times.length, lastAtMs: Math.max(...times) };
  }

  async #account(credential: KeyFields, call: Call): Promise<string> {
    const answer = await this.#ask(credential, { method: "GET", path: "/wallet", signal: call.signal });
    return readAnswer(answer, Wallet).data.userId;
  }

  #ask(key: KeyFields, request: Omit<HttpRequest, "headers">): Promise<HttpAnswer> {
    return this.#http.send({ ...request, headers: { "x-api-key": key.apiKey ?? new Sensitive("") } });
  }
}

function listedKey(row: z.infer<typeof Rows>["data"][number]): ListedKey {
  const { keyHash } = row;
  return {
    id: row.id,
    ...(row.label ? { name: row.label } : {}),
    createdAtMs: row.createdAt,
    ...(row.lastUsedAt ? { lastUsedAtMs: row.lastUsedAt } : {}),
    settings: { allowedIps: row.allowedIps ?? null },
    is: ({ apiKey }) => apiKey !== undefined && hashOf(apiKey) === keyHash?.toLowerCase(),
  };
}

/** `keyHash` is the sha256 of the key, in hex. A header carries no white space around a value, so it is no part of it. */
function hashOf(key: Sensitive): string {
  return createHash("sha256").update(key.reveal().trim()).digest("hex");
}

function allowedIpsOf({ allowedIps }: KeySettings): string[] | null {
  const parsed = AllowedIps.safeParse(allowedIps);
  if (parsed.success) return parsed.data ?? null;
  throw new ConfigError("startmessaging settings", [
    { path: "allowedIps", message: "is not a list of addresses" },
  ]);
}

function adviceFor({ status }: HttpAnswer): string | undefined {
  if (status === 403 || status === 404) return NO_KEY_API;
  return status === 401 ? NOT_ACCEPTED : undefined;
}

function failureOf(json: unknown): { code?: string; message?: string } {
  const error = Failure.safeParse(json).data?.error;
  return {
    ...(error?.code ? { code: error.code } : {}),
    ...(error?.message ? { message: error.message } : {}),
  };
}
