import { expect, test } from "vitest";
import { Sensitive } from "../../contract/sensitive.ts";
import { ExampleSms } from "../../examples/provider/example-sms.ts";
import { startExampleSmsSandbox } from "../../examples/provider/example-sms-sandbox.ts";
import {
  describeKeyProvider,
  type Party,
  type ProviderHarness,
  type Verb,
} from "../core/providers/contract.ts";
import { FAULTS } from "../core/providers/startmessaging-harness.ts";

/** The fake's routes behind each verb: where a fault is to hit. */
const ROUTES: Partial<Record<Verb, string>> = {
  make: "create-key",
  list: "list-keys",
  revoke: "delete-key",
  probe: "account",
};

/** The adapter against its fake. Waits are not slept. */
async function startHarness(): Promise<ProviderHarness> {
  const sandbox = await startExampleSmsSandbox();
  const gone = await startExampleSmsSandbox();
  await gone.close();
  const sleep = async () => {};
  const party = (): Party => {
    const account = sandbox.createAccount();
    const { id, apiKey } = sandbox.createKey(account);
    const key = { apiKey: new Sensitive(apiKey) };
    return { account: account.id, credential: key, key, keyId: id };
  };
  const [ours, stranger] = [party(), party()];
  return {
    provider: new ExampleSms({ baseUrl: sandbox.url, sleep }),
    unreachable: new ExampleSms({ baseUrl: gone.url, sleep }),
    ours,
    stranger,
    addKeys: (count) => Array.from({ length: count }, () => sandbox.createKey({ id: ours.account }).id),
    severalPages: 120,
    liveKeyIds: () => sandbox.truth.keys().flatMap((key) => (key.endedAtMs === undefined ? [key.id] : [])),
    fail: (verb, failure) => {
      sandbox.faults.clear();
      return sandbox.faults.add({ when: ({ route }) => route === ROUTES[verb], fault: FAULTS[failure] });
    },
    suspend: ({ account }) => sandbox.faults.suspend({ id: account }),
    onApplied: (listener) => {
      sandbox.onEvent(({ kind }) => {
        if (kind === "key-made" || kind === "key-ended") listener();
      });
    },
    close: () => sandbox.close(),
  };
}

const { capabilities } = new ExampleSms({ baseUrl: "https://api.example.com" });
describeKeyProvider("example-sms", startHarness, capabilities);

test("a suspended account is not taken for a dead key", async () => {
  const { provider, ours, suspend, close } = await startHarness();
  const call = { signal: new AbortController().signal };
  suspend(ours);
  const answer = await provider.probe(ours.key, call);
  await close();
  expect(answer).toMatchObject({ kind: "unknown", because: expect.stringContaining("account_suspended") });
});
