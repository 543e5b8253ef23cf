import { inspect } from "node:util";
import { expect, test } from "vitest";
import { ConfigError } from "../../contract/errors.ts";
import { formatSecretValue, parseSecretValue } from "../../contract/secret-value.ts";
import { Sensitive } from "../../contract/sensitive.ts";

const JSON_SHAPE = { value: "json", fields: undefined } as const;
const MATERIAL = "sm_live_recognisable_key_material";

function parse(
  text: string,
  shape: Parameters<typeof formatSecretValue>[1] = JSON_SHAPE,
  fieldNames = ["apiKey"],
) {
  return parseSecretValue(text, { fieldNames, shape, where: "version v1 of prod/otp" });
}

test("reads a key, and whose it is", () => {
  const key = parse(
    JSON.stringify({
      apiKey: MATERIAL,
      keyId: "k1",
      provider: "startmessaging",
      account: "A",
      createdAt: "2026-04-14T08:00:00.000Z",
    }),
  );
  expect(key.fields.apiKey?.reveal()).toBe(MATERIAL);
  expect(key).toMatchObject({
    keyId: "k1",
    provider: "startmessaging",
    account: "A",
    createdAtMs: Date.UTC(2026, 3, 14, 8),
  });
});

test("keeps what consumers have put beside the key, in every later version", () => {
  const old = parse(JSON.stringify({ apiKey: MATERIAL, senderId: "ACME", limits: { perDay: 3 } }));
  const next = {
    fields: { apiKey: new Sensitive("new") },
    keyId: "k2",
    ...(old.extras ? { extras: old.extras } : {}),
  };
  expect(JSON.parse(formatSecretValue(next, JSON_SHAPE).reveal())).toEqual({
    apiKey: "new",
    keyId: "k2",
    senderId: "ACME",
    limits: { perDay: 3 },
  });
});

test("uses the consumers' names for the provider's fields", () => {
  const shape = { value: "json", fields: { apiKey: "SM_KEY" } } as const;
  const key = parse(JSON.stringify({ SM_KEY: MATERIAL, apiKey: "something else" }), shape);
  expect(key.fields.apiKey?.reveal()).toBe(MATERIAL);
  expect(JSON.parse(formatSecretValue(key, shape).reveal())).toEqual({
    SM_KEY: MATERIAL,
    apiKey: "something else",
  });
});

test("keeps a raw string a raw string", () => {
  const shape = { value: "raw", fields: undefined } as const;
  const key = parse(MATERIAL, shape);
  expect(formatSecretValue({ ...key, keyId: "k1" }, shape).reveal()).toBe(MATERIAL);
});

test.each([
  [
    "text that is not JSON",
    MATERIAL,
    /is not a JSON object. Put the key as JSON, or set "value": "raw" in the policy/,
  ],
  ["a list", `["${MATERIAL}"]`, /is not a JSON object/],
  [
    "a missing field",
    JSON.stringify({ key: MATERIAL }),
    /apiKey: is not a text. Put the key under this name, or map/,
  ],
  [
    "an id that is no text",
    JSON.stringify({ apiKey: MATERIAL, keyId: 7 }),
    /keyId: is not as dualkey writes it/,
  ],
])("says what to do about %s, and never shows it", (_, text, message) => {
  try {
    parse(text);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toMatch(message);
    expect(inspect(error, { depth: 9 })).not.toContain(MATERIAL);
  }
});

test("refuses a raw string for a key of two fields", () => {
  expect(() => parse("x", { value: "raw", fields: undefined }, ["publicKey", "secretKey"])).toThrow(
    /holds one field/,
  );
});

test("never shows a key, however it is printed", () => {
  const key = parse(JSON.stringify({ apiKey: MATERIAL, webhookSecret: MATERIAL }));
  for (const text of [
    inspect(key, { depth: 9, showHidden: true }),
    JSON.stringify(key),
    `${key.fields.apiKey}`,
  ]) {
    expect(text).not.toContain(MATERIAL);
  }
});
