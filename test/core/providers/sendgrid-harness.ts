import type { KeyFields } from "../../../contract/secret-value.ts";
import { Sensitive } from "../../../contract/sensitive.ts";
import { SendGrid, type SendGridOptions } from "../../../core/providers/sendgrid.ts";
import {
  type SendGridSandbox,
  type SendGridSandboxOptions,
  startSendGridSandbox,
} from "../../../sandbox/sendgrid.ts";
import type { Party, ProviderHarness, Verb } from "./contract.ts";
import { FAULTS } from "./startmessaging-harness.ts";

export interface SendGridHarness extends ProviderHarness {
  readonly sandbox: SendGridSandbox;
  readonly provider: SendGrid;
}

const ROUTES: Partial<Record<Verb, string>> = {
  make: "create-key",
  list: "list-keys",
  settings: "get-key",
  revoke: "delete-key",
  probe: "scopes",
};

const MANAGE = ["api_keys.create", "api_keys.delete", "api_keys.read"];
/** What a key needs to rotate itself, to send, and to name its account. */
export const SCOPES = [...MANAGE, "mail.send", "user.username.read"];

/** The adapter against the sandbox. Waits are not slept. */
export async function startHarness(
  options: SendGridSandboxOptions & Pick<SendGridOptions, "account"> = {},
): Promise<SendGridHarness> {
  const { account: accountName, now } = options;
  const sandbox = await startSendGridSandbox(options);
  const more = {
    sleep: async () => {},
    ...(now ? { now } : {}),
    ...(accountName === undefined ? {} : { account: accountName }),
  };
  const party = (): Party => {
    const account = sandbox.createAccount();
    const { id, apiKey } = sandbox.createKey(account, { name: "made by hand" });
    return { account: account.id, credential: fieldsOf(apiKey), key: fieldsOf(apiKey), keyId: id };
  };
  const [ours, stranger] = [party(), party()];
  const settings = { scopes: [...MANAGE, "mail.batch.create", "mail.send"] };
  const fill = () => {
    const live = () =>
      sandbox.truth.keys().filter((key) => key.account === ours.account && key.endedAtMs === undefined);
    while (live().length < 100) sandbox.createKey({ id: ours.account });
  };
  return {
    sandbox,
    provider: new SendGrid({ baseUrl: sandbox.url, ...more }),
    unreachable: new SendGrid({ baseUrl: await closedUrl(), ...more }),
    ours,
    stranger,
    requiredSettings: { scopes: SCOPES },
    settings,
    // In another order, as the vendor's own may be.
    addKeyWithSettings: () =>
      sandbox.createKey({ id: ours.account }, { scopes: settings.scopes.toReversed() }).id,
    addKeys: (count) => Array.from({ length: count }, () => sandbox.createKey({ id: ours.account }).id),
    liveKeyIds: () => sandbox.truth.keys().flatMap((key) => (key.endedAtMs === undefined ? [key.id] : [])),
    fail: (verb, failure) => {
      sandbox.faults.clear();
      return sandbox.faults.add({ when: ({ route }) => route === ROUTES[verb], fault: FAULTS[failure] });
    },
    suspend: ({ account }) => sandbox.faults.suspend({ id: account }),
    fillList: fill,
    fillSlots: fill,
    severalPages: 99,
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
  const gone = await startSendGridSandbox();
  await gone.close();
  return gone.url;
}

export function fieldsOf(apiKey: string): KeyFields {
  return { apiKey: new Sensitive(apiKey) };
}
