import {
  CreateSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Key, type KeyReport, keyFor } from "../../client/index.ts";
import { type EmbeddedAws, startEmbeddedAws } from "../../rehearsal/aws/embedded-aws.ts";
import { type StartMessagingSandbox, startStartMessagingSandbox } from "../../sandbox/startmessaging.ts";
import { NAME } from "./a-secret.ts";

let aws: EmbeddedAws;
let gateway: StartMessagingSandbox;
let client: SecretsManagerClient;

beforeAll(async () => {
  [aws, gateway] = await Promise.all([startEmbeddedAws(), startStartMessagingSandbox()]);
  client = new SecretsManagerClient(aws.clientConfig());
});

afterAll(async () => {
  client.destroy();
  await Promise.all([aws.close(), gateway.close()]);
});

it("sends on with the real SDK and a real gateway when the key is replaced and the old one revoked, sending nothing twice", async () => {
  const account = gateway.createAccount();
  const [first, second] = [gateway.createKey(account), gateway.createKey(account)];
  const text = ({ apiKey }: { readonly apiKey: string }) => JSON.stringify({ apiKey });
  const { ARN, VersionId } = await client.send(
    new CreateSecretCommand({ Name: NAME, SecretString: text(first) }),
  );
  let sent = 0;
  gateway.onEvent(({ kind }) => {
    if (kind === "send-accepted") sent++;
  });
  const reports: KeyReport[] = [];
  const report = (one: KeyReport) => reports.push(one);
  const handle = keyFor(ARN ?? "", { client, consumer: "login", report });
  // The vendor takes a few sends to one number, and each caller has its own.
  let number = 919876543210;
  const send = ({ apiKey = "" }: Key) =>
    fetch(`${gateway.url}/otp/send`, {
      method: "POST",
      headers: { "X-API-Key": apiKey, "Content-Type": "application/json" },
      body: JSON.stringify({ phoneNumber: `+${number++}`, variables: { otp: "123456" } }),
    });
  expect((await handle.use(send)).ok).toBe(true);
  const put = await client.send(new PutSecretValueCommand({ SecretId: NAME, SecretString: text(second) }));
  const headers = { "X-API-Key": second.apiKey };
  const revoked = await fetch(`${gateway.url}/api-keys/${first.id}`, { method: "DELETE", headers });
  expect(revoked.ok).toBe(true);
  const answers = await Promise.all(Array.from({ length: 20 }, () => handle.use(send)));
  expect(answers.every(({ ok }) => ok)).toBe(true);
  handle.flush();
  expect(reports).toMatchObject([
    { secret: NAME, version: VersionId, sends: 1, rejections: 20 },
    { secret: NAME, version: put.VersionId, sends: 20, rejections: 0 },
  ]);
  expect(sent).toBe(21);
});
