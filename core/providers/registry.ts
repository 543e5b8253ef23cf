import type { Policy } from "../../contract/policy.ts";
import type { KeyProvider } from "../cutover/ports.ts";
import { STARTMESSAGING_URL, StartMessaging } from "./startmessaging.ts";

export type ProviderId = Policy["provider"]["id"];

const PROVIDERS: Readonly<Record<ProviderId, (baseUrl: string | undefined) => KeyProvider>> = {
  startmessaging: (baseUrl = STARTMESSAGING_URL) => new StartMessaging({ baseUrl }),
};

/** Every provider that a policy can name. */
export const PROVIDER_IDS = Object.keys(PROVIDERS) as readonly ProviderId[];

/**
 * Gives the adapter of a provider.
 *
 * @param baseUrl from the function's environment and from nowhere else. @default the vendor's own
 * @throws ConfigError where a credential may not be sent to the base URL
 */
export function providerFor(
  id: ProviderId,
  { baseUrl }: { readonly baseUrl?: string | undefined },
): KeyProvider {
  return PROVIDERS[id](baseUrl);
}
