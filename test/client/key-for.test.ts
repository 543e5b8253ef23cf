import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, expect, test } from "vitest";
import { keyFor } from "../../client/index.ts";

const secrets = mockClient(SecretsManagerClient);
const MATERIAL = "sm_live_recognisable_key_material";

beforeEach(() => {
  secrets.reset();
  secrets
    .on(GetSecretValueCommand)
    .resolves({ SecretString: JSON.stringify({ apiKey: MATERIAL, keyId: "k1", n: 1 }) });
});

function aClient() {
  return new SecretsManagerClient({ region: "eu-west-1" });
}

test("reads the key once for any number of callers", async () => {
  const handle = keyFor("prod/otp", { client: aClient() });
  const keys = await Promise.all(Array.from({ length: 100 }, () => handle.get()));
  expect(keys[99]).toEqual({ apiKey: MATERIAL, keyId: "k1" });
  expect(secrets.commandCalls(GetSecretValueCommand)).toHaveLength(1);
});

test("reads again when the cache's time is over, and not before", async () => {
  let now = 0;
  const handle = keyFor("prod/otp", { client: aClient(), cacheSeconds: 60, now: () => now });
  await handle.get();
  now = 59_999;
  await handle.get();
  expect(secrets.calls()).toHaveLength(1);
  now = 60_000;
  await handle.get();
  expect(secrets.calls()).toHaveLength(2);
});

test("does not keep a failure", async () => {
  const value = { SecretString: JSON.stringify({ apiKey: MATERIAL }) };
  secrets.on(GetSecretValueCommand).rejectsOnce(new Error("throttled")).resolves(value);
  const handle = keyFor("prod/otp", { client: aClient() });
  await expect(handle.get()).rejects.toThrow("throttled");
  await expect(handle.get()).resolves.toHaveProperty("apiKey");
});

test.each([MATERIAL, `["${MATERIAL}"]`, undefined])(
  "says what to do about a value that is no JSON object, without showing it",
  async (SecretString) => {
    secrets.on(GetSecretValueCommand).resolves(SecretString === undefined ? {} : { SecretString });
    const failure = await keyFor("prod/otp", { client: aClient() }).get().catch(String);
    expect(failure).toMatch(/prod\/otp is not a JSON object of texts/);
    expect(failure).not.toContain(MATERIAL);
  },
);

test("refuses a cache time that is none", () => {
  expect(() => keyFor("prod/otp", { cacheSeconds: Number.NaN })).toThrow(
    /cacheSeconds is NaN. Use 0 or more/,
  );
});
