import type { KeyFields } from "../../../contract/secret-value.ts";
import { Sensitive } from "../../../contract/sensitive.ts";
import type { KeyProvider } from "../../../core/cutover/ports.ts";
import { TwilioApiKey } from "../../../core/providers/twilio-api-key.ts";
import { TwilioAuthToken } from "../../../core/providers/twilio-auth-token.ts";
import {
  startTwilioSandbox,
  type TwilioSandbox,
  type TwilioSandboxOptions,
} from "../../../sandbox/twilio.ts";
import type { Party, ProviderHarness, Verb } from "./contract.ts";
import { FAULTS } from "./startmessaging-harness.ts";

export interface TwilioHarness<P extends KeyProvider> extends ProviderHarness {
  readonly sandbox: TwilioSandbox;
  readonly provider: P;
}

const ROUTES: Partial<Record<Verb, string>> = {
  make: "create-key",
  list: "list-keys",
  settings: "get-key",
  revoke: "delete-key",
  probe: "list-messages",
  listSends: "list-messages",
};
const TOKEN_ROUTES: Partial<Record<Verb, string>> = {
  make: "create-secondary-token",
  replace: "promote-token",
  probe: "list-messages",
  listSends: "list-messages",
};

/** What restricted keys may do here. In the order in which settings are compared. */
export const POLICY = { allow: ["/twilio/messaging/messages/create", "/twilio/messaging/messages/read"] };

/** The adapter for API keys against the sandbox, with an auth token as the admin credential. */
export async function startApiKeyHarness(
  options: TwilioSandboxOptions = {},
): Promise<TwilioHarness<TwilioApiKey>> {
  const sandbox = await startTwilioSandbox(options);
  const party = (): Party => {
    const account = sandbox.createAccount();
    const key = sandbox.createKey(account, { name: "made by hand" });
    return { account: account.id, credential: tokenOf(account), key: keyOf(key), keyId: key.id };
  };
  const [ours, stranger] = [party(), party()];
  const account = { id: ours.account };
  const sleep = async () => {};
  const isKey = ({ id }: { id: string }) => id.startsWith("SK");
  return {
    ...(await shared(sandbox, ROUTES)),
    provider: new TwilioApiKey({ urls: urlsOf(sandbox.url), sleep }),
    unreachable: new TwilioApiKey({ urls: urlsOf(await closedUrl()), sleep }),
    ours,
    stranger,
    liveKeyIds: () => liveIds(sandbox).filter((id) => isKey({ id })),
    settings: { policy: POLICY },
    addKeyWithSettings: () => sandbox.createKey(account, { type: "restricted", policy: POLICY }).id,
    addKeys: (count) => Array.from({ length: count }, () => sandbox.createKey(account).id),
    severalPages: 2_001,
    expireAdmin: () => {
      sandbox.replaceAuthToken(account);
    },
  };
}

/** The adapter for auth tokens against the sandbox: each account has one that works. */
export async function startAuthTokenHarness(
  options: TwilioSandboxOptions = {},
): Promise<TwilioHarness<TwilioAuthToken>> {
  const sandbox = await startTwilioSandbox(options);
  const party = (): Party => {
    const account = sandbox.createAccount();
    const key = tokenOf(account);
    return { account: account.id, credential: key, key, keyId: `${account.id}/token-1` };
  };
  const [ours, stranger] = [party(), party()];
  const sleep = async () => {};
  return {
    ...(await shared(sandbox, TOKEN_ROUTES)),
    provider: new TwilioAuthToken({ urls: urlsOf(sandbox.url), sleep }),
    unreachable: new TwilioAuthToken({ urls: urlsOf(await closedUrl()), sleep }),
    ours,
    stranger,
    // The secondary token, which does not work before it is promoted, is the last of its account.
    liveKeyIds: () => {
      const live = liveIds(sandbox);
      const isFirst = (id: string, index: number) =>
        live.findIndex((other) => other.slice(0, 34) === id.slice(0, 34)) === index;
      return live.filter(isFirst);
    },
  };
}

async function shared(sandbox: TwilioSandbox, routes: Partial<Record<Verb, string>>) {
  return {
    sandbox,
    fail: (verb: Verb, failure: keyof typeof FAULTS) => {
      sandbox.faults.clear();
      return sandbox.faults.add({ when: ({ route }) => route === routes[verb], fault: FAULTS[failure] });
    },
    suspend: ({ account }: Party) => sandbox.faults.suspend({ id: account }),
    onApplied: (listener: () => void) => {
      sandbox.onEvent(({ kind }) => {
        if (kind === "key-made" || kind === "key-ended") listener();
      });
    },
    severalPagesOfSends: 301,
    sentText: "482913",
    send: async (key: KeyFields) => {
      const response = await sendMessage(sandbox, key);
      if (response.status !== 201) throw new Error(`the send got HTTP ${response.status}`);
    },
    close: () => sandbox.close(),
  };
}

export function urlsOf(url: string) {
  return { twilioApi: url, twilioIam: url, twilioAccounts: url };
}

export function keyOf(key: { accountSid: string; apiKeySid: string; apiKeySecret: string }): KeyFields {
  const { accountSid, apiKeySid, apiKeySecret } = key;
  return {
    accountSid: new Sensitive(accountSid),
    apiKeySid: new Sensitive(apiKeySid),
    apiKeySecret: new Sensitive(apiKeySecret),
  };
}

export function tokenOf({ accountSid, authToken }: { accountSid: string; authToken: string }): KeyFields {
  return { accountSid: new Sensitive(accountSid), authToken: new Sensitive(authToken) };
}

/** The header of a client of the vendor. */
export function authorizationOf(key: KeyFields): string {
  const user = (key.authToken ? key.accountSid : key.apiKeySid)?.reveal();
  const password = (key.authToken ?? key.apiKeySecret)?.reveal();
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

/** Sends a code as a login service would. */
export function sendMessage(
  sandbox: TwilioSandbox,
  key: KeyFields,
  form: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const body = { To: "+919876543210", From: "+15005550006", Body: "Your code is 482913", ...form };
  return fetch(`${sandbox.url}/2010-04-01/Accounts/${key.accountSid?.reveal()}/Messages.json`, {
    method: "POST",
    headers: { authorization: authorizationOf(key) },
    body: new URLSearchParams(body),
  });
}

function liveIds(sandbox: TwilioSandbox): readonly string[] {
  return sandbox.truth.keys().flatMap((key) => (key.endedAtMs === undefined ? [key.id] : []));
}

/** A base URL where somebody listened a moment ago, and nobody does now. */
async function closedUrl(): Promise<string> {
  const gone = await startTwilioSandbox();
  await gone.close();
  return gone.url;
}
