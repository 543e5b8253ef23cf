import type { PolicyInput } from "../contract/policy.ts";
import type {
  AccountOptions,
  AdminSecretOptions,
  AwsIamOptions,
  HandInOptions,
  InfobipOptions,
  SendGridOptions,
  StartMessagingOptions,
  TwilioApiKeyOptions,
  TwilioAuthTokenOptions,
  VonageOptions,
} from "./key-provider-options.ts";

type ProviderInput = PolicyInput["provider"];

/** What the functions' roles need for a provider, beyond the key's own secret. */
export interface ProviderAccess {
  readonly adminSecretArn?: string | undefined;
  readonly adminKmsKeyArn?: string | undefined;
  /** The IAM user whose access keys these are. */
  readonly user?: { readonly name: string; readonly path: string };
}

interface Parts {
  readonly policy: ProviderInput;
  readonly access?: ProviderAccess;
  /** Who makes the first key: dualkey, with another credential than a key, or a person. */
  readonly firstKey: "made" | "handed-in";
}

/** The third party whose key is rotated. (A provider of keys: Terraform's providers are something else.) */
export class KeyProvider {
  /**
   * StartMessaging, an SMS and OTP gateway: https://startmessaging.com
   *
   * The first key: a key is needed to make a key there. Make one in the dashboard, and hand it in
   * (`npx dualkey hand-in SECRET`).
   *
   * @example
   * KeyProvider.startMessaging()
   */
  static startMessaging(options: StartMessagingOptions = {}): KeyProvider {
    return new KeyProvider({
      policy: { id: "startmessaging", ...accountOf(options) },
      firstKey: "handed-in",
    });
  }

  /**
   * An API key of Twilio, standard or restricted: https://www.twilio.com/docs/iam/api-keys
   *
   * The first key: dualkey makes it at the first rotation. The admin secret holds the account's auth token,
   * `{"accountSid": …, "authToken": …}`, or a main API key, `{"accountSid": …, "apiKeySid": …, "apiKeySecret": …}`:
   * Twilio lets no other key make keys.
   *
   * @example
   * KeyProvider.twilioApiKey({ adminSecretArn: twilioAdmin.arn })
   */
  static twilioApiKey({ restriction, keyType, ...options }: TwilioApiKeyOptions): KeyProvider {
    const kind = {
      ...(restriction === undefined ? {} : { restriction: { ...restriction } }),
      ...(keyType === undefined ? {} : { keyType }),
    };
    const policy = { id: "twilio-api-key", ...accountOf(options), ...adminOf(options), ...kind };
    return new KeyProvider({ policy: policy as ProviderInput, access: accessOf(options), firstKey: "made" });
  }

  /**
   * The auth token of a Twilio account: https://www.twilio.com/docs/iam/api/authtoken
   *
   * **Each rotation is an outage.** The new token takes the old one's place in one step, and Twilio refuses the old one
   * from then on: every request of a consumer fails until that consumer has read the new token. How long that may take
   * is `outageSeconds`; it cannot be less than the slowest consumer's `cacheSeconds`. An API key
   * (`KeyProvider.twilioApiKey`) is rotated without a failed login.
   *
   * The first key: hand in the account's token as it is (`npx dualkey hand-in SECRET`).
   *
   * @example
   * KeyProvider.twilioAuthToken({ outageSeconds: 60 })
   */
  static twilioAuthToken({ outageSeconds, ...options }: TwilioAuthTokenOptions): KeyProvider {
    const policy = { id: "twilio-auth-token" as const, ...accountOf(options), outageSeconds };
    return new KeyProvider({ policy, firstKey: "handed-in" });
  }

  /**
   * An API secret of Vonage: https://developer.vonage.com/en/account/secret-management
   *
   * The first key: a secret is needed to make a secret there, and an account has two at the most. Hand in the one that it
   * came with (`npx dualkey hand-in SECRET`), and leave the other place free.
   *
   * @example
   * KeyProvider.vonage()
   */
  static vonage(options: VonageOptions = {}): KeyProvider {
    return new KeyProvider({ policy: { id: "vonage", ...accountOf(options) }, firstKey: "handed-in" });
  }

