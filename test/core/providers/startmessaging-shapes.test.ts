import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { OutcomeUnknownError, ProviderRejectedError } from "../../../contract/errors.ts";
import { StartMessaging } from "../../../core/providers/startmessaging.ts";
import { print } from "./contract.ts";
import { fieldsOf } from "./startmessaging-harness.ts";

const KEY = `sk_live_${"a1".repeat(20)}`;
const CREATED = "2026-04-14T08:00:00.000Z";
const CREATED_MS = 1776153600000;

const call = { signal: new AbortController().signal };
const credential = fieldsOf(KEY);

/** What the vendor answers to each path: any shape, where the sandbox has only its own. */
let answers: Record<string, unknown>;
let provider: StartMessaging;
let close: () => void;

beforeEach(async () => {
  answers = { "/wallet": { data: { userId: "u1" } } };
  const server = createServer((request, response) => {
    const path = `${request.method === "GET" ? "" : `${request.method} `}${request.url?.split("?")[0]}`;
    response.end(JSON.stringify(answers[path]));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  provider = new StartMessaging({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    now: () => 42,
  });
  close = () => {
    server.close();
    server.closeAllConnections();
  };
});
afterEach(() => close());

const nulls = {
  userId: null,
  label: null,
  keyHash: null,
  allowedIps: null,
  lastUsedAt: null,
  deletedAt: null,
};

it.each([
  ["absent", {}],
  ["null", nulls],
])("lists keys whose optional fields are %s", async (_name, optional) => {
  answers["/api-keys"] = { data: [{ id: "k1", createdAt: CREATED, ...optional }] };
  const { account, keys } = await provider.list(credential, call);
  expect(account).toBe("u1");
  expect(keys).toMatchObject([{ id: "k1", createdAtMs: CREATED_MS }]);
  expect(keys[0]).not.toHaveProperty("lastUsedAtMs");
  expect(keys[0]?.is(credential)).toBeUndefined();
});

it("lists keys with every field, and with fields that it has never heard of", async () => {
  const row = {
    id: "k1",
    userId: "u2",
    label: "l",
    allowedIps: ["::1"],
    isActive: true,
    keyPrefix: "p",
    updatedAt: 1,
  };
  answers["/api-keys"] = {
    data: [{ ...row, createdAt: CREATED, lastUsedAt: CREATED, region: { is: "new" } }],
    x: 1,
  };
  const { account, keys } = await provider.list(credential, call);
  expect(account).toBe("u2");
  expect(keys).toMatchObject([{ name: "l", lastUsedAtMs: CREATED_MS }]);
});

it("takes a key that is shown as deleted for gone", async () => {
  answers["/api-keys"] = { data: [{ id: "k1", userId: "u1", createdAt: CREATED, deletedAt: CREATED }] };
  expect((await provider.list(credential, call)).keys).toEqual([]);
});

it.each([
  ["absent", {}, 42],
  ["null", { createdAt: null, allowedIps: null, label: null }, 42],
  [
    "present",
    { createdAt: CREATED, allowedIps: null, label: "x", keyPrefix: "p", codeExamples: {} },
    CREATED_MS,
  ],
])("keeps a new key whose optional fields are %s", async (_name, optional, createdAtMs) => {
  answers["POST /api-keys"] = { data: { id: "k2", key: KEY, ...optional } };
  const made = await provider.make({ credential, name: "x", settings: {} }, call);
  expect(made).toMatchObject({ keyId: "k2", account: "u1", createdAtMs, settings: { allowedIps: null } });
});

it("says that a key may exist where the vendor answers without one, and quotes nothing of the answer", async () => {
  answers["POST /api-keys"] = { data: { id: "k2", apiKey: KEY } };
  const error = await provider
    .make({ credential, name: "x", settings: {} }, call)
    .catch((thrown: Error) => thrown);
  expect(error).toBeInstanceOf(OutcomeUnknownError);
  expect(print(error)).toContain("data.key: invalid_type");
  expect(print(error)).not.toContain(KEY);
});

it.each([
  ["no envelope", []],
  ["a key without id", { data: [{ createdAt: CREATED }] }],
  ["a time that is none", { data: [{ id: "k1", createdAt: "yesterday" }] }],
])("refuses to read a list with %s", async (_name, answer) => {
  answers["/api-keys"] = answer;
  await expect(provider.list(credential, call)).rejects.toThrow(
    /GET \/api-keys got HTTP 200 in a shape that is not/,
  );
});

it("does not take any page that answers 200 for a key that works", async () => {
  answers["/wallet"] = { welcome: "to the hotel's network" };
  expect(await provider.probe(credential, call)).toMatchObject({ kind: "unknown" });
});

it.each([null, "another-key"])(
  "proves nothing from sends where the vendor did not filter (%s)",
  async (apiKeyId) => {
    answers["/messages"] = { data: [{ createdAt: CREATED, apiKeyId }] };
    const given = provider.countSends({ credential, keyId: "k1", sinceMs: 0 }, call);
    await expect(given).rejects.toBeInstanceOf(ProviderRejectedError);
  },
);

it("counts sends that do not repeat the key which they were filtered by, and leaves out older ones", async () => {
  answers["/messages"] = {
    data: [{ createdAt: CREATED }, { createdAt: "2026-04-14T07:59:59.999Z", content: null }],
  };
  const use = await provider.countSends({ credential, keyId: "k1", sinceMs: CREATED_MS }, call);
  expect(use).toEqual({ count: 1, lastAtMs: CREATED_MS });
});
