import type { FaultHandle, FaultRule, Faults } from "./_faults.ts";
import type { Journal, KeyTally, SandboxEvent, TrueKey } from "./_journal.ts";
import { type Gateway, startServer } from "./_server.ts";

/** How long the vendor's edges take to learn of a change, in milliseconds; adjustable at any time. */
export interface Propagation {
  /** For how long a new key is refused. @default 0 */
  newKeyMs: number;
  /** For how long a key that has ended is still accepted. @default 0 */
  revocationMs: number;
}

/** What every fake vendor gives to whoever plays with it, beside its API. */
export interface VendorSandbox {
  /** The base URL: `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly faults: {
    add(rule: FaultRule): FaultHandle;
    /** Removes every rule; accounts stay suspended and propagation stays slow. */
    clear(): void;
    suspend(account: { readonly id: string }): void;
    restore(account: { readonly id: string }): void;
    readonly propagation: Propagation;
  };
  readonly truth: {
    /** Every key ever made, oldest first. */
    keys(): readonly TrueKey[];
    /** What each key was used for, by key id. */
    tallies(): ReadonlyMap<string, KeyTally>;
    /** Whether a request with this key (by the provider's field names) would pass now, rules of `faults` apart. */
    accepts(fields: Readonly<Record<string, string>>): boolean;
    /** The id of the key with these fields, dead or alive. Absent where the fields themselves say it. */
    keyIdOf?(fields: Readonly<Record<string, string>>): string | undefined;
  };
  /** @returns a function that ends the subscription */
  onEvent(listener: (event: SandboxEvent) => void): () => void;
  close(): Promise<void>;
}

/** A vendor's gateway, as far as all fakes show it alike. */
interface ServedGateway<Truth> extends Gateway {
  readonly faults: Faults;
  readonly journal: Journal;
  readonly propagation: Propagation;
  truth(): Truth;
}

/**
 * Serves a vendor's gateway on loopback, and gives what every fake gives.
 *
 * @param accountOf finds an account by its id, or throws where there is none
 */
export async function serveVendor<Truth extends VendorSandbox["truth"]>(
  gateway: ServedGateway<Truth>,
  {
    port = 0,
    accountOf,
  }: {
    readonly port?: number | undefined;
    readonly accountOf: (account: { readonly id: string }) => { isSuspended: boolean };
  },
): Promise<VendorSandbox & { readonly truth: Truth }> {
  const server = await startServer(gateway, port);
  const { faults, propagation } = gateway;
  return {
    url: server.url,
    faults: {
      add: (rule) => faults.add(rule),
      clear: () => faults.clear(),
      suspend: (account) => {
        accountOf(account).isSuspended = true;
      },
      restore: (account) => {
        accountOf(account).isSuspended = false;
      },
      propagation,
    },
    truth: gateway.truth(),
    onEvent: (listener) => gateway.journal.subscribe(listener),
    close: () => server.close(),
  };
}
