import { randomBytes as systemRandomBytes } from "node:crypto";
import { ProviderRejectedError, ProviderUnavailableError } from "../../contract/errors.ts";
import { FIELD_NAMES } from "../../contract/provider-policy.ts";
import type { KeyFields } from "../../contract/secret-value.ts";
import { Sensitive } from "../../contract/sensitive.ts";
import type {
  Call,
  Capabilities,
  KeyIdentity,
  KeyList,
  KeyProvider,
  MadeKey,
  ProbeAnswer,
  Send,
} from "../cutover/ports.ts";
import { errorOf, type HttpAnswer, isOk, probeWith, readAnswer } from "./_answer.ts";
import { basicAuth, Http, type HttpOptions, type HttpRequest } from "./_http.ts";
import * as reports from "./_vonage-reports.ts";
import { chooseSecret } from "./_vonage-secret.ts";
import * as shapes from "./_vonage-shapes.ts";

export interface VonageOptions extends Pick<HttpOptions, "baseUrl" | "attemptTimeoutMs" | "sleep"> {
  /** Milliseconds since 1970. @default the system's clock */
  readonly now?: () => number;
  /** A cryptographic source of bytes, for new secrets. @default the system's */
  readonly randomBytes?: (count: number) => Uint8Array;
}

const capabilities: Capabilities = {
  fieldNames: FIELD_NAMES.vonage,
  source: "client",
  credential: "self",
  list: { names: false },
  revoke: "delete",
  // "Each Vonage account can have up to two API secrets at any time" (developer.vonage.com/account/secret-management),
  // "and you are required to have at least one" (account.yml, revokeAPISecret, 403).
  maxLiveKeys: 2,
  minLiveKeys: 1,
  carriedOver: [],
  sends: { byKey: false, reachHours: reports.REACH_HOURS, country: "row" },
};

const NOT_ACCEPTED = "The secret is dead, or its account is suspended. Use the account's other secret.";
const FULL =
  "The account may have two secrets at any time. List them, and revoke the one that nobody uses before you register another.";
const LAST = "It is the account's only secret. Register a second secret first, then revoke this one.";
const NO_ACCOUNT = "Correct apiKey in the secret's value: it is the account's name.";
const NO_REPORTS = "Reports are a paid product of the vendor. Have it switched on for this account.";

/** Vonage (API key and secret): two secrets at the most and one at least, whose values the client chooses. */
export class Vonage implements KeyProvider {
  readonly id = "vonage";
  readonly capabilities = capabilities;
  readonly #http: Http;
  readonly #now: () => number;
  readonly #randomBytes: (count: number) => Uint8Array;

  /** @throws ConfigError where the base URL is not one that a credential may be sent to */
  constructor({ now = Date.now, randomBytes = systemRandomBytes, ...http }: VonageOptions) {
    // A secret has no form of its own: those of a request are taken out by value.
    const keyPattern = /Basic [A-Za-z0-9+/]+=*/gi;
    this.#http = new Http({ ...http, provider: this.id, keyPattern, readError: shapes.failureOf });
    this.#now = now;
    this.#randomBytes = randomBytes;
  }

  /** `apiKey` names the account and is no secret. Nothing in the value tells its id. */
  identify({ apiKey }: KeyFields): KeyIdentity {
    return apiKey === undefined ? {} : { account: apiKey.reveal().trim() };
  }

  /** Both secrets, on one page. A secret cannot be mapped to its id; that it is of another account can be told. */
  async list(credential: KeyFields, call: Call): Promise<KeyList> {
    const account = accountOf(credential);
    const answer = await this.#ask(credential, { method: "GET", path: secretsOf(account) }, call);
    const { secrets } = readAnswer(answer, shapes.Secrets, adviceFor(answer))._embedded;
    const is = (fields: KeyFields) => (this.identify(fields).account === account ? undefined : false);
    const keys = secrets.map(({ id, created_at: createdAtMs }) => {
      return typeof createdAtMs === "number" ? { id, createdAtMs, is } : { id, is };
    });
    return { account, complete: true, keys };
  }

