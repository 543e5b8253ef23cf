import type { SandboxEvent } from "./_journal.ts";
import { serveVendor, type VendorSandbox } from "./_vendor.ts";
import type { Account, KeyPolicy, KeyType } from "./twilio/_accounts.ts";
import { TwilioGateway, type TwilioOptions, type TwilioSwitches } from "./twilio/_gateway.ts";

export type { KeyPolicy, KeyType, SandboxEvent, TwilioSwitches };

export interface TwilioSandboxOptions extends TwilioOptions {
  /** @default a free port */
  readonly port?: number;
}

/** A key as the console shows it, this once: the fields are named as in a secret. */
export interface NewTwilioKey {
  readonly id: string;
  readonly accountSid: string;
  readonly apiKeySid: string;
  readonly apiKeySecret: string;
}

export interface TwilioSandbox extends VendorSandbox {
  /**
   * Opens an account, with its first auth token.
   *
   * @param options.iamV1 whether the IAM API (`/v1/Keys`) is there for it. @default true
   */
  createAccount(options?: { readonly iamV1?: boolean }): {
    readonly id: string;
    readonly accountSid: string;
    readonly authToken: string;
  };
  /** Makes a key as the console would. The secret is shown this once. @param options.type @default "standard" */
  createKey(
    account: { readonly id: string },
    options?: { readonly name?: string; readonly type?: KeyType; readonly policy?: KeyPolicy },
  ): NewTwilioKey;
  /** Gives the account another primary auth token at once, as the console would: the old one is dead. */
  replaceAuthToken(account: { readonly id: string }): { readonly authToken: string };
  /** Takes IAM v1 from an account, or gives it. */
  setIamV1(account: { readonly id: string }, isOffered: boolean): void;
  readonly switches: TwilioSwitches;
}

/**
 * Starts a fake Twilio on loopback, its hosts `api`, `iam` and `accounts` at one base URL: strict, stateful, and it
 * sends nothing. Auth tokens are among the keys of `truth`, under ids of its own (`AC…/token-1`).
 */
export async function startTwilioSandbox(options: TwilioSandboxOptions = {}): Promise<TwilioSandbox> {
  const gateway = new TwilioGateway(options);
  const { table, switches } = gateway;
  const accountOf = ({ id }: { readonly id: string }): Account => {
    const account = table.accounts.get(id);
    if (!account) throw new Error(`sandbox: there is no account ${id}. Make one with createAccount()`);
    return account;
  };
  const addToken = (account: Account): string => {
    const { token, value } = table.addToken(account, "primary", gateway.now());
    gateway.onToken("key-made", token);
    return value;
  };
  const vendor = await serveVendor(gateway, { port: options.port, accountOf });
  return {
    ...vendor,
    createAccount: ({ iamV1 = true } = {}) => {
      const account = table.addAccount(iamV1);
      return { id: account.id, accountSid: account.id, authToken: addToken(account) };
    },
    createKey: (account, { name = "", type = "standard", policy } = {}) => {
      if ((type === "restricted") !== (policy !== undefined)) {
        throw new Error("sandbox: a restricted key, and no other, has a policy. Give both, or neither");
      }
      const settings = { name, type, policy: policy ?? null };
      const { key, value } = table.addKey(accountOf(account), settings, gateway.now());
      gateway.onKey("key-made", key);
      return { id: key.id, accountSid: account.id, apiKeySid: key.id, apiKeySecret: value };
    },
    replaceAuthToken: (account) => {
      const old = table.liveToken(accountOf(account), "primary");
      if (old) {
        old.endedAtMs = gateway.now();
        gateway.onToken("key-ended", old);
      }
      return { authToken: addToken(accountOf(account)) };
    },
    setIamV1: (account, isOffered) => {
      accountOf(account).offersIamV1 = isOffered;
    },
    switches,
  };
}
