import { z } from "zod";

const Name = z.string().min(1);

/** The account, in the provider's own words. @default the account of the current key */
const account = Name.optional();

/** The name or ARN of the secret that holds the admin credential, which makes and revokes keys. Never the key itself. */
const adminSecret = Name;

/** The key fields of every provider, under the provider's own names: what stands in a secret. */
export const FIELD_NAMES = {
  startmessaging: ["apiKey"],
  // As in AWS's own managed secrets of type TwilioApiKey and TwilioAuthToken, so that secrets are interchangeable:
  // https://docs.aws.amazon.com/secretsmanager/latest/userguide/mes-partner-TwilioAuthToken.html
  "twilio-api-key": ["accountSid", "apiKeySid", "apiKeySecret"],
  "twilio-auth-token": ["accountSid", "authToken"],
  vonage: ["apiKey", "apiSecret"],
  infobip: ["apiKey"],
  "aws-iam": ["accessKeyId", "secretAccessKey"],
  sendgrid: ["apiKey"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** The same of the vendors that have no API for keys, and whose keys a person hands in. */
export const HAND_IN_FIELD_NAMES = {
  optstuff: ["publicKey", "secretKey"],
  msg91: ["authKey"],
  exotel: ["accountSid", "apiKey", "apiToken"],
  plivo: ["authId", "authToken"],
  gupshup: ["userId", "password"],
  kaleyra: ["sid", "apiKey"],
  telnyx: ["apiKey"],
  "sinch-sms": ["servicePlanId", "apiToken"],
  messagebird: ["accessKey"],
  postmark: ["serverToken"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type HandInVendor = keyof typeof HAND_IN_FIELD_NAMES;

const PLAIN_VENDORS = [
  "msg91",
  "exotel",
  "plivo",
  "gupshup",
  "kaleyra",
  "telnyx",
  "sinch-sms",
  "messagebird",
  "postmark",
] as const satisfies readonly HandInVendor[];

/** Whose key it is, and what its provider needs to know: a part of the policy. One entry for each provider. */
export const ProviderSchema = z.discriminatedUnion("id", [
  z.strictObject({ id: z.literal("startmessaging"), account }),
  z.strictObject({
    id: z.literal("twilio-api-key"),
    account,
    adminSecret,
    /**
     * What a first key may do, as Twilio's IAM API takes it (`{ allow: [...] }`): it makes a restricted key.
     *
     * @default a standard key; later keys are always like the current one
     */
    restriction: z.record(z.string(), z.json()).optional(),
    /**
     * Says in words that the keys are standard ones, for an account to which Twilio's IAM API is not offered.
     *
     * @default the IAM API is asked; where it is not there, no key takes another's place, as it might do more
     */
    keyType: z.literal("standard").optional(),
  }),
  z.strictObject({
    id: z.literal("twilio-auth-token"),
    account,
    /**
     * For how long consumers may fail: the new token takes the old one's place at once, and they have still read the
     * old one. There is no default: whoever rotates in place says so.
     */
    outageSeconds: z.int().min(1),
  }),
  z.strictObject({ id: z.literal("vonage"), account }),
  z.strictObject({ id: z.literal("infobip"), account, adminSecret }),
  z.strictObject({
    id: z.literal("aws-iam"),
    account,
    /** The IAM user whose access keys these are. */
    userName: Name.max(64),
  }),
  z.strictObject({ id: z.literal("sendgrid"), account }),
  z.discriminatedUnion("vendor", [
    z.strictObject({
      id: z.literal("hand-in"),
      vendor: z.literal("optstuff"),
      account,
      /** The project whose signed URLs the key signs. */
      projectSlug: Name,
      /** A small image, without protocol, from which a probe asks for one pixel: `images.example.com/logo.png`. */
      probeImage: Name,
    }),
    z.strictObject({ id: z.literal("hand-in"), vendor: z.enum(PLAIN_VENDORS), account }),
  ]),
]);

export type ProviderPolicy = z.infer<typeof ProviderSchema>;

export type ProviderId = ProviderPolicy["id"];

/** The names of a key's fields at a provider. */
export function fieldNamesOf(provider: ProviderPolicy): readonly string[] {
  return provider.id === "hand-in" ? HAND_IN_FIELD_NAMES[provider.vendor] : FIELD_NAMES[provider.id];
}
