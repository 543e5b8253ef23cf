import { isDeepStrictEqual } from "node:util";
import { ProviderRejectedError } from "../../contract/errors.ts";
import { FIELD_NAMES } from "../../contract/provider-policy.ts";
import type { ProviderUrls } from "../../contract/provider-urls.ts";
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
import type { Http } from "./_http.ts";
import {
  identityOf,
  type Login,
  listMessages,
  loginOf,
  probeMessages,
  requireKeySid,
  type TwilioOptions,
  twilioHttp,
} from "./_twilio-account.ts";
import { TwilioKeys } from "./_twilio-keys.ts";
import * as shapes from "./_twilio-shapes.ts";

export interface TwilioApiKeyOptions extends TwilioOptions {
  readonly urls: Pick<ProviderUrls, "twilioApi" | "twilioIam">;
  /** What a first key may do, as IAM v1 takes it: `{ allow: [...] }`. @default a standard key */
  readonly restriction?: shapes.KeyPolicy | undefined;
  /** Says that the keys are standard ones, for an account without IAM v1, which could. @default IAM v1 is asked */
  readonly keyType?: "standard" | undefined;
}

const capabilities: Capabilities = {
  fieldNames: FIELD_NAMES["twilio-api-key"],
  source: "provider",
  credential: "admin",
  // An auth token, or a main key, under our names or those of AWS's secrets of type TwilioMainApiKey.
  adminFieldNames: [
    ["accountSid", "authToken"],
    ["accountSid", "apiKeySid", "apiKeySecret"],
    ["accountSid", "adminKeySid", "adminKeySecret"],
  ],
  list: { names: true },
  revoke: "delete",
  // There is a limit, whose number is not published (https://www.twilio.com/docs/api/errors/70151): no maxLiveKeys.
  carriedOver: ["policy"],
  sends: { byKey: false, country: "number" },
};

/** Twilio's API keys: an auth token or a main key makes and deletes them; a restricted key's policy is carried over. */
export class TwilioApiKey implements KeyProvider {
  readonly id = "twilio-api-key";
  readonly capabilities = capabilities;
  readonly #api: Http;
  readonly #keys: TwilioKeys;
  readonly #options: Pick<TwilioApiKeyOptions, "restriction" | "keyType">;
  readonly #now: () => number;

  /** @throws ConfigError where a base URL is not one that a credential may be sent to */
  constructor({ urls, restriction, keyType, now = Date.now, ...http }: TwilioApiKeyOptions) {
    this.#api = twilioHttp(this.id, { ...http, baseUrl: urls.twilioApi });
    const iam = twilioHttp(this.id, { ...http, baseUrl: urls.twilioIam });
    this.#keys = new TwilioKeys({ iam, api: this.#api });
    this.#options = { restriction, keyType };
    this.#now = now;
  }

  identify(fields: KeyFields): KeyIdentity {
    return identityOf(fields);
  }

  async list(credential: KeyFields, call: Call): Promise<KeyList> {
    const login = this.#admin(credential);
    const keys: ListedKey[] = [];
    let complete = true;
    for await (const page of this.#keys.pages(login, call)) {
      const rows = page.keys.map((row) => shapes.listedKey(row, login.accountSid));
      keys.push(...rows.filter((row) => row !== undefined));
      // A row that cannot be named, or a last page that does not say that it is the last, proves no absence.
      complete &&= !rows.includes(undefined) && shapes.nextOf(page) !== undefined;
    }
    return { account: login.accountSid, complete, keys };
  }

  /**
   * The policy of a restricted key, or null of a standard one.
   *
   * @throws ProviderRejectedError where it cannot be told which: a standard key could do more than a restricted one
   */
  async settings(
    { credential, keyId }: { credential: KeyFields; keyId: string },
    call: Call,
  ): Promise<KeySettings> {
    const sid = requireKeySid(keyId, this.id);
    const policy = await this.#keys.policyOf(this.#admin(credential), sid, call);
    if (policy === "older") {
      if (this.#options.keyType === "standard") return shapes.settingsOf(null);
      const text = `it cannot be told whether key ${sid} is a restricted one, as the account has no IAM v1 (GET /v1/Keys/${sid})`;
      throw this.#untold(text, 'Correct DUALKEY_TWILIO_IAM_URL, or say keyType: "standard" in the policy');
    }
    if (policy !== undefined) return shapes.settingsOf(policy);
    const text = `the answer for key ${sid} has no policy, so it cannot be told what it may do`;
    throw this.#untold(
      text,
      "Look at it in Twilio's console, and replace it with a key whose policy can be read",
    );
  }

  async make(
    { credential, name, settings }: { credential: KeyFields; name: string; settings?: KeySettings },
    call: Call,
  ): Promise<MadeKey> {
    const login = this.#admin(credential);
    const policy = settings ? shapes.policyOf(settings) : (this.#options.restriction ?? null);
    const made = await this.#keys.create(login, { name, policy }, call);
    const given = shapes.settingsOf(made.policy ?? null);
    const isAsAsked = isDeepStrictEqual(given, shapes.settingsOf(policy));
    return {
      keyId: made.sid,
      account: login.accountSid,
      fields: {
        accountSid: new Sensitive(login.accountSid),
        apiKeySid: new Sensitive(made.sid),
        apiKeySecret: new Sensitive(made.secret),
      },
      createdAtMs: made.date_created ?? this.#now(),
      // Nobody asked for those of a first key, which are the policy's: they are told only where they differ from it.
      ...(settings || !isAsAsked ? { settings: given } : {}),
    };
  }

  async revoke({ credential, keyId }: { credential: KeyFields; keyId: string }, call: Call): Promise<void> {
    await this.#keys.delete(this.#admin(credential), requireKeySid(keyId, this.id), call);
  }

  probe(key: KeyFields, call: Call): Promise<ProbeAnswer> {
    return probeMessages(this.#api, () => loginOf(key, { provider: this.id, whose: "the key" }), call);
  }

  async *listSends(
    { credential, ...time }: { credential: KeyFields; sinceMs: number; untilMs: number },
    call: Call,
  ): AsyncIterable<readonly Send[]> {
    const login = loginOf(credential, { provider: this.id, whose: "the key" });
    yield* listMessages(this.#api, { login, ...time }, call);
  }

  #admin(credential: KeyFields): Login {
    return loginOf(credential, { provider: this.id, whose: "the admin credential" });
  }

  #untold(text: string, advice: string): ProviderRejectedError {
    return new ProviderRejectedError(
      `${this.id}: ${text}; a standard key in its place could do more. ${advice}.`,
    );
  }
}
