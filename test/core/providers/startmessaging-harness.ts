import { createHash } from "node:crypto";
import type { KeyFields } from "../../../contract/secret-value.ts";
import { Sensitive } from "../../../contract/sensitive.ts";
import { StartMessaging } from "../../../core/providers/startmessaging.ts";
import {
  type Fault,
  type StartMessagingSandbox,
  type StartMessagingSandboxOptions,
  startStartMessagingSandbox,
} from "../../../sandbox/startmessaging.ts";
import type { Failure, Party, ProviderHarness, Verb } from "./contract.ts";

export interface StartMessagingHarness extends ProviderHarness {
  readonly sandbox: StartMessagingSandbox;
  readonly provider: StartMessaging;
  /** Milliseconds of each pause that the adapter asked for. */
  readonly pauses: number[];
}

const ROUTES: Partial<Record<Verb, string>> = {
  make: "create-key",
  list: "list-keys",
  settings: "list-keys",
  revoke: "delete-key",
  probe: "wallet",
  countSends: "list-messages",
  listSends: "list-messages",
};

export const FAULTS: Record<Failure, Fault> = {
  "server-error-before": { kind: "answer", status: 500, moment: "before" },
  "server-error-after": { kind: "answer", status: 502, moment: "after" },
  "dropped-before": { kind: "drop", moment: "before" },
  "dropped-after": { kind: "drop", moment: "after" },
  "no-answer-after": { kind: "hang", moment: "after" },
  throttled: { kind: "throttle", retryAfterSeconds: 1 },
  forbidden: { kind: "answer", status: 403, moment: "before", message: "KYC submission required" },
  "not-json": { kind: "garble" },
};

/** The adapter against the sandbox gateway. Waits are recorded, not slept. */
export async function startHarness(
  options: StartMessagingSandboxOptions = {},
): Promise<StartMessagingHarness> {
  const sandbox = await startStartMessagingSandbox(options);
  const pauses: number[] = [];
  const sleep = async (ms: number) => {
    pauses.push(ms);
  };
  const party = (): Party => {
    const account = sandbox.createAccount();
    const { id, apiKey } = sandbox.createKey(account, { label: "made by hand" });
    return { account: account.id, credential: fieldsOf(apiKey), key: fieldsOf(apiKey), keyId: id };
  };
  const [ours, stranger] = [party(), party()];
  const allowedIps = ["127.0.0.1", "203.0.113.5"];
  sandbox.throttles.otpsPerNumberPer5Minutes = Number.POSITIVE_INFINITY;
  return {
    sandbox,
    provider: new StartMessaging({ baseUrl: sandbox.url, sleep }),
    unreachable: new StartMessaging({ baseUrl: await closedUrl(), sleep }),
    pauses,
    ours,
    stranger,
    settings: { allowedIps },
    addKeyWithSettings: () => sandbox.createKey({ id: ours.account }, { allowedIps }).id,
    addKeys: (count) => Array.from({ length: count }, () => sandbox.createKey({ id: ours.account }).id),
    liveKeyIds: () => sandbox.truth.keys().flatMap((key) => (key.endedAtMs === undefined ? [key.id] : [])),
    fail: (verb, failure) => {
      sandbox.faults.clear();
      return sandbox.faults.add({ when: ({ route }) => route === ROUTES[verb], fault: FAULTS[failure] });
    },
    suspend: ({ account }) => sandbox.faults.suspend({ id: account }),
    fillList: () => {
      while (sandbox.truth.keys().filter((key) => key.account === ours.account).length < 100) {
        sandbox.createKey({ id: ours.account });
      }
    },
    severalPagesOfSends: 130,
    sentText: "482913",
    send: async (key) => {
      const response = await sendOtp(sandbox, key);
      if (response.status !== 201) throw new Error(`the send got HTTP ${response.status}`);
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
  const gone = await startStartMessagingSandbox();
  await gone.close();
  return gone.url;
}

export function fieldsOf(apiKey: string): KeyFields {
  return { apiKey: new Sensitive(apiKey) };
}

export function hashOf({ apiKey }: KeyFields): string {
  return createHash("sha256")
    .update(apiKey?.reveal() ?? "")
    .digest("hex");
}

/** Sends a code as a login service would. */
export function sendOtp(
  sandbox: StartMessagingSandbox,
  key: KeyFields,
  body: object = {},
): Promise<Response> {
  return fetch(`${sandbox.url}/otp/send`, {
    method: "POST",
    headers: { "x-api-key": key.apiKey?.reveal() ?? "", "content-type": "application/json" },
    body: JSON.stringify({ phoneNumber: "+919876543210", variables: { otp: "482913" }, ...body }),
  });
}
