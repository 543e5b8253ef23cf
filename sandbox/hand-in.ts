import type { VendorGatewayOptions } from "./_gateway.ts";
import type { SandboxEvent } from "./_journal.ts";
import { serveVendor, type VendorSandbox } from "./_vendor.ts";
import { HandInGateway } from "./hand-in/_gateway.ts";
import { exotel, gupshup, kaleyra, msg91 } from "./hand-in/_india.ts";
import { optStuff } from "./hand-in/_optstuff.ts";
import type { Script } from "./hand-in/_script.ts";
import { messageBird, plivo, postmark, sinchSms, telnyx } from "./hand-in/_world.ts";

export type { SandboxEvent };

const SCRIPTS = {
  msg91,
  exotel,
  plivo,
  gupshup,
  kaleyra,
  telnyx,
  "sinch-sms": sinchSms,
  messagebird: messageBird,
  postmark,
} as const satisfies Readonly<Record<string, Script>>;

/** A vendor whose keys people make in its console, and nobody else. */
export type HandInSandboxVendor = "optstuff" | keyof typeof SCRIPTS;

export interface HandInSandboxOptions extends VendorGatewayOptions {
  readonly vendor: HandInSandboxVendor;
  /** @default a free port */
  readonly port?: number;
  /** Of OptStuff: the hosts that its projects take images from. @default ["images.example.com"] */
  readonly allowedSources?: readonly string[];
}

export interface HandInSandbox extends VendorSandbox {
  /** Makes an account. Of OptStuff: a project, whose slug is the id. */
  createAccount(options?: { readonly id?: string }): { readonly id: string };
  /** Makes a key as a person would in the console. The value is shown this once. */
  createKey(
    account: { readonly id: string },
    options?: { readonly expiresAtMs?: number },
  ): { readonly id: string; readonly fields: Readonly<Record<string, string>> };
  /** Revokes a key as a person would in the console. */
  revokeKey(id: string): void;
}

/**
 * Starts a fake of a vendor that has no API for keys, on loopback: strict, stateful, and it sends nothing.
 *
 * It has the route that a probe calls (`probe`) and the one that services call (`send`). Gupshup has one route for both,
 * and so has OptStuff, whose send is an image.
 */
export async function startHandInSandbox(options: HandInSandboxOptions): Promise<HandInSandbox> {
  const { vendor, port = 0, allowedSources = ["images.example.com"], ...rest } = options;
  const gateway = new HandInGateway(vendor === "optstuff" ? optStuff(allowedSources) : SCRIPTS[vendor], rest);
  const { keys } = gateway;
  const served = await serveVendor(gateway, { port: port, accountOf: (account) => keys.accountOf(account) });
  return {
    ...served,
    createAccount: ({ id } = {}) => ({ id: gateway.createAccount(id).id }),
    createKey: (account, settings = {}) => {
      const { id, fields } = gateway.createKey(keys.accountOf(account), settings);
      return { id, fields };
    },
    revokeKey: (id) => gateway.revokeKey(id),
  };
}
