import type { SandboxEvent } from "./_journal.ts";
import { serveVendor, type VendorSandbox } from "./_vendor.ts";
import { InfobipGateway, type InfobipLimits, type InfobipOptions } from "./infobip/_gateway.ts";
import type { Account, KeySettings } from "./infobip/_keys.ts";

export type { InfobipLimits, SandboxEvent };

export interface InfobipSandboxOptions extends InfobipOptions {
  /** @default a free port */
  readonly port?: number;
}

/** Settings of a key, as the portal offers them. */
export type InfobipKeyOptions = Partial<KeySettings>;

export interface InfobipSandbox extends VendorSandbox {
  /** Makes an account with a user who may manage its keys. `clientId` and `clientSecret` are his for OAuth2. */
  createAccount(): {
    readonly id: string;
    readonly username: string;
    readonly password: string;
    readonly clientId: string;
    readonly clientSecret: string;
  };
  /** Makes a key as the portal would. */
  createKey(
    account: { readonly id: string },
    options?: InfobipKeyOptions,
  ): { readonly id: string; readonly apiKey: string };
  readonly limits: InfobipLimits;
  readonly faults: VendorSandbox["faults"] & {
    /** Ends the password of an account's admin, and his tokens. */
    expireAdmin(account: { readonly id: string }): void;
    /** Ends every OAuth2 token before its time. */
    dropTokens(): void;
  };
}

/** Starts a fake Infobip on loopback: strict, stateful, and it sends nothing. */
export async function startInfobipSandbox(options: InfobipSandboxOptions = {}): Promise<InfobipSandbox> {
  const gateway = new InfobipGateway(options);
  const { keys, limits } = gateway;
  const accountOf = ({ id }: { readonly id: string }): Account => {
    const account = keys.accounts.get(id);
    if (!account) throw new Error(`sandbox: there is no account ${id}. Make one with createAccount()`);
    return account;
  };
  const vendor = await serveVendor(gateway, { port: options.port, accountOf });
  return {
    ...vendor,
    createAccount: () => {
      const { id, admin } = keys.addAccount();
      return { id, ...admin, clientId: admin.username, clientSecret: admin.password };
    },
    createKey: (account, { name = "made by hand", ...settings } = {}) => {
      const nowMs = gateway.now();
      const { id, value } = keys.make(accountOf(account), { name, ...settings }, nowMs);
      gateway.journal.record({ atMs: nowMs, kind: "key-made", keyId: id });
      return { id, apiKey: value };
    },
    limits,
    faults: {
      ...vendor.faults,
      expireAdmin: (account) => gateway.expireAdmin(accountOf(account)),
      dropTokens: () => gateway.dropTokens(),
    },
  };
}
