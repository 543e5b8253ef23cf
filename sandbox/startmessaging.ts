import type { Fault, FaultHandle, FaultRule, FaultTarget } from "./_faults.ts";
import { startServer } from "./_server.ts";
import {
  StartMessagingGateway,
  type StartMessagingOptions,
  type StartMessagingThrottles,
} from "./startmessaging/_gateway.ts";
import type { KeyTally, StartMessagingEvent, TrueKey } from "./startmessaging/_journal.ts";
import type { Account, Propagation } from "./startmessaging/_keys.ts";

export type {
  Fault,
  FaultHandle,
  FaultRule,
  FaultTarget,
  KeyTally,
  StartMessagingEvent,
  StartMessagingThrottles,
  TrueKey,
};

export interface StartMessagingSandboxOptions extends StartMessagingOptions {
  /** @default a free port */
  readonly port?: number;
}

export interface StartMessagingSandbox {
  /** The base URL: `http://127.0.0.1:PORT`. */
  readonly url: string;
  createAccount(options?: { readonly kycApproved?: boolean; readonly balance?: number }): {
    readonly id: string;
  };
  /** Makes a key as the dashboard would. The value is shown this once. */
  createKey(
    account: { readonly id: string },
    options?: { readonly label?: string; readonly allowedIps?: readonly string[] | null },
  ): { readonly id: string; readonly apiKey: string };
  readonly throttles: StartMessagingThrottles;
  readonly faults: {
    add(rule: FaultRule): FaultHandle;
    /** Removes every rule; accounts stay suspended and propagation stays slow. */
    clear(): void;
    suspend(account: { readonly id: string }): void;
    restore(account: { readonly id: string }): void;
    /** How long a new key is refused, and a revoked one still accepted, in milliseconds. @default 0 both */
    readonly propagation: Propagation;
  };
  readonly truth: {
    /** Every key ever made, oldest first. */
    keys(): readonly TrueKey[];
    /** By key id. */
    tallies(): ReadonlyMap<string, KeyTally>;
    /** By key id: how many sends were accepted. */
    sendsByKey(): Readonly<Record<string, number>>;
    /** By key id: how many requests were answered 401 or 403; `unknown` for keys that were never made. */
    rejectionsByKey(): Readonly<Record<string, number>>;
    /** Whether a request with this key would pass now, IP rules and rules of `faults` apart. */
    accepts(apiKey: string): boolean;
  };
  /** @returns a function that ends the subscription */
  onEvent(listener: (event: StartMessagingEvent) => void): () => void;
  close(): Promise<void>;
}

/** Starts a fake StartMessaging gateway on loopback: strict, stateful, and it sends nothing. */
export async function startStartMessagingSandbox(
  options: StartMessagingSandboxOptions = {},
): Promise<StartMessagingSandbox> {
  const gateway = new StartMessagingGateway(options);
  const { keys, faults, throttles } = gateway;
  const accountOf = ({ id }: { readonly id: string }): Account => {
    const account = keys.accounts.get(id);
    if (!account) throw new Error(`sandbox: there is no account ${id}. Make one with createAccount()`);
    return account;
  };
  const server = await startServer(gateway, options.port ?? 0);
  return {
    url: server.url,
    createAccount: ({ kycApproved = true, balance = 1_000_000 } = {}) => ({
      id: keys.addAccount({ kycApproved, balance }).id,
    }),
    createKey: (account, { label = "", allowedIps = null } = {}) => {
      const { key, value } = keys.make(accountOf(account), { label, allowedIps, nowMs: gateway.now() });
      gateway.onKey("key-made", key);
      return { id: key.id, apiKey: value };
    },
    throttles,
    faults: {
      add: (rule) => faults.add(rule),
      clear: () => faults.clear(),
      suspend: (account) => {
        accountOf(account).isSuspended = true;
      },
      restore: (account) => {
        accountOf(account).isSuspended = false;
      },
      propagation: keys.propagation,
    },
    truth: gateway.truth(),
    onEvent: (listener) => gateway.journal.subscribe(listener),
    close: () => server.close(),
  };
}
