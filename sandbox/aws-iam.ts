import type { SandboxEvent } from "./_journal.ts";
import { serveVendor, type VendorSandbox } from "./_vendor.ts";
import { AwsIamGateway } from "./aws-iam/_gateway.ts";
import { type Account, KEYS_PER_USER } from "./aws-iam/_keys.ts";

export type { SandboxEvent };

export interface AwsIamSandboxOptions {
  /** Milliseconds since 1970. @default the system's clock */
  readonly now?: () => number;
  /** @default a free port */
  readonly port?: number;
}

export interface AwsIamSandbox extends VendorSandbox {
  /** Makes an AWS account with users, and a role that may do all of IAM: its credential is what is returned. */
  createAccount(options?: {
    /** @default `["otp-sender"]` */
    readonly userNames?: readonly string[];
  }): { readonly id: string; readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Makes an access key of a user, as the console would: two at most. */
  createKey(
    account: { readonly id: string },
    options?: {
      /** @default the account's first user */
      readonly userName?: string;
      /** @default "Active" */
      readonly status?: "Active" | "Inactive";
    },
  ): { readonly id: string; readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly lastUsed: {
    /** Of several uses in this time only the first is recorded, in milliseconds; adjustable. @default 15 minutes */
    resolutionMs: number;
  };
}

/** Starts a fake AWS on loopback with IAM, STS and SNS's SMS, at one address: strict, stateful, and it sends nothing. */
export async function startAwsIamSandbox(options: AwsIamSandboxOptions = {}): Promise<AwsIamSandbox> {
  const gateway = new AwsIamGateway(options);
  const { keys } = gateway;
  const accountOf = ({ id }: { readonly id: string }): Account => {
    const account = keys.accounts.get(id);
    if (!account) throw new Error(`sandbox: there is no account ${id}. Make one with createAccount()`);
    return account;
  };
  const vendor = await serveVendor(gateway, { port: options.port, accountOf });
  return {
    ...vendor,
    createAccount: ({ userNames = ["otp-sender"] } = {}) => {
      const { id, role } = keys.addAccount(userNames);
      return { id, ...role };
    },
    createKey: ({ id: accountId }, { userName, status = "Active" } = {}) => {
      const account = accountOf({ id: accountId });
      const user = userName ?? [...account.users][0];
      if (user === undefined || !account.users.has(user))
        throw new Error(`sandbox: there is no user ${user}`);
      if (keys.list(account, user).length >= KEYS_PER_USER) {
        throw new Error(`sandbox: user ${user} has ${KEYS_PER_USER} keys. Delete one first`);
      }
      const nowMs = gateway.now();
      const key = keys.make(account, user, nowMs);
      gateway.journal.record({ atMs: nowMs, kind: "key-made", keyId: key.id });
      keys.setStatus(key, status, nowMs);
      return { id: key.id, accessKeyId: key.id, secretAccessKey: key.secret };
    },
    lastUsed: {
      get resolutionMs() {
        return keys.lastUsedResolutionMs;
      },
      set resolutionMs(ms) {
        keys.lastUsedResolutionMs = ms;
      },
    },
  };
}
