import type { HandInVendor } from "../contract/provider-policy.ts";

/** What every provider's keys may say of their owner. */
export interface AccountOptions {
  /**
   * The account, in the provider's own words, whose keys these are. A current key of another account is then refused.
   *
   * @default the account of the current key
   */
  readonly account?: string;
}

/** Where the credential is that makes and revokes keys. It is never the key that is rotated. */
export interface AdminSecretOptions {
  /**
   * The full ARN of a secret that holds the admin credential, as JSON. You make it, and put the value there yourself:
   * dualkey reads it, and changes nothing about it.
   */
  readonly adminSecretArn: string;
  /**
   * The customer managed KMS key that encrypts the admin secret. Its key policy must let IAM policies of the account
   * grant its use.
   *
   * @default the account's key for Secrets Manager
   */
  readonly adminKmsKeyArn?: string;
}

/** What a StartMessaging key needs to be rotated. */
export interface StartMessagingOptions extends AccountOptions {}

/** What a Twilio API key needs to be rotated. */
export interface TwilioApiKeyOptions extends AccountOptions, AdminSecretOptions {
  /**
   * What the first key may do, as Twilio's IAM API takes it: `{ allow: ["/twilio/messaging/messages/create",
   * "/twilio/messaging/messages/read"] }`. It makes a restricted key. Every later key may do what the current one may.
   *
   * It must allow `/twilio/messaging/messages/read`: a key that may not read messages cannot be told from a dead one.
   *
   * @default the first key is a standard key, which may do all but manage accounts and keys
   */
  readonly restriction?: Readonly<Record<string, unknown>>;
  /**
   * Says in words that the keys are standard ones, for an account to which Twilio's IAM API is not offered.
   *
   * @default the IAM API is asked; where it is not there, no key takes another's place, as it might do more
   */
  readonly keyType?: "standard";
}

/** What a Twilio auth token needs to be rotated. */
export interface TwilioAuthTokenOptions extends AccountOptions {
  /**
   * For how long logins may fail at each rotation, in seconds: at the least the slowest consumer's cache. There is no
   * default, for nobody but you can allow it.
   */
  readonly outageSeconds: number;
}

/** What a Vonage API secret needs to be rotated. The account is its API key. */
export interface VonageOptions extends AccountOptions {}

/** What an Infobip API key needs to be rotated. */
export interface InfobipOptions extends AccountOptions, AdminSecretOptions {}

/** What the access keys of an IAM user need to be rotated. */
export interface AwsIamOptions extends AccountOptions {
  /** The name of the IAM user, in the account that is deployed to: of an `IamUser`, its `name`. */
  readonly userName: string;
  /**
   * The path that the user is in.
   *
   * @default "/"
   */
  readonly userPath?: string;
}

/** What a SendGrid API key needs to be rotated. */
export interface SendGridOptions extends AccountOptions {}

/** What the key of a vendor needs that has no API for keys. */
export type HandInOptions =
  | (AccountOptions & { readonly vendor: Exclude<HandInVendor, "optstuff"> })
  | (AccountOptions & {
      readonly vendor: "optstuff";
      /** The project whose signed URLs the key signs. */
      readonly projectSlug: string;
      /** A small image, without protocol, from which a probe asks for one pixel: `images.example.com/logo.png`. */
      readonly probeImage: string;
    });
