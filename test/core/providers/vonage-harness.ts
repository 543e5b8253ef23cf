import type { KeyFields } from "../../../contract/secret-value.ts";
import { Sensitive } from "../../../contract/sensitive.ts";
import { Vonage } from "../../../core/providers/vonage.ts";
import {
  startVonageSandbox,
  type VonageSandbox,
  type VonageSandboxOptions,
} from "../../../sandbox/vonage.ts";
import type { Party, ProviderHarness, Verb } from "./contract.ts";
import { FAULTS } from "./startmessaging-harness.ts";

export interface VonageHarness extends ProviderHarness {
  readonly sandbox: VonageSandbox;
  readonly provider: Vonage;
}

const ROUTES: Partial<Record<Verb, string>> = {
  register: "create-key",
  list: "list-keys",
  revoke: "delete-key",
  probe: "list-keys",
  listSends: "list-messages",
};

/** The adapter against the sandbox. Pages are short, and waits are not slept. */
export async function startHarness(options: VonageSandboxOptions = {}): Promise<VonageHarness> {
  const sandbox = await startVonageSandbox({ recordsPerPage: 20, ...options });
  const more = { sleep: async () => {}, ...(options.now ? { now: options.now } : {}) };
  const party = (): Party => {
    const { id, apiKey, apiSecret } = sandbox.createKey(sandbox.createAccount());
    const key = fieldsOf(apiKey, apiSecret);
    return { account: apiKey, credential: key, key, keyId: id };
  };
  const [ours, stranger] = [party(), party()];
  return {
    sandbox,
    provider: new Vonage({ baseUrl: sandbox.url, ...more }),
    unreachable: new Vonage({ baseUrl: await closedUrl(), ...more }),
    ours,
    stranger,
    liveKeyIds: () => sandbox.truth.keys().flatMap((key) => (key.endedAtMs === undefined ? [key.id] : [])),
    fail: (verb, failure) => {
      sandbox.faults.clear();
      return sandbox.faults.add({ when: ({ route }) => route === ROUTES[verb], fault: FAULTS[failure] });
    },
    suspend: ({ account }) => sandbox.faults.suspend({ id: account }),
    fillSlots: () => {
      sandbox.createKey({ id: ours.account });
    },
    severalPagesOfSends: 50,
    sentText: "482913",
    send: async (key) => {
      const response = await sendCode(sandbox, key);
      if (response.status !== 202) throw new Error(`the send got HTTP ${response.status}`);
    },
    onApplied: (listener) => {
      sandbox.onEvent(({ kind }) => {
        if (kind === "key-made" || kind === "key-ended") listener();
      });
    },
    close: () => sandbox.close(),
  };
}

/** A base URL where somebody listened a moment ago, and nobody does now. */
async function closedUrl(): Promise<string> {
  const gone = await startVonageSandbox();
  await gone.close();
  return gone.url;
}

export function fieldsOf(apiKey: string, apiSecret: string): KeyFields {
  return { apiKey: new Sensitive(apiKey), apiSecret: new Sensitive(apiSecret) };
}

export function basicOf({ apiKey, apiSecret }: KeyFields): string {
  return `Basic ${Buffer.from(`${apiKey?.reveal()}:${apiSecret?.reveal()}`).toString("base64")}`;
}

/** Sends a code as a login service would. */
export function sendCode(sandbox: VonageSandbox, key: KeyFields, body: object = {}): Promise<Response> {
  const message = { message_type: "text", channel: "sms", to: "447400123456", from: "Acme" };
  return fetch(`${sandbox.url}/v1/messages`, {
    method: "POST",
    headers: { authorization: basicOf(key), "content-type": "application/json" },
    body: JSON.stringify({ ...message, text: "Your code is 482913", ...body }),
  });
}
