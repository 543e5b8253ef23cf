import { OutcomeUnknownError } from "../../contract/errors.ts";
import { HAND_IN_VENDORS } from "../../contract/hand-in-vendors.ts";
import {
  HAND_IN_FIELD_NAMES,
  type HandInVendor,
  type ProviderPolicy,
} from "../../contract/provider-policy.ts";
import type { KeyFields } from "../../contract/secret-value.ts";
import type { Call, Capabilities, KeyIdentity, KeyProvider, ProbeAnswer } from "../cutover/ports.ts";
import { probeWith } from "./_answer.ts";
import { Http, type HttpOptions } from "./_http.ts";
import { fieldsOf, type Preset } from "./hand-in/_preset.ts";
import { exotel, gupshup, kaleyra, msg91 } from "./hand-in/india.ts";
import { optStuff } from "./hand-in/optstuff.ts";
import { messageBird, plivo, postmark, sinchSms, telnyx } from "./hand-in/world.ts";

export type HandInPolicy = Extract<ProviderPolicy, { id: "hand-in" }>;

export interface HandInOptions extends Pick<HttpOptions, "baseUrl" | "attemptTimeoutMs" | "sleep"> {
  readonly policy: HandInPolicy;
  /** Milliseconds since 1970. @default the system's clock */
  readonly now?: () => number;
}

const PRESETS: Readonly<Record<Exclude<HandInVendor, "optstuff">, Preset>> = {
  msg91,
  exotel,
  plivo,
  gupshup,
  kaleyra,
  telnyx,
  "sinch-sms": sinchSms,
  messagebird: messageBird,
  postmark,
};

/** No vendor's key looks like this: what is secret in a request is given with it. */
const NOTHING = /(?!)/g;

/** A vendor with no API for keys: a person makes them, hands them in and revokes them; here they are only tried. */
export class HandInProvider implements KeyProvider {
  readonly id = "hand-in";
  readonly capabilities: Capabilities;
  readonly #vendor: HandInVendor;
  readonly #preset: Preset;
  readonly #http: Http;
  readonly #now: () => number;

  /** @throws ConfigError where the base URL is not one that a credential may be sent to */
  constructor({ policy, now = Date.now, ...http }: HandInOptions) {
    this.#vendor = policy.vendor;
    this.#preset = policy.vendor === "optstuff" ? optStuff(policy) : PRESETS[policy.vendor];
    this.#now = now;
    const { expiryDays } = HAND_IN_VENDORS[policy.vendor];
    this.capabilities = {
      fieldNames: HAND_IN_FIELD_NAMES[policy.vendor],
      source: "person",
      credential: "none",
      revoke: "by-hand",
      carriedOver: [],
      ...(expiryDays === undefined ? {} : { expiryDays }),
    };
    const { readError, keyPattern = NOTHING } = this.#preset;
    this.#http = new Http({ ...http, provider: policy.vendor, keyPattern, readError });
  }

  /** The account begins with the vendor, so that a policy which moves to another vendor is noticed. */
  identify(key: KeyFields): KeyIdentity {
    const { keyIdField, accountField } = this.#preset;
    const account = this.#preset.account ?? this.#idIn(key, accountField);
    const keyId = this.#idIn(key, keyIdField);
    return {
      account: account === undefined ? this.#vendor : `${this.#vendor}/${account}`,
      ...(keyId === undefined ? {} : { keyId }),
    };
  }

  async probe(key: KeyFields, { signal }: Call): Promise<ProbeAnswer> {
    return probeWith({ signal }, async () => {
      const names = this.capabilities.fieldNames;
      const { ids = {}, keyIdField, accountField } = this.#preset;
      const fields = fieldsOf(key, { title: this.#vendor, names, ids });
      const request = this.#preset.probe(fields, this.#now());
      const secretNames = names.filter((name) => name !== keyIdField && name !== accountField);
      const secrets = secretNames.map((name) => fields.secret(name));
      try {
        const answer = await this.#http.send({ ...request, signal, secrets });
        const { kind, because = answer.got } = this.#preset.judge(answer);
        return kind === "accepted" ? { kind } : { kind, because };
      } catch (error) {
        // The probe is a POST at one vendor. Whatever became of it, it changed nothing.
        if (!(error instanceof OutcomeUnknownError) || signal.aborted) throw error;
        return { kind: "unknown", because: `${this.#vendor}: the probe got no answer. Repeat it.` };
      }
    });
  }

  /** An id as it stands in the key; `undefined` where it does not look like one, for a secret may stand in its place. */
  #idIn(key: KeyFields, name: string | undefined): string | undefined {
    if (name === undefined) return undefined;
    const text = key[name]?.reveal().trim() ?? "";
    const looks = this.#preset.ids?.[name] ?? /^[A-Za-z0-9_-]{1,64}$/;
    return looks.test(text) ? text : undefined;
  }
}
