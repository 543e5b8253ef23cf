import { createHash, createHmac } from "node:crypto";
import { IAMClient } from "@aws-sdk/client-iam";
import { STSClient } from "@aws-sdk/client-sts";
import type { KeyFields } from "../../../contract/secret-value.ts";
import { Sensitive } from "../../../contract/sensitive.ts";
import { AwsIam } from "../../../core/providers/aws-iam.ts";
import {
  type AwsIamSandbox,
  type AwsIamSandboxOptions,
  startAwsIamSandbox,
} from "../../../sandbox/aws-iam.ts";
import type { Party, ProviderHarness, Verb } from "./contract.ts";
import { FAULTS } from "./startmessaging-harness.ts";

export const USER = "otp-sender";

export interface AwsIamHarness extends ProviderHarness {
  readonly sandbox: AwsIamSandbox;
  readonly provider: AwsIam;
}

const ROUTES: Partial<Record<Verb, string>> = {
  make: "create-key",
  list: "list-keys",
  revoke: "update-key",
  remove: "delete-key",
  probe: "caller-identity",
};

/** The adapter, with the real SDK, against the sandbox. */
export async function startHarness(options: AwsIamSandboxOptions = {}): Promise<AwsIamHarness> {
  const sandbox = await startAwsIamSandbox(options);
  const party = () => {
    const { id: account, ...role } = sandbox.createAccount();
    const { id: keyId, accessKeyId, secretAccessKey } = sandbox.createKey({ id: account });
    const made: Party = { account, credential: {}, key: fieldsOf({ accessKeyId, secretAccessKey }), keyId };
    return { ...made, role };
  };
  const [{ role, ...ours }, { role: _, ...stranger }] = [party(), party()];
  return {
    sandbox,
    provider: awsIamAt(sandbox.url, role),
    unreachable: awsIamAt(await closedUrl(), role),
    ours,
    stranger,
    liveKeyIds: () => sandbox.truth.keys().flatMap((key) => (key.endedAtMs === undefined ? [key.id] : [])),
    fail: (verb, failure) => {
      sandbox.faults.clear();
      return sandbox.faults.add({ when: ({ route }) => route === ROUTES[verb], fault: FAULTS[failure] });
    },
    suspend: ({ account: id }) => sandbox.faults.suspend({ id }),
    fillSlots: () => {
      sandbox.createKey({ id: ours.account });
    },
    onApplied: (listener) => {
      sandbox.onEvent(({ kind }) => {
        if (kind === "key-made" || kind === "key-ended") listener();
      });
    },
    close: () => sandbox.close(),
  };
}

/** The adapter with a role's credential, and all of AWS at one address. */
export function awsIamAt(
  endpoint: string,
  credentials: { readonly accessKeyId: string; readonly secretAccessKey: string },
  userName = USER,
): AwsIam {
  const common = { endpoint, region: "ap-south-1" };
  return new AwsIam({
    userName,
    iam: (maxAttempts) =>
      new IAMClient({ ...common, credentials, retryStrategy: withoutPauses(maxAttempts) }),
    sts: (key = credentials) =>
      new STSClient({ ...common, credentials: key, retryStrategy: withoutPauses(3) }),
  });
}

/** Retries as the SDK does, at once. */
function withoutPauses(maxAttempts: number) {
  const tokenOf = (count: number) => ({ getRetryCount: () => count, getRetryDelay: () => 0 });
  return {
    acquireInitialRetryToken: async () => tokenOf(0),
    refreshRetryTokenForRetry: async (token: { getRetryCount(): number }, error: { errorType: string }) => {
      const count = token.getRetryCount() + 1;
      if (count >= maxAttempts || error.errorType === "CLIENT_ERROR") throw new Error("no more attempts");
      return tokenOf(count);
    },
    recordSuccess: () => undefined,
  };
}

async function closedUrl(): Promise<string> {
  const gone = await startAwsIamSandbox();
  await gone.close();
  return gone.url;
}

export function fieldsOf(fields: Readonly<Record<string, string>>): KeyFields {
  return Object.fromEntries(Object.entries(fields).map(([name, text]) => [name, new Sensitive(text)]));
}

/** Sends a code through SNS as a login service would, signed by hand: no SDK of SNS is at hand here. */
export function publishSms(
  sandbox: AwsIamSandbox,
  key: KeyFields,
  form: Record<string, string> = {},
): Promise<Response> {
  const body = new URLSearchParams({
    Action: "Publish",
    Version: "2010-03-31",
    PhoneNumber: "+919876543210",
    Message: "Your code is 482913.",
    ...form,
  }).toString();
  return fetch(sandbox.url, {
    method: "POST",
    body,
    headers: signed(sandbox.url, { key, body, service: "sns" }),
  });
}

/** The headers of a request that is signed with Signature Version 4. */
export function signed(
  url: string,
  { key, body, service }: { readonly key: KeyFields; readonly body: string; readonly service: string },
): Record<string, string> {
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const hmac = (secret: string | Buffer, text: string) => createHmac("sha256", secret).update(text).digest();
  const time = "20260414T080000Z";
  const type = "application/x-www-form-urlencoded";
  const headers = `content-type:${type}\nhost:${new URL(url).host}\nx-amz-date:${time}\n`;
  const names = "content-type;host;x-amz-date";
  const scope = `20260414/ap-south-1/${service}/aws4_request`;
  const canonical = ["POST", "/", "", headers, names, sha256(body)].join("\n");
  const text = ["AWS4-HMAC-SHA256", time, scope, sha256(canonical)].join("\n");
  const secret = `AWS4${key.secretAccessKey?.reveal()}`;
  const signing = ["20260414", "ap-south-1", service, "aws4_request"].reduce<string | Buffer>(hmac, secret);
  const signature = hmac(signing, text).toString("hex");
  const authorization = `AWS4-HMAC-SHA256 Credential=${key.accessKeyId?.reveal()}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  return { "content-type": type, "x-amz-date": time, authorization };
}
