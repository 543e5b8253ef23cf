import { expect } from "vitest";
import {
  ConfigError,
  OutcomeUnknownError,
  ProviderRejectedError,
  ProviderUnavailableError,
} from "../../../contract/errors.ts";
import type { KeyFields } from "../../../contract/secret-value.ts";
import { Sensitive } from "../../../contract/sensitive.ts";
import type { KeyProvider } from "../../../core/cutover/ports.ts";
import type { Destination, Fields } from "./destinations.ts";
import type { HostileVendor } from "./hostile-vendor.ts";

/** What the verbs are called with, where it is not what the vendor would have. */
export interface Asked {
  readonly key?: Fields;
  readonly admin?: Fields;
  readonly keyId?: string;
}

/** Calls every verb that the adapter has, whatever comes of each. */
export async function callAll(
  provider: KeyProvider,
  destination: Destination,
  { key = destination.key, admin = destination.admin?.[0], keyId = destination.keyId }: Asked = {},
): Promise<void> {
  const fields = sensitive(key);
  const credential = admin ? sensitive(admin) : fields;
  const call = { signal: AbortSignal.timeout(10_000) };
  const { settings } = destination;
  const time = { sinceMs: Date.now() - 3_600_000, untilMs: Date.now() };
  const verbs: Record<string, () => unknown> = {
    identify: () => provider.identify(fields),
    list: () => provider.list?.(credential, call),
    settings: () => provider.settings?.({ credential, keyId }, call),
    "make the first": () => provider.make?.({ credential, name: "dualkey/x" }, call),
    make: () => provider.make?.({ credential, name: "dualkey/x", ...(settings ? { settings } : {}) }, call),
    register: () => provider.register?.({ credential, fields }, call),
    replace: () => provider.replace?.({ credential }, call),
    revoke: () => provider.revoke?.({ credential, keyId }, call),
    remove: () => provider.remove?.({ credential, keyId }, call),
    probe: () => provider.probe(fields, call),
    countSends: () => provider.countSends?.({ credential, keyId, sinceMs: time.sinceMs }, call),
    listSends: () => readAll(provider.listSends?.({ credential: fields, ...time }, call)),
  };
  for (const [verb, run] of Object.entries(verbs)) {
    try {
      await run();
    } catch (error) {
      if (!isExpected(error))
        throw new Error(`${provider.id}: ${verb} has thrown what no port names`, { cause: error });
    }
  }
}

async function readAll(pages: AsyncIterable<unknown> | undefined): Promise<void> {
  let count = 0;
  for await (const _ of pages ?? []) if (++count >= 8) return;
}

function isExpected(error: unknown): boolean {
  const kinds = [ProviderRejectedError, ProviderUnavailableError, OutcomeUnknownError, ConfigError];
  return kinds.some((kind) => error instanceof kind);
}

/** Fields as the ports take them. */
export function sensitive(fields: Fields): KeyFields {
  return Object.fromEntries(Object.entries(fields).map(([name, text]) => [name, new Sensitive(text)]));
}

/** Nobody else was called, and the vendor got nothing but what it knows. */
export function expectAtHome(
  { routes }: Destination,
  { vendor, elsewhere }: { readonly vendor: HostileVendor; readonly elsewhere: HostileVendor },
): void {
  expect(elsewhere.connections, "connections to another host").toBe(0);
  const strange = vendor.received.map(({ route }) => route).filter((route) => !routes.test(route));
  expect(strange).toEqual([]);
  for (const { headers } of vendor.received) {
    expect(headers.host).toBe(new URL(vendor.url).host);
    expect(headers).not.toHaveProperty("x-injected");
  }
}
