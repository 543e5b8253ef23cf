import type { Consumer } from "./consumer.ts";
import type { KeyProvider } from "./key-provider.ts";

/** What is wanted for one key. */
export interface RotatedKeyOptions {
  /** The name of the secret: letters, digits, and `_ . - /`, for the key's policy is a parameter of that name. */
  readonly secretName: string;
  /** The third party whose key it is. */
  readonly provider: KeyProvider;
  /**
   * Everything that reads the secret to call the provider. One that is missing here may lose its key under its hands.
   *
   * The first is the canary: the others are started anew when it has moved, and is not rejected. Put one there that sends
   * often, and that can be spared for a moment.
   */
  readonly consumers: readonly Consumer[];
  /**
   * How often the key is replaced, in days. The first time is that long after the deployment, never during it.
   *
   * @default 6 in development, else 83: before its end of life after 7, or 90, days
   */
  readonly rotateEveryDays?: number;
  /**
   * How long the replaced key works on at the least.
   *
   * @default the longest that a consumer may go on with a key (cacheSeconds and staleSeconds), and a minute
   */
  readonly minOverlapSeconds?: number;
  /**
   * For how long nobody has used the replaced key before it is revoked.
   *
   * @default 60 in development, else 600
   */
  readonly quietForSeconds?: number;
  /**
   * After this, `atMaxOverlap` says what happens where nobody knows whether the replaced key is used.
   *
   * @default an hour in development, else a day; at the least minOverlapSeconds and quietForSeconds together
   */
  readonly maxOverlapSeconds?: number;
  /**
   * `hold` keeps the replaced key and raises an alarm; `revoke` revokes it, unless it is seen to be used.
   *
   * @default "revoke" in development, else "hold"
   */
  readonly atMaxOverlap?: "hold" | "revoke";
  /**
   * How many uses of the new key must be seen before silence on the old one counts.
   *
   * @default 1
   */
  readonly minSample?: number;
  /**
   * When consumers' reports move AWSCURRENT back to the key before: so many rejections of the new key, and so large a share
   * of what was sent with it, from above 0 to 1. (A probe that finds the new key rejected, and the one before accepted,
   * moves it back in any case.)
   *
   * @default 5 rejections, and half of all
   */
  readonly rollBackAt?: { readonly rejections: number; readonly share: number };
  /**
   * How the key stands in the secret: JSON, or the bare text of a key with one field.
   *
   * @default "json"
   */
  readonly value?: "json" | "raw";
  /**
   * The consumers' names of the provider's fields: `{ apiKey: "SM_KEY" }`.
   *
   * @default the provider's own
   */
  readonly fields?: Readonly<Record<string, string>>;
  /**
   * Whether people hand keys in: a second secret, `<secretName>/hand-in`, which they may write and not read.
   *
   * @default true where a person makes the first key: at a vendor without an API for keys, or where it takes a key to
   * make one. `false` fits a key that is in the secret already, put there by hand
   */
  readonly handIn?: boolean;
  /**
   * The customer managed KMS key that encrypts the secret, and its hand-in secret. Its key policy must let IAM policies of the account grant its use.
   *
   * @default the account's key for Secrets Manager, which costs nothing
   */
  readonly kmsKeyArn?: string;
  /**
   * For how many days the secrets can be restored after their resources are destroyed: 7 to 30, or 0 for not at all.
   *
   * @default 7 in development, else 30
   */
  readonly recoveryWindowDays?: number;
}
