import type { KeyFields } from "../../../contract/secret-value.ts";
import { Sensitive } from "../../../contract/sensitive.ts";
import { Infobip } from "../../../core/providers/infobip.ts";
import {
  type InfobipSandbox,
  type InfobipSandboxOptions,
  startInfobipSandbox,
} from "../../../sandbox/infobip.ts";
import type { Party, ProviderHarness, Verb } from "./contract.ts";
import { FAULTS as COMMON_FAULTS } from "./startmessaging-harness.ts";

export interface InfobipHarness extends ProviderHarness {
  readonly sandbox: InfobipSandbox;
  readonly provider: Infobip;
}

const ROUTES: Partial<Record<Verb, string>> = {
  make: "create-key",
  list: "list-keys",
  settings: "get-key",
  revoke: "update-key",
  probe: "balance",
  listSends: "list-logs",
};

/** A 403 of something in between: the vendor's own words for one mean that a key works. */
const FAULTS: typeof COMMON_FAULTS = {
  ...COMMON_FAULTS,
  forbidden: { kind: "answer", status: 403, moment: "before", code: "BLOCKED", message: "by a firewall" },
};

export interface InfobipHarnessOptions extends InfobipSandboxOptions {
  /** How the admin credential signs in. @default "basic" */
  readonly admin?: "basic" | "oauth2";
}

/** The adapter against the sandbox. Waits are not slept. */
export async function startHarness(options: InfobipHarnessOptions = {}): Promise<InfobipHarness> {
  const { admin = "basic", ...sandboxOptions } = options;
  const sandbox = await startInfobipSandbox(sandboxOptions);
  const party = (): Party => {
    const account = sandbox.createAccount();
    const { id, apiKey } = sandbox.createKey(account);
    const { username, password, clientId, clientSecret } = account;
    const credential = fieldsOf(admin === "basic" ? { username, password } : { clientId, clientSecret });
    return { account: account.id, credential, key: fieldsOf({ apiKey }), keyId: id };
  };
  const [ours, stranger] = [party(), party()];
  const account = { id: ours.account };
  const settings = {
    allowedIPs: ["127.0.0.1", "203.0.113.5"],
    permissions: ["2FA_CLIENT"],
    platform: [],
    scopeGuids: ["account-management:manage", "sms:manage"],
  };
  const clock = options.now ? { now: options.now } : {};
  return {
    sandbox,
    provider: new Infobip({ baseUrl: sandbox.url, sleep: async () => undefined, ...clock }),
    unreachable: new Infobip({ baseUrl: await closedUrl(), sleep: async () => undefined }),
    ours,
    stranger,
    settings,
    addKeyWithSettings: () => sandbox.createKey(account, settings).id,
    addKeys: (count) => Array.from({ length: count }, () => sandbox.createKey(account).id),
    severalPages: 230,
    liveKeyIds: () => sandbox.truth.keys().flatMap((key) => (key.endedAtMs === undefined ? [key.id] : [])),
    fail: (verb, failure) => {
      sandbox.faults.clear();
      return sandbox.faults.add({ when: ({ route }) => route === ROUTES[verb], fault: FAULTS[failure] });
    },
    suspend: ({ account: id }) => sandbox.faults.suspend({ id }),
    expireAdmin: () => sandbox.faults.expireAdmin(account),
    severalPagesOfSends: 1_030,
    sentText: "482913",
    send: async (key) => {
      const response = await sendSms(sandbox, key);
      if (response.status !== 200) throw new Error(`the send got HTTP ${response.status}`);
    },
    onApplied: (listener) => {
      sandbox.onEvent(({ kind }) => {
        if (kind === "key-made" || kind === "key-ended") listener();
      });
    },
    close: () => sandbox.close(),
  };
}

async function closedUrl(): Promise<string> {
  const gone = await startInfobipSandbox();
  await gone.close();
  return gone.url;
}

export function fieldsOf(fields: Readonly<Record<string, string>>): KeyFields {
  return Object.fromEntries(Object.entries(fields).map(([name, text]) => [name, new Sensitive(text)]));
}

/** Sends a code as a login service would. */
export function sendSms(
  sandbox: InfobipSandbox,
  key: KeyFields,
  { to = "41793026727", text = "Your code is 482913." } = {},
): Promise<Response> {
  return fetch(`${sandbox.url}/sms/3/messages`, {
    method: "POST",
    headers: { authorization: `App ${key.apiKey?.reveal()}`, "content-type": "application/json" },
    body: JSON.stringify({
      messages: [{ sender: "InfoSMS", destinations: [{ to }], content: { text } }],
    }),
  });
}
