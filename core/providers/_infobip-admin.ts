import {
  OutcomeUnknownError,
  ProviderRejectedError,
  ProviderUnavailableError,
} from "../../contract/errors.ts";
import type { KeyFields } from "../../contract/secret-value.ts";
import { Sensitive } from "../../contract/sensitive.ts";
import type { Call } from "../cutover/ports.ts";
import { type HttpAnswer, isOk, readAnswer } from "./_answer.ts";
import { basicAuth, type Http, type HttpRequest } from "./_http.ts";
import { Token } from "./_infobip-shapes.ts";

/** A token is given up this long before it ends, so that it does not end on its way. */
const TOKEN_MARGIN_MS = 30_000;

export const NOT_ACCEPTED =
  "The admin credential is wrong or has expired, or its user is blocked. Put one that works into the admin secret: username and password, or clientId and clientSecret.";
const NOT_ALLOWED =
  "The admin credential may not manage API keys. Give its user the role Account Manager or Integrations Manager (scope account-management:manage).";

interface CachedToken {
  readonly clientId: Sensitive;
  readonly clientSecret: Sensitive;
  readonly token: Promise<Sensitive>;
  /** Known when the token is. */
  endsAtMs: number;
}

/**
 * Sends what only an admin credential may ask for: API keys are not accepted for the management of API keys.
 *
 * Either Basic authentication, or a token of OAuth2's client credentials, which is kept in memory until shortly before
 * its end and fetched once, however many calls wait for it.
 */
export class InfobipAdmin {
  readonly #http: Http;
  readonly #now: () => number;
  #cached: CachedToken | undefined;

  constructor(http: Http, now: () => number) {
    this.#http = http;
    this.#now = now;
  }

  /**
   * A token that is refused is replaced and the request repeated, once: a 401 says that nothing was applied.
   *
   * @throws ProviderRejectedError where the credential has neither of the two forms, or is not accepted for a token
   */
  async send(
    credential: KeyFields,
    request: Omit<HttpRequest, "headers" | "signal" | "secrets">,
    call: Call,
  ): Promise<HttpAnswer> {
    const { username, password, clientId, clientSecret } = credential;
    if (username && password) {
      const authorization = basicAuth(username, password);
      return this.#http.send({
        ...request,
        signal: call.signal,
        headers: { authorization },
        secrets: [username, password],
      });
    }
    if (!clientId || !clientSecret) throw new ProviderRejectedError(`infobip: ${NOT_ACCEPTED}`);
    const client = { clientId, clientSecret };
    const used = this.#tokenFor(client, call);
    const answer = await this.#sendWith(await used.token, { request, client, call });
    if (answer.status !== 401) return answer;
    if (this.#cached === used) this.#cached = undefined;
    return this.#sendWith(await this.#tokenFor(client, call).token, { request, client, call });
  }

  #sendWith(
    token: Sensitive,
    given: {
      request: Omit<HttpRequest, "headers" | "signal" | "secrets">;
      client: { clientId: Sensitive; clientSecret: Sensitive };
      call: Call;
    },
  ): Promise<HttpAnswer> {
    const { request, client, call } = given;
    const headers = { authorization: new Sensitive(`Bearer ${token.reveal()}`) };
    const secrets = [token, client.clientId, client.clientSecret];
    return this.#http.send({ ...request, signal: call.signal, headers, secrets });
  }

  #tokenFor(client: { clientId: Sensitive; clientSecret: Sensitive }, call: Call): CachedToken {
    const cached = this.#cached;
    const isSame =
      cached?.clientId.equals(client.clientId) && cached.clientSecret.equals(client.clientSecret);
    if (cached && isSame && this.#now() < cached.endsAtMs) return cached;
    const fetched: CachedToken = {
      ...client,
      endsAtMs: Number.POSITIVE_INFINITY,
      token: this.#fetchToken(client, call).then(
        ({ token, endsAtMs }) => {
          fetched.endsAtMs = endsAtMs;
          return token;
        },
        (error: unknown) => {
          if (this.#cached === fetched) this.#cached = undefined;
          throw error;
        },
      ),
    };
    this.#cached = fetched;
    return fetched;
  }

  /** The vendor's form: `client_id`, `client_secret` and `grant_type`, all required. */
  async #fetchToken(client: { clientId: Sensitive; clientSecret: Sensitive }, { signal }: Call) {
    const [clientId, clientSecret] = [client.clientId.reveal().trim(), client.clientSecret.reveal().trim()];
    try {
      const answer = await this.#http.send({
        method: "POST",
        path: "/auth/1/oauth2/token",
        form: { client_id: clientId, client_secret: clientSecret, grant_type: "client_credentials" },
        headers: {},
        secrets: [client.clientId, client.clientSecret],
        signal,
      });
      const { access_token: token, expires_in: seconds } = readAnswer(answer, Token, NOT_ACCEPTED);
      // Unconfirmed: whether `expires_in` can be missing, as the vendor's schema allows. Such a token is not kept.
      const endsAtMs = this.#now() + (seconds ?? 0) * 1000 - TOKEN_MARGIN_MS;
      return { token: new Sensitive(token), endsAtMs };
    } catch (error) {
      // A token that was made and lost does no harm: as far as the caller is concerned, nothing was applied.
      if (!(error instanceof OutcomeUnknownError)) throw error;
      const text = `infobip: POST /auth/1/oauth2/token failed, so nothing was asked with the admin credential. Repeat it.`;
      throw new ProviderUnavailableError(text, { cause: error });
    }
  }
}

/** What to do about a refusal of a management call. */
export function adviceFor(answer: HttpAnswer): string | undefined {
  if (isOk(answer)) return undefined;
  if (answer.status === 401) return NOT_ACCEPTED;
  return answer.status === 403 ? NOT_ALLOWED : undefined;
}
