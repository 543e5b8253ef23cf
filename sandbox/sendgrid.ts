import type { VendorGatewayOptions } from "./_gateway.ts";
import type { SandboxEvent } from "./_journal.ts";
import { serveVendor, type VendorSandbox } from "./_vendor.ts";
import { SendGridGateway } from "./sendgrid/_gateway.ts";
import { type Account, FULL_ACCESS, MAX_KEYS } from "./sendgrid/_keys.ts";

export type { SandboxEvent };

export interface SendGridSandboxOptions extends VendorGatewayOptions {
  /** @default a free port */
  readonly port?: number;
}

export interface SendGridSandbox extends VendorSandbox {
  /** Makes an account without keys. Its id is the number of its user. */
  createAccount(): { readonly id: string };
  /**
   * Makes a key as the vendor's console would. The value is shown this once.
   *
   * @param options.scopes what the key may do; an empty list: nothing. @default full access
   */
  createKey(
    account: { readonly id: string },
    options?: { readonly name?: string; readonly scopes?: readonly string[] },
  ): { readonly id: string; readonly apiKey: string };
}

/**
 * Starts a fake SendGrid on loopback: strict, stateful, and it sends nothing. Mail is sent with `POST /v3/mail/send`.
 *
 * A key that was deleted fails "after some small propagation delay", in the vendor's words: how small is
 * `faults.propagation.revocationMs`, at first 0.
 */
export async function startSendGridSandbox(options: SendGridSandboxOptions = {}): Promise<SendGridSandbox> {
  const gateway = new SendGridGateway(options);
  const { keys } = gateway;
  const accountOf = ({ id }: { readonly id: string }): Account => {
    const account = keys.accounts.get(id);
    if (!account) throw new Error(`sandbox: there is no account ${id}. Make one with createAccount()`);
    return account;
  };
  const vendor = await serveVendor(gateway, { port: options.port, accountOf });
  return {
    ...vendor,
    createAccount: () => ({ id: keys.addAccount().id }),
    createKey: (account, { name = "", scopes = FULL_ACCESS } = {}) => {
      const nowMs = gateway.now();
      const made = keys.make(accountOf(account), { name, scopes, nowMs });
      if (!made) throw new Error(`sandbox: account ${account.id} has ${MAX_KEYS} keys. Delete one first`);
      gateway.journal.record({ atMs: nowMs, kind: "key-made", keyId: made.key.id });
      return { id: made.key.id, apiKey: made.value };
    },
  };
}