  /**
   * An API key of Infobip: https://www.infobip.com/docs/essentials/api-essentials/api-authentication
   *
   * The first key: dualkey makes it at the first rotation. The admin secret holds a user's name and password,
   * `{"username": …, "password": …}`, or an OAuth client, `{"clientId": …, "clientSecret": …}`. Each account has an
   * address of its own: give it to the KeyRotation as `providerUrls: { infobip: … }`.
   *
   * @example
   * KeyProvider.infobip({ adminSecretArn: infobipAdmin.arn })
   */
  static infobip(options: InfobipOptions): KeyProvider {
    const policy = { id: "infobip" as const, ...accountOf(options), ...adminOf(options) };
    return new KeyProvider({ policy, access: accessOf(options), firstKey: "made" });
  }

  /**
   * The access keys of an IAM user of this AWS account, for what cannot take on a role:
   * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html
   *
   * The first key: dualkey makes it at the first rotation, with the functions' own roles, which may do so for this user
   * alone. A user has two keys at the most: have one at most when you begin.
   *
   * @example
   * KeyProvider.awsIam({ userName: smsUser.name })
   */
  static awsIam({ userName, userPath = "/", ...options }: AwsIamOptions): KeyProvider {
    return new KeyProvider({
      policy: { id: "aws-iam", ...accountOf(options), userName },
      access: { user: { name: userName, path: userPath } },
      firstKey: "made",
    });
  }

  /**
   * An API key of SendGrid: https://www.twilio.com/docs/sendgrid/ui/account-and-settings/api-keys
   *
   * The first key: a key is needed to make a key there, with the scopes `api_keys.create`, `api_keys.read` and
   * `api_keys.delete` beside its own. Make one in the console, and hand it in (`npx dualkey hand-in SECRET`).
   *
   * @example
   * KeyProvider.sendGrid()
   */
  static sendGrid(options: SendGridOptions = {}): KeyProvider {
    return new KeyProvider({ policy: { id: "sendgrid", ...accountOf(options) }, firstKey: "handed-in" });
  }

  /**
   * A vendor that has no API for keys: a person makes each key in its console, and hands it in. dualkey cuts over, asks
   * for the old one to be revoked there, and holds it as alive until a probe proves that it is not.
   *
   * The first key, and each later one: `npx dualkey hand-in SECRET`.
   *
   * @example
   * KeyProvider.handIn({ vendor: "msg91" })
   * @example
   * KeyProvider.handIn({ vendor: "optstuff", projectSlug: "shop", probeImage: "images.example.com/logo.png" })
   */
  static handIn(options: HandInOptions): KeyProvider {
    const { account: _, ...given } = options;
    return new KeyProvider({
      policy: { id: "hand-in", ...given, ...accountOf(options) },
      firstKey: "handed-in",
    });
  }

  /** @internal The provider as it stands in the key's policy. */
  readonly policy: ProviderInput;
  /** @internal What the functions' roles need for it. */
  readonly access: ProviderAccess;
  /** @internal Who makes the first key. */
  readonly firstKey: Parts["firstKey"];

  private constructor({ policy, access = {}, firstKey }: Parts) {
    this.policy = policy;
    this.access = access;
    this.firstKey = firstKey;
  }
}

function accountOf({ account }: AccountOptions): { account?: string } {
  return account === undefined ? {} : { account };
}

function adminOf({ adminSecretArn }: AdminSecretOptions): { adminSecret: string } {
  return { adminSecret: adminSecretArn };
}

function accessOf({ adminSecretArn, adminKmsKeyArn }: AdminSecretOptions): ProviderAccess {
  return { adminSecretArn, adminKmsKeyArn };
}
