import type { SandboxEvent } from "./_journal.ts";
import { serveVendor, type VendorSandbox } from "./_vendor.ts";
import { VonageGateway, type VonageGatewayOptions } from "./vonage/_gateway.ts";
import type { VonageProduct } from "./vonage/_records.ts";
import { type Account, isGoodSecret, newSecretValue } from "./vonage/_secrets.ts";

export type { SandboxEvent, VonageProduct };

export interface VonageSandboxOptions extends VonageGatewayOptions {
  /** @default a free port */
  readonly port?: number;
}

export interface VonageSandbox extends VendorSandbox {
  /** Makes an account without secrets. Its id is what the vendor calls the API key. */
  createAccount(): { readonly id: string };
  /**
   * Makes a secret as the dashboard would. The value is shown this once.
   *
   * @param options.apiSecret a value by the vendor's rules. @default a random one
   */
  createKey(
    account: { readonly id: string },
    options?: { readonly apiSecret?: string },
  ): { readonly id: string; readonly apiKey: string; readonly apiSecret: string };
  /** Writes a message down that was sent elsewhere, for the reports. @param message.to digits alone */
  addSent(
    account: { readonly id: string },
    message: {
      readonly product: VonageProduct;
      readonly to: string;
      readonly text?: string;
      readonly atMs?: number;
    },
  ): void;
}

/**
 * Starts a fake of Vonage's api.nexmo.com on loopback: strict, stateful, and it sends nothing.
 *
 * Messages are sent with `POST /v1/messages` (Messages API v1, HTTP Basic), as that lives at the same host as the rest,
 * and answers 401 to a dead secret. The older SMS API is at another host (rest.nexmo.com), takes the secret as a field
 * of its form, and answers 200 with a status of 4 in the body.
 */
export async function startVonageSandbox(options: VonageSandboxOptions = {}): Promise<VonageSandbox> {
  const gateway = new VonageGateway(options);
  const { secrets } = gateway;
  const accountOf = ({ id }: { readonly id: string }): Account => {
    const account = secrets.accounts.get(id);
    if (!account) throw new Error(`sandbox: there is no account ${id}. Make one with createAccount()`);
    return account;
  };
  const vendor = await serveVendor(gateway, { port: options.port, accountOf });
  return {
    ...vendor,
    createAccount: () => ({ id: secrets.addAccount().id }),
    createKey: (account, { apiSecret = newSecretValue() } = {}) => {
      if (!isGoodSecret(apiSecret))
        throw new Error("sandbox: the secret breaks the vendor's rules. Choose another");
      const nowMs = gateway.now();
      const secret = secrets.add(accountOf(account), apiSecret, nowMs);
      if (!secret) throw new Error(`sandbox: account ${account.id} has two secrets. Revoke one first`);
      gateway.journal.record({ atMs: nowMs, kind: "key-made", keyId: secret.id });
      return { id: secret.id, apiKey: account.id, apiSecret };
    },
    addSent: (account, { product, to, text = "", atMs = gateway.now() }) => {
      const accountId = accountOf(account).id;
      gateway.records.add({ accountId, product, to, from: "Acme", text, sentAtMs: atMs });
    },
  };
}
