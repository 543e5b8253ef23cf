import { FIELD_NAMES } from "../../contract/provider-policy.ts";
import type { ProviderUrls } from "../../contract/provider-urls.ts";
import type { KeyFields } from "../../contract/secret-value.ts";
import { Sensitive } from "../../contract/sensitive.ts";
import type {
  Call,
  Capabilities,
  KeyIdentity,
  KeyProvider,
  MadeKey,
  ProbeAnswer,
  Send,
} from "../cutover/ports.ts";
import { type HttpAnswer, readAnswer, unreadable } from "./_answer.ts";
import type { Http } from "./_http.ts";
import {
  askAs,
  identityOf,
  type Login,
  listMessages,
  loginOf,
  probeMessages,
  type TwilioOptions,
  twilioHttp,
} from "./_twilio-account.ts";
import * as shapes from "./_twilio-shapes.ts";

export interface TwilioAuthTokenOptions extends TwilioOptions {
  readonly urls: Pick<ProviderUrls, "twilioApi" | "twilioAccounts">;
}

const capabilities: Capabilities = {
  fieldNames: FIELD_NAMES["twilio-auth-token"],
  // Unconfirmed: that the secondary token works before it is promoted. The vendor's announcement (2014) says so, its
  // reference does not, so nothing here counts on it.
  source: "in-place",
  credential: "self",
  revoke: "replace",
  carriedOver: [],
  // "You must wait for 1 minute": Functions and Services that hold the token (https://www.twilio.com/docs/iam/api/authtoken).
  propagationSeconds: 60,
  sends: { byKey: false, country: "number" },
};

const NOT_ACCEPTED =
  "The auth token is dead, or its account is suspended or takes no auth tokens (Public Key Client Validation). Look at the account in Twilio's console, and put its primary token into the secret.";

/**
 * Twilio's auth token: one that works, a second that takes its place, and then the old one fails at once. It also signs
 * the webhooks of the account (unconfirmed: with the primary token alone), so whoever checks their signatures is a
 * consumer, too.
 */
export class TwilioAuthToken implements KeyProvider {
  readonly id = "twilio-auth-token";
  readonly capabilities = capabilities;
  readonly #api: Http;
  readonly #accounts: Http;
  readonly #now: () => number;

  /** @throws ConfigError where a base URL is not one that a credential may be sent to */
  constructor({ urls, now = Date.now, ...http }: TwilioAuthTokenOptions) {
    this.#api = twilioHttp(this.id, { ...http, baseUrl: urls.twilioApi });
    this.#accounts = twilioHttp(this.id, { ...http, baseUrl: urls.twilioAccounts });
    this.#now = now;
  }

  /** A token has no id. */
  identify({ accountSid }: KeyFields): KeyIdentity {
    return identityOf(accountSid ? { accountSid } : {});
  }

  /**
   * Makes the secondary token, which has no name. Unconfirmed: that it replaces a secondary token that is there already.
   */
  async make({ credential }: { credential: KeyFields; name: string }, call: Call): Promise<MadeKey> {
    const login = this.#login(credential);
    const answer = await this.#post("/v1/AuthTokens/Secondary", login, call);
    const made = readAnswer(answer, shapes.SecondaryToken, adviceFor(answer));
    const account = made.account_sid || login.accountSid;
    if (account !== login.accountSid) throw unreadable(answer, "account_sid: another account");
    return {
      account,
      fields: {
        accountSid: new Sensitive(account),
        authToken: new Sensitive(made.secondary_auth_token),
      },
      createdAtMs: made.date_created ?? this.#now(),
    };
  }

  /** The answer holds the promoted token, which is dropped: it is stored already. */
  async replace({ credential }: { credential: KeyFields }, call: Call): Promise<void> {
    const answer = await this.#post("/v1/AuthTokens/Promote", this.#login(credential), call);
    readAnswer(answer, shapes.Promoted, adviceFor(answer));
  }

  probe(key: KeyFields, call: Call): Promise<ProbeAnswer> {
    return probeMessages(this.#api, () => this.#login(key), call);
  }

  async *listSends(
    { credential, ...time }: { credential: KeyFields; sinceMs: number; untilMs: number },
    call: Call,
  ): AsyncIterable<readonly Send[]> {
    yield* listMessages(this.#api, { login: this.#login(credential), ...time }, call);
  }

  /** Neither request has a body in the vendor's description. */
  #post(path: string, login: Login, call: Call): Promise<HttpAnswer> {
    return askAs(this.#accounts, { method: "POST", path, login }, call);
  }

  #login(fields: KeyFields): Login {
    return loginOf(fields, { provider: this.id, whose: "the key" });
  }
}

function adviceFor({ status }: HttpAnswer): string | undefined {
  if (status === 401 || status === 403) return NOT_ACCEPTED;
  return status === 404 ? "There may be no secondary token to promote: rotate again." : undefined;
}
