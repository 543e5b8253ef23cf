import { KeyProvider, type RotatedKeyOptions } from "../../constructs/index.ts";

/** What of the stack depends on the provider. */
interface Rehearsed {
  readonly provider: () => KeyProvider;
  /** Those of `providerUrls` that lead to the fake. */
  readonly urls: readonly "startMessaging"[];
  /** What of the key's options is its own. @default none */
  readonly options?: Partial<RotatedKeyOptions>;
}

/** The providers that the rehearsal's stack can be built for. */
export const REHEARSED = {
  startmessaging: { provider: () => KeyProvider.startMessaging(), urls: ["startMessaging"] },
} as const satisfies Readonly<Record<string, Rehearsed>>;

export type RehearsedProvider = keyof typeof REHEARSED;

/** What of the stack is this provider's. */
export function rehearsed(provider: RehearsedProvider): Rehearsed {
  return REHEARSED[provider];
}
