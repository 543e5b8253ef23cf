import {
  Consumer,
  type HandInOptions,
  KeyProvider,
  type ProviderUrls,
  type RotatedKeyOptions,
} from "../../constructs/index.ts";

/** What of the stack depends on the provider. */
export interface Rehearsed {
  /** The admin secret's ARN is there for those that make keys with an admin credential. */
  readonly provider: (adminSecretArn: string) => KeyProvider;
  /** Those addresses that lead to the fake. @default none: the SDK's own variables do */
  readonly urls?: readonly (keyof ProviderUrls)[];
  /** @default false: a key makes keys */
  readonly hasAdminSecret?: boolean;
  /** What of the key's options is its own. @default none */
  readonly options?: Partial<RotatedKeyOptions>;
}

/**
 * Where the vendor does not say who uses a key, "unknown" holds by design: the policy has to say in words that time alone
 * is enough.
 */
const WITHOUT_EVIDENCE = { maxOverlapSeconds: 12, atMaxOverlap: "revoke" } as const;

/**
 * Services of three kinds: one with the client, which goes first; one with a cache of its own, which writes its reports by
 * itself; one that reads its key at start.
 */
const SERVICES = {
  consumers: [
    Consumer.selfRefreshing({ name: "login", cacheSeconds: 3, staleSeconds: 1, reports: true }),
    Consumer.selfRefreshing({ name: "portal", cacheSeconds: 3, staleSeconds: 0, reports: true }),
    Consumer.ecsService({ name: "billing", cluster: "rehearsal", service: "billing" }),
  ],
  rollBackAt: { rejections: 10, share: 0.5 },
  maxOverlapSeconds: 20,
} as const;

/** The providers that the rehearsal's stack can be built for. */
export const REHEARSED = {
  startmessaging: {
    provider: () => KeyProvider.startMessaging(),
    urls: ["startMessaging"],
    options: SERVICES,
  },
  "twilio-api-key": {
    provider: (adminSecretArn) => KeyProvider.twilioApiKey({ adminSecretArn }),
    hasAdminSecret: true,
    urls: ["twilioApi", "twilioIam"],
    options: WITHOUT_EVIDENCE,
  },
  "twilio-auth-token": {
    provider: () => KeyProvider.twilioAuthToken({ outageSeconds: 5 }),
    urls: ["twilioApi", "twilioAccounts"],
  },
  vonage: { provider: () => KeyProvider.vonage(), urls: ["vonage"], options: WITHOUT_EVIDENCE },
  infobip: {
    provider: (adminSecretArn) => KeyProvider.infobip({ adminSecretArn }),
    hasAdminSecret: true,
    urls: ["infobip"],
    options: WITHOUT_EVIDENCE,
  },
  "aws-iam": {
    provider: () => KeyProvider.awsIam({ userName: "otp-sender" }),
    // Its last-used times are coarse: the alarm after the longest overlap is an operator's to answer.
    options: { maxOverlapSeconds: 12 },
  },
  sendgrid: { provider: () => KeyProvider.sendGrid(), urls: ["sendGrid"], options: WITHOUT_EVIDENCE },
  "hand-in:msg91": handedIn({ vendor: "msg91" }, "msg91"),
  "hand-in:optstuff": handedIn(
    { vendor: "optstuff", projectSlug: "shop", probeImage: "images.example.com/logo.png" },
    "optStuff",
  ),
  "hand-in:exotel": handedIn({ vendor: "exotel" }, "exotel"),
  "hand-in:plivo": handedIn({ vendor: "plivo" }, "plivo"),
  "hand-in:gupshup": handedIn({ vendor: "gupshup" }, "gupshup"),
  "hand-in:kaleyra": handedIn({ vendor: "kaleyra" }, "kaleyra"),
  "hand-in:telnyx": handedIn({ vendor: "telnyx" }, "telnyx"),
  "hand-in:sinch-sms": handedIn({ vendor: "sinch-sms" }, "sinchSms"),
  "hand-in:messagebird": handedIn({ vendor: "messagebird" }, "messageBird"),
  "hand-in:postmark": handedIn({ vendor: "postmark" }, "postmark"),
} as const satisfies Readonly<Record<string, Rehearsed>>;

export type RehearsedProvider = keyof typeof REHEARSED;

/** A person makes the keys, and revokes the old one when the alarm asks for it: after the longest overlap. */
function handedIn(options: HandInOptions, url: keyof ProviderUrls): Rehearsed {
  return { provider: () => KeyProvider.handIn(options), urls: [url], options: { maxOverlapSeconds: 12 } };
}