  /** Calls nobody: the secret is chosen here, to be stored before it is registered. */
  async make({ credential }: { credential: KeyFields; name: string }, call: Call): Promise<MadeKey> {
    if (call.signal.aborted) throw new ProviderUnavailableError("vonage: make was given up. Repeat it.");
    const account = accountOf(credential);
    const apiSecret = chooseSecret(this.#randomBytes);
    return { account, fields: { apiKey: new Sensitive(account), apiSecret }, createdAtMs: this.#now() };
  }

  /** Unconfirmed: whether the same value can be registered twice. */
  async register(
    { credential, fields }: { credential: KeyFields; fields: KeyFields },
    call: Call,
  ): Promise<{ readonly keyId: string }> {
    const [account, secret] = [accountOf(credential), secretOf(fields)];
    if (accountOf(fields) !== account) {
      throw new ProviderRejectedError(
        `vonage: the new secret is for account ${accountOf(fields)} and the credential of account ${account}, so nothing was registered. Correct apiKey in the secret's value.`,
      );
    }
    const request = { method: "POST", path: secretsOf(account), body: { secret: secret.reveal() } } as const;
    const answer = await this.#ask(credential, { ...request, secrets: [secret] }, call);
    return { keyId: readAnswer(answer, shapes.Secret, adviceFor(answer)).id };
  }

  /** 204, then 404 with `#invalid-id`; an account that is not known is a 404, too (account.yml, revokeAPISecret). */
  async revoke({ credential, keyId }: { credential: KeyFields; keyId: string }, call: Call): Promise<void> {
    if (!/^[\w-]{1,64}$/.test(keyId)) {
      throw new ProviderRejectedError(
        "vonage: the key id has characters that the vendor's have not, so no secret was revoked. Correct keyId in the secret's value.",
      );
    }
    const path = `${secretsOf(accountOf(credential))}/${keyId}`;
    const answer = await this.#ask(credential, { method: "DELETE", path }, call);
    const isGone = answer.status === 404 && shapes.failureOf(answer.json).code === "invalid-id";
    if (!isOk(answer) && !isGone) throw errorOf(answer, adviceFor(answer));
  }

  /**
   * The list of secrets is free, and has no secret in its URL, as `get-balance` has. 401 is "credentials are missing or
   * invalid" (account.yml). Unconfirmed: what a suspended account is told; if it is a 401, the control pair holds.
   */
  async probe(key: KeyFields, call: Call): Promise<ProbeAnswer> {
    return probeWith(call, async () => {
      const answer = await this.#ask(key, { method: "GET", path: secretsOf(accountOf(key)) }, call);
      if (isOk(answer) && shapes.Secrets.safeParse(answer.json).success) return { kind: "accepted" };
      return { kind: answer.status === 401 ? "rejected" : "unknown", because: answer.got };
    });
  }

  /** Goes back as far as the vendor keeps records, and no further. */
  listSends(
    { credential, sinceMs, untilMs }: { credential: KeyFields; sinceMs: number; untilMs: number },
    call: Call,
  ): AsyncIterable<readonly Send[]> {
    const range = { account: accountOf(credential), sinceMs, untilMs, nowMs: this.#now() };
    return reports.listSends(range, async (query) => {
      const answer = await this.#ask(credential, { method: "GET", path: "/v2/reports/records", query }, call);
      return { answer, advice: answer.status === 403 ? NO_REPORTS : adviceFor(answer) };
    });
  }

  #ask(
    key: KeyFields,
    request: Omit<HttpRequest, "headers" | "signal">,
    { signal }: Call,
  ): Promise<HttpAnswer> {
    const secret = secretOf(key);
    const authorization = basicAuth(new Sensitive(accountOf(key)), secret);
    const secrets = [
      secret,
      new Sensitive(authorization.reveal().slice("Basic ".length)),
      ...(request.secrets ?? []),
    ];
    return this.#http.send({ ...request, secrets, signal, headers: { authorization } });
  }
}

function secretsOf(account: string): string {
  return `/accounts/${account}/secrets`;
}

/**
 * Eight characters, as the reports' `account_id` and the SMS API's `api_key` are (reports.yml, sms.yml).
 *
 * @throws ProviderRejectedError for anything else: it goes into paths
 */
function accountOf({ apiKey }: KeyFields): string {
  const account = apiKey?.reveal().trim() ?? "";
  if (/^[A-Za-z0-9]{8}$/.test(account)) return account;
  throw new ProviderRejectedError(
    `vonage: apiKey is not eight letters and digits, so nobody was called. ${NO_ACCOUNT}`,
  );
}

function secretOf({ apiSecret }: KeyFields): Sensitive {
  const secret = apiSecret?.reveal().trim() ?? "";
  if (secret !== "") return new Sensitive(secret);
  throw new ProviderRejectedError(
    "vonage: apiSecret is empty, so nobody was called. Correct the secret's value.",
  );
}

/**
 * Two existing secrets are a 400 in account.yml (createAPISecret), and a 403 in the tests of the vendor's own client
 * libraries, there with `#maximum-secrets-allowed`.
 */
function adviceFor({ method, status, json }: HttpAnswer): string | undefined {
  const { code } = shapes.failureOf(json);
  if (code === "delete-last-secret") return LAST;
  if (code === "maximum-secrets-allowed") return FULL;
  // Whatever the type: a secret that was chosen here keeps the rules.
  if (method === "POST" && status === 400) return FULL;
  if (status === 404) return NO_ACCOUNT;
  return status === 401 ? NOT_ACCEPTED : undefined;
}
