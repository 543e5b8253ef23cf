import type { ProviderPolicy } from "../../../contract/provider-policy.ts";
import { PROVIDER_URLS, type ProviderUrls } from "../../../contract/provider-urls.ts";
import type { Capabilities, KeyProvider, KeySettings } from "../../../core/cutover/ports.ts";
import { providerFor } from "../../../core/providers/registry.ts";
import type { VendorSandbox } from "../../../sandbox/_vendor.ts";

/** Fields in clear, as they stand in a secret's value. */
export type Fields = Readonly<Record<string, string>>;

export interface HandMade {
  readonly id: string;
  readonly fields: Fields;
}

/** A vendor's fake with one account, the real adapter in front of it, and whoever works in the vendor's console. */
export interface Vendor {
  readonly sandbox: VendorSandbox;
  readonly provider: KeyProvider;
  /** The account, in the fake's words. */
  readonly accountId: string;
  /** Which fields of a key, or of the admin credential, are secrets. */
  readonly secretFields: readonly string[];
  /** A key that somebody else made in the same account: nobody here names it (P8). Absent where there is no room for it. */
  readonly stranger?: HandMade;
  /** Which of the fake's credentials are keys of this provider, or a stranger's. @default all */
  readonly isKey?: (id: string) => boolean;
  /** Makes a key as the console does, with `settings` where there are any. */
  makeKey(): HandMade;
  /** What every later key must have as the first has it. */
  readonly settings?: KeySettings;
  readonly admin?: {
    readonly fields: Fields;
    /** Ends the credential: what the admin secret holds from then on, and what works again when a person puts it there. */
    expire(): { readonly stale: Fields; readonly renewed: Fields };
  };
  /** Sends a message as a login service does, where the vendor tells which key sent it. */
  readonly send?: (fields: Fields) => Promise<unknown>;
  /** Makes as many keys as there can be. */
  readonly fill?: () => void;
  /** Revokes a key in the console, where nobody but a person can. */
  readonly revokeByHand?: (id: string) => void;
}

/** Starts a vendor whose time is the test's. */
export type StartVendor = (now: () => number) => Promise<Vendor>;

/** What a provider declares, which does not depend on where it is. */
export function capabilitiesOf(policy: ProviderPolicy): Capabilities {
  const own = Object.entries(PROVIDER_URLS).map(([name, { url }]) => [name, url]);
  return providerFor(policy, Object.fromEntries(own) as ProviderUrls).capabilities;
}
