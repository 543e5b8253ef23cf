import type { PolicyInput } from "../contract/policy.ts";

/** What a StartMessaging key needs to be rotated. */
export interface StartMessagingOptions {
  /**
   * The account, by its user id, whose keys these are. A current key of another account is then refused.
   *
   * @default the account of the current key
   */
  readonly account?: string;
}

/** The third party whose key is rotated. (A provider of keys: Terraform's providers are something else.) */
export class KeyProvider {
  /**
   * StartMessaging, an SMS and OTP gateway: https://startmessaging.com
   *
   * A key is needed to make a key there: put the first one into the secret yourself.
   *
   * @example
   * KeyProvider.startMessaging()
   */
  static startMessaging({ account }: StartMessagingOptions = {}): KeyProvider {
    return new KeyProvider({ id: "startmessaging", ...(account === undefined ? {} : { account }) });
  }

  /** @internal The provider as it stands in the key's policy. */
  readonly policy: PolicyInput["provider"];

  private constructor(policy: PolicyInput["provider"]) {
    this.policy = policy;
  }
}
