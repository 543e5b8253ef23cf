import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { OutcomeUnknownError, ProviderRejectedError } from "../../../contract/errors.ts";
import type { Send } from "../../../core/cutover/ports.ts";
import { Infobip } from "../../../core/providers/infobip.ts";
import { print } from "./contract.ts";
import { fieldsOf } from "./infobip-harness.ts";

// As in the examples of the vendor's description: no fraction and no zone.
const FROM = "2026-04-14T08:00:00";
const FROM_MS = 1776153600000;
const TO_MS = 1807689600000;
const VALUE = "003026bbc133714df1834b8638bb496e-8f4b3d9a-e931-478d-a994-28a725159ab9";
const DAY_MS = 86_400_000;
const NOW_MS = FROM_MS + 1_234;

const call = { signal: new AbortController().signal };
const credential = fieldsOf({ clientId: "someone", clientSecret: "correct horse" });
const key = fieldsOf({ apiKey: VALUE });

/** What the vendor answers to each path: any shape, where the sandbox has only its own. */
let answers: Record<string, unknown>;
/** What was asked: method, path with query, and body. */
let asked: { line: string; body: string; authorization: string | undefined }[];
let provider: Infobip;
let close: () => void;

beforeEach(async () => {
  answers = { "POST /auth/1/oauth2/token": { access_token: "t0ken", expires_in: 60 } };
  asked = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const line = `${request.method} ${request.url}`;
    asked.push({ line, body, authorization: request.headers.authorization });
    const answer = answers[line] ?? answers[line.split("?")[0] ?? ""];
    response.statusCode = answer === undefined ? 404 : 200;
    response.end(JSON.stringify(answer ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  provider = new Infobip({ baseUrl, now: () => NOW_MS });
  close = () => {
    server.close();
    server.closeAllConnections();
  };
});
afterEach(() => close());

const nulls = {
  apiKeySecret: null,
  accountId: null,
  name: null,
  allowedIPs: null,
  validFrom: null,
  validTo: null,
  enabled: null,
  permissions: null,
  platform: null,
  scopeGuids: null,
};
const full = {
  apiKeySecret: VALUE,
  accountId: "A1",
  name: "n",
  allowedIPs: ["::1", "10.0.0.0/8"],
  validFrom: FROM,
  validTo: "2027-04-14T08:00:00",
  enabled: true,
  permissions: ["PUBLIC_API"],
  platform: [],
  scopeGuids: ["sms:manage", "2fa:manage"],
  region: { is: "new" },
};
const NO_SETTINGS = { allowedIPs: [], permissions: ["PUBLIC_API"], platform: [], scopeGuids: null };
const FULL_SETTINGS = {
  allowedIPs: ["10.0.0.0/8", "::1"],
  permissions: ["PUBLIC_API"],
  platform: [],
  scopeGuids: ["2fa:manage", "sms:manage"],
};

it.each([
  ["absent", {}, {}],
  ["null", nulls, { page: null, pageSize: null, totalCount: null, totalPages: null }],
])("lists keys whose optional fields are %s", async (_name, optional, paging) => {
  answers["GET /settings/2/api-keys"] = { apiKeys: [{ id: "k1", ...optional }], paging };
  const { account, complete, keys } = await provider.list(credential, call);
  expect({ account, complete }).toEqual({ account: "unknown", complete: true });
  expect(keys.map(({ is, ...fields }) => [fields, is(key)])).toEqual([[{ id: "k1" }, undefined]]);
});

it("lists keys with every field, and with fields that it has never heard of", async () => {
  const paging = {
    page: 0,
    pageSize: 100,
    totalCount: 1,
    totalPages: 1,
    orderBy: "id",
    orderDirection: "asc",
  };
  answers["GET /settings/2/api-keys"] = { apiKeys: [{ id: "k1", ...full }], paging, x: 1 };
  const { account, complete, keys } = await provider.list(credential, call);
  expect({ account, complete }).toEqual({ account: "A1", complete: true });
  expect(keys).toMatchObject([{ id: "k1", name: "n" }]);
  expect(keys[0]?.is(key)).toBe(true);
  expect(keys[0]?.is(fieldsOf({ apiKey: VALUE.replace("0", "1") }))).toBe(false);
});

it.each([{ paging: {} }, { apiKeys: null, paging: null }])("lists no keys (%j)", async (answer) => {
  answers["GET /settings/2/api-keys"] = answer;
  expect(await provider.list(credential, call)).toEqual({ account: "unknown", complete: true, keys: [] });
});

it("asks for enabled keys, a hundred a page, with the token and nothing else", async () => {
  answers["GET /settings/2/api-keys"] = { apiKeys: [{ id: "k1", accountId: "A1" }], paging: {} };
  await provider.list(credential, call);
  expect(asked).toEqual([
    {
      line: "POST /auth/1/oauth2/token",
      body: "client_id=someone&client_secret=correct+horse&grant_type=client_credentials",
      authorization: undefined,
    },
    {
      line: "GET /settings/2/api-keys?enabled=true&page=0&size=100",
      body: "",
      authorization: "Bearer t0ken",
    },
  ]);
});

it("says that a list proves no absence where a key went out of sight between two pages", async () => {
  const rows = (count: number, from: number) => {
    return Array.from({ length: count }, (_, index) => ({ id: `k${from + index}`, accountId: "A1" }));
  };
  const path = "GET /settings/2/api-keys?enabled=true";
  answers[`${path}&page=0&size=100`] = { apiKeys: rows(100, 0), paging: { totalCount: 150, totalPages: 2 } };
  answers[`${path}&page=1&size=100`] = { apiKeys: rows(48, 101), paging: { totalCount: 149, totalPages: 2 } };
  const { complete, keys } = await provider.list(credential, call);
  expect([complete, keys.length]).toEqual([false, 148]);
});

it("does not take the start of a key's validity for its birth, which anybody can choose", async () => {
  const apiKeys = [{ id: "k1", accountId: "A1", validFrom: FROM }];
  answers["GET /settings/2/api-keys"] = { apiKeys, paging: {} };
  const { keys } = await provider.list(credential, call);
  expect(keys[0]).not.toHaveProperty("createdAtMs");
});

it.each([
  ["absent", {}, NO_SETTINGS],
  ["null", nulls, NO_SETTINGS],
  ["empty", { ...nulls, allowedIPs: [], permissions: [], platform: [] }, NO_SETTINGS],
  ["present", full, FULL_SETTINGS],
  [
    "a platform",
    { ...nulls, platform: [{ key: "p", applicationId: "a", entityId: null, action: null }] },
    {
      ...NO_SETTINGS,
      permissions: [],
      platform: [{ applicationId: "a" }],
    },
  ],
])("reads settings that are %s", async (_name, optional, settings) => {
  answers["GET /settings/2/api-keys/k1"] = { id: "k1", ...optional };
  expect(await provider.settings({ credential, keyId: "k1" }, call)).toEqual(settings);
});

it.each([
  ["absent", {}, NOW_MS + 365 * DAY_MS, NO_SETTINGS],
  ["null", nulls, NOW_MS + 365 * DAY_MS, NO_SETTINGS],
  ["present", full, TO_MS, FULL_SETTINGS],
])("keeps a new key whose optional fields are %s", async (_name, optional, expiresAtMs, settings) => {
  answers["GET /settings/2/api-keys"] = { apiKeys: [{ id: "k0", accountId: "A1" }], paging: {} };
  answers["POST /settings/2/api-keys"] = { id: "k2", name: "x", ...optional, apiKeySecret: VALUE };
  const made = await provider.make({ credential, name: "x" }, call);
  expect(made).toMatchObject({ keyId: "k2", account: "A1", createdAtMs: NOW_MS, expiresAtMs, settings });
  expect(made.fields.apiKey?.reveal()).toBe(VALUE);
  expect(asked.at(-1)?.body).toBe('{"name":"x"}');
});

it.each([
  ["a value", { id: "k2", name: "x", accountId: "A1", secret: VALUE }, "apiKeySecret: invalid_type"],
  ["an id", { name: "x", accountId: "A1", apiKeySecret: VALUE }, "id: invalid_type"],
  ["an account that any key names", { id: "k2", apiKeySecret: VALUE }, "accountId: missing"],
])(
  "says that a key may exist where the answer is without %s, and quotes nothing of it",
  async (_name, answer, why) => {
    answers["GET /settings/2/api-keys"] = { apiKeys: [], paging: {} };
    answers["POST /settings/2/api-keys"] = answer;
    const error = await provider.make({ credential, name: "x" }, call).catch((thrown: Error) => thrown);
    expect(error).toBeInstanceOf(OutcomeUnknownError);
    expect(print(error)).toContain(why);
    expect(print(error)).not.toContain(VALUE);
  },
);

it.each([
  ["absent", {}, '{"enabled":false}'],
  ["null", { accountId: null, enabled: null }, '{"enabled":false}'],
  ["present", { accountId: "A1", enabled: true }, '{"accountId":"A1","enabled":false}'],
])("disables a key whose optional fields are %s", async (_name, optional, body) => {
  answers["GET /settings/2/api-keys/k1"] = { id: "k1", ...optional };
  answers["PUT /settings/2/api-keys/k1"] = { id: "k1", ...optional, enabled: false };
  await provider.revoke({ credential, keyId: "k1" }, call);
  expect(asked.at(-1)).toMatchObject({ line: "PUT /settings/2/api-keys/k1", body });
});

it("does not believe a yes that shows the key still enabled", async () => {
  answers["GET /settings/2/api-keys/k1"] = answers["PUT /settings/2/api-keys/k1"] = {
    id: "k1",
    enabled: true,
  };
  const given = provider.revoke({ credential, keyId: "k1" }, call);
  await expect(given).rejects.toBeInstanceOf(OutcomeUnknownError);
});

it.each([{}, { balance: null, currency: null }, { balance: 47.79, currency: "EUR" }])(
  "accepts a key that may see the balance %j",
  async (answer) => {
    answers["GET /account/1/balance"] = answer;
    expect(await provider.probe(key, call)).toEqual({ kind: "accepted" });
    expect(asked).toMatchObject([{ authorization: `App ${VALUE}` }]);
  },
);

it("does not take any page that answers 200 for a key that works", async () => {
  answers["GET /account/1/balance"] = ["welcome"];
  expect(await provider.probe(key, call)).toMatchObject({ kind: "unknown" });
});

it.each([
  ["absent", {}, { atMs: FROM_MS - DAY_MS }],
  [
    "null",
    { destination: null, sentAt: null, doneAt: null, messageCount: null, price: null },
    {
      atMs: FROM_MS - DAY_MS,
    },
  ],
  [
    "null in a price",
    { sentAt: null, doneAt: "2026-04-14T10:00:00.000+0200", price: { pricePerMessage: 1, currency: null } },
    {
      atMs: FROM_MS,
    },
  ],
  [
    "present",
    {
      destination: "41793026727",
      sentAt: "2026-04-14T10:00:00.000+0200",
      doneAt: "2026-04-14T10:00:01.000+0200",
      messageCount: 2,
      price: { pricePerMessage: 0.01, currency: "EUR" },
      content: { text: "482913" },
      mccMnc: "22801",
    },
    { atMs: FROM_MS, country: "CH", cost: { amount: 0.02, currency: "EUR" } },
  ],
])("lists a send whose optional fields are %s", async (_name, row, send) => {
  answers["GET /sms/3/logs"] = { results: [row] };
  const found: Send[] = [];
  const range = { sinceMs: FROM_MS - DAY_MS, untilMs: FROM_MS + 1 };
  for await (const page of provider.listSends({ credential: key, ...range }, call)) found.push(...page);
  expect(found.map(({ to: _, ...rest }) => rest)).toEqual([send]);
  expect(print(found)).not.toContain("482913");
  const query = new URLSearchParams(asked[0]?.line.split("?")[1]);
  expect(Object.fromEntries(query)).toEqual({
    sentSince: "2026-04-13T07:59:59.999+00:00",
    sentUntil: "2026-04-14T08:00:00.001+00:00",
    limit: "1000",
    useCursor: "true",
  });
});

it.each([
  {},
  { results: null, cursor: null },
  { results: [], cursor: { limit: 1000, nextCursor: null } },
  { results: [], cursor: { nextCursor: "again" } },
])("ends where there are no more sends (%j)", async (answer) => {
  answers["GET /sms/3/logs"] = answer;
  const pages: unknown[] = [];
  const range = { sinceMs: FROM_MS, untilMs: FROM_MS + 1 };
  for await (const page of provider.listSends({ credential: key, ...range }, call)) pages.push(page);
  expect(pages).toEqual([[]]);
});

it.each([
  ["absent", { access_token: "t0ken" }],
  ["null", { access_token: "t0ken", expires_in: null, token_type: null }],
])("keeps no token whose end is %s", async (_name, answer) => {
  answers["POST /auth/1/oauth2/token"] = answer;
  answers["GET /settings/2/api-keys"] = { apiKeys: [{ id: "k1", accountId: "A1" }], paging: {} };
  await provider.list(credential, call);
  await provider.list(credential, call);
  expect(asked.filter(({ line }) => line.includes("token"))).toHaveLength(2);
});

it("refuses to read a list of something else", async () => {
  answers["GET /settings/2/api-keys"] = { apiKeys: [{ id: "" }] };
  await expect(provider.list(credential, call)).rejects.toBeInstanceOf(ProviderRejectedError);
});
