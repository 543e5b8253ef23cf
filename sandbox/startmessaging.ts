import type { Fault } from "./_faults.ts";
import type { SandboxEvent } from "./_journal.ts";
import { serveVendor, type VendorSandbox } from "./_vendor.ts";
import {
  StartMessagingGateway,
  type StartMessagingOptions,
  type StartMessagingThrottles,
} from "./startmessaging/_gateway.ts";
import type { Account } from "./startmessaging/_keys.ts";

export type { Fault, SandboxEvent, StartMessagingThrottles };

export interface StartMessagingSandboxOptions extends StartMessagingOptions {
  /** @default a free port */
  readonly port?: number;
}

export interface StartMessagingSandbox extends VendorSandbox {
  createAccount(options?: { readonly kycApproved?: boolean; readonly balance?: number }): {
    readonly id: string;
  };
  /** Makes a key as the dashboard would. The value is shown this once. */
  createKey(
    account: { readonly id: string },
    options?: { readonly label?: string; readonly allowedIps?: readonly string[] | null },
  ): { readonly id: string; readonly apiKey: string };
  /**
   * Puts sends into the account's past, as if it had sent for weeks: oldest first, before anything is sent over HTTP, for
   * the log never goes back in time. They cost nothing and count for no throttle.
   */
  addPastSends(
    key: { readonly id: string },
    sends: Iterable<{ readonly phoneNumber: string; readonly atMs: number }>,
  ): void;
  readonly throttles: StartMessagingThrottles;
  readonly truth: VendorSandbox["truth"] & {
    /** By key id: how many sends were accepted. */
    sendsByKey(): Readonly<Record<string, number>>;
    /** By key id: how many requests were answered 401 or 403; `unknown` for keys that were never made. */
    rejectionsByKey(): Readonly<Record<string, number>>;
  };
}

/** Starts a fake StartMessaging gateway on loopback: strict, stateful, and it sends nothing. */
export async function startStartMessagingSandbox(
  options: StartMessagingSandboxOptions = {},
): Promise<StartMessagingSandbox> {
  const gateway = new StartMessagingGateway(options);
  const { keys, throttles } = gateway;
  const accountOf = ({ id }: { readonly id: string }): Account => {
    const account = keys.accounts.get(id);
    if (!account) throw new Error(`sandbox: there is no account ${id}. Make one with createAccount()`);
    return account;
  };
  const vendor = await serveVendor(gateway, { port: options.port, accountOf });
  return {
    ...vendor,
    createAccount: ({ kycApproved = true, balance = 1_000_000 } = {}) => ({
      id: keys.addAccount({ kycApproved, balance }).id,
    }),
    createKey: (account, { label = "", allowedIps = null } = {}) => {
      const { key, value } = keys.make(accountOf(account), { label, allowedIps, nowMs: gateway.now() });
      gateway.onKey("key-made", key);
      return { id: key.id, apiKey: value };
    },
    addPastSends: ({ id }, sends) => {
      const key = keys.all().find((any) => any.id === id);
      if (!key) throw new Error(`sandbox: there is no key ${id}. Make one with createKey()`);
      for (const { phoneNumber, atMs } of sends) {
        const content = "Your verification code is 000000. Valid for 5 minutes.";
        gateway.messages.add({ accountId: key.account.id, keyId: id, phoneNumber, content }, atMs);
      }
    },
    throttles,
  };
}
