import { afterEach, beforeEach, expect, it } from "vitest";
import { OutcomeUnknownError, ProviderRejectedError } from "../../../contract/errors.ts";
import type { Send } from "../../../core/cutover/ports.ts";
import { TwilioApiKey } from "../../../core/providers/twilio-api-key.ts";
import { TwilioAuthToken } from "../../../core/providers/twilio-auth-token.ts";
import { print } from "./contract.ts";
import { keyOf, POLICY, tokenOf, urlsOf } from "./twilio-harness.ts";
import { NOT_FOUND, type Stub, startStub } from "./twilio-stub.ts";

/** The answers of the vendor's description (twilio/twilio-oai), each field of which may be absent or null. */

const AC = `AC${"a".repeat(32)}`;
const [SK, SK2] = [`SK${"a".repeat(32)}`, `SK${"b".repeat(32)}`];
const SECRET = "s".repeat(32);
const IN_2010 = `/2010-04-01/Accounts/${AC}`;
const TIME = "Mon, 13 Jun 2016 22:50:08 +0000";
const TIME_MS = 1465858208000;
const ROW = { sid: SK, friendly_name: "foo", date_created: TIME, date_updated: TIME, flags: ["rest_api"] };

const call = { signal: new AbortController().signal };
const credential = tokenOf({ accountSid: AC, authToken: "t".repeat(32) });
const key = keyOf({ accountSid: AC, apiKeySid: SK, apiKeySecret: SECRET });

let stub: Stub;
let keys: TwilioApiKey;
let tokens: TwilioAuthToken;

beforeEach(async () => {
  stub = await startStub();
  const options = { urls: urlsOf(stub.url), now: () => 42, sleep: async () => {} };
  keys = new TwilioApiKey(options);
  tokens = new TwilioAuthToken(options);
});
afterEach(() => stub.close());

const make = (settings?: object) =>
  keys.make({ credential, name: "n", ...(settings ? { settings: { ...settings } } : {}) }, call);
const settings = () => keys.settings({ credential, keyId: SK }, call);
const sends = async () => {
  const found: Send[] = [];
  const request = { credential: key, sinceMs: TIME_MS + 500, untilMs: TIME_MS + 60_000 };
  for await (const page of keys.listSends(request, call)) found.push(...page);
  return found;
};

it("lists keys with every field, from either API", async () => {
  const expected = { id: SK, name: "foo", createdAtMs: TIME_MS };
  stub.answers["GET /v1/Keys"] = {
    body: { keys: [ROW], meta: { next_page_url: null, key: "keys", page: 0 } },
  };
  expect(await keys.list(credential, call)).toMatchObject({ account: AC, complete: true, keys: [expected] });
  expect(stub.asked[0]?.query).toEqual({ AccountSid: AC, PageSize: "1000" });
  stub.answers["GET /v1/Keys"] = undefined;
  stub.answers[`GET ${IN_2010}/Keys.json`] = { body: { keys: [ROW], next_page_uri: null, page: 0, end: 0 } };
  expect(await keys.list(credential, call)).toMatchObject({ account: AC, complete: true, keys: [expected] });
  expect(stub.asked.at(-1)?.query).toEqual({ PageSize: "1000" });
});

it.each([
  ["absent", {}],
  ["null", { friendly_name: null, date_created: null, date_updated: null, flags: null }],
])("lists keys whose optional fields are %s", async (_name, optional) => {
  stub.answers["GET /v1/Keys"] = {
    body: { keys: [{ sid: SK, ...optional }], meta: { next_page_url: null } },
  };
  const { complete, keys: listed } = await keys.list(credential, call);
  expect(complete).toBe(true);
  expect(listed.map(({ id, name, createdAtMs }) => [id, name, createdAtMs])).toEqual([
    [SK, undefined, undefined],
  ]);
});

it.each([
  ["a row without a SID", { keys: [ROW, { friendly_name: "x" }], meta: { next_page_url: null } }],
  ["a row whose SID is null", { keys: [ROW, { ...ROW, sid: null }], meta: { next_page_url: null } }],
  ["nothing of a next page", { keys: [ROW], meta: {} }],
  ["no meta", { keys: [ROW], meta: null }],
])("does not count a list as complete that has %s", async (_name, body) => {
  stub.answers["GET /v1/Keys"] = { body };
  const { complete, keys: listed } = await keys.list(credential, call);
  expect([complete, listed.map(({ id }) => id)]).toEqual([false, [SK]]);
});

it.each([[{}], [{ keys: null }], [[]], ["ok"]])("does not take %j for a list without keys", async (body) => {
  stub.answers["GET /v1/Keys"] = { body };
  await expect(keys.list(credential, call)).rejects.toBeInstanceOf(ProviderRejectedError);
});

it("takes nothing but the query from a link to the next page, and no other account from it", async () => {
  const elsewhere = await startStub();
  const link = `${elsewhere.url}/v1/Keys?AccountSid=AC${"f".repeat(32)}&PageSize=1000&Page=1&PageToken=P1`;
  stub.answers["GET /v1/Keys"] = { body: { keys: [ROW], meta: { next_page_url: link } } };
  const last = { keys: [{ ...ROW, sid: SK2 }], meta: { next_page_url: null } };
  stub.answers["GET /v1/Keys P1"] = { body: last };
  const { keys: listed } = await keys.list(credential, call);
  expect(listed.map(({ id }) => id)).toEqual([SK, SK2]);
  expect(stub.asked[1]?.query).toEqual({ AccountSid: AC, PageSize: "1000", Page: "1", PageToken: "P1" });
  expect(elsewhere.asked).toEqual([]);
  elsewhere.close();
});

it("does not read the same page for ever", async () => {
  const meta = { next_page_url: `${stub.url}/v1/Keys?PageToken=P1` };
  stub.answers["GET /v1/Keys"] = { body: { keys: [ROW], meta } };
  stub.answers["GET /v1/Keys P1"] = { body: { keys: [ROW], meta } };
  await expect(keys.list(credential, call)).rejects.toThrow(/read already/);
  expect(stub.asked).toHaveLength(2);
});

it.each([
  [{ ...ROW, policy: null }, { policy: null }],
  [{ policy: null }, { policy: null }],
  [{ ...ROW, policy: POLICY }, { policy: POLICY }],
  [{ policy: { allow: POLICY.allow.toReversed(), deny: [] } }, { policy: { ...POLICY, deny: [] } }],
])("reads what the key of %j may do, whatever the order", async (body, expected) => {
  stub.answers[`GET /v1/Keys/${SK}`] = { body };
  expect(await settings()).toEqual(expected);
});

it.each([[ROW], [{}], [{ ...ROW, policy: "all" }]])(
  "does not take a key for a standard one whose answer is %j",
  async (body) => {
    stub.answers[`GET /v1/Keys/${SK}`] = { body };
    const told = new TwilioApiKey({ urls: urlsOf(stub.url), keyType: "standard" });
    const error = await told.settings({ credential, keyId: SK }, call).catch((reason: Error) => reason);
    expect(error).toBeInstanceOf(ProviderRejectedError);
    expect(print(error)).toMatch(/policy/);
  },
);

it("sends what the vendor's description asks for, and no more", async () => {
  const body = { sid: SK, secret: SECRET, policy: POLICY };
  stub.answers["POST /v1/Keys"] = { status: 201, body };
  await make({ policy: POLICY });
  await make({ policy: null });
  stub.answers["POST /v1/Keys"] = NOT_FOUND;
  stub.answers[`POST ${IN_2010}/Keys.json`] = { status: 201, body: { ...ROW, secret: SECRET } };
  await make({ policy: null });
  const form = { AccountSid: AC, FriendlyName: "n" };
  expect(stub.asked.map((request) => request.form)).toEqual([
    { ...form, KeyType: "restricted", Policy: JSON.stringify(POLICY) },
    form,
    form,
    { FriendlyName: "n" },
  ]);
  const types = new Set(stub.asked.map(({ headers }) => headers["content-type"]));
  expect([...types]).toEqual(["application/x-www-form-urlencoded"]);
});

it.each([
  ["absent", {}, 42],
  ["null", { friendly_name: null, date_created: null, date_updated: null, policy: null }, 42],
  ["present", { ...ROW, policy: null }, TIME_MS],
])("reads a new key whose optional fields are %s", async (_name, optional, createdAtMs) => {
  stub.answers["POST /v1/Keys"] = { status: 201, body: { ...optional, sid: SK, secret: SECRET } };
  const made = await make({ policy: null });
  expect(made).toMatchObject({ keyId: SK, account: AC, createdAtMs, settings: { policy: null } });
  expect(made.fields.apiKeySecret?.reveal()).toBe(SECRET);
});

it.each([[{}], [{ policy: null }], [{ policy: { allow: [] } }]])(
  "shows that a key was not made with the policy that was asked for: %j",
  async (optional) => {
    stub.answers["POST /v1/Keys"] = { status: 201, body: { sid: SK, secret: SECRET, ...optional } };
    const asked = await make({ policy: POLICY });
    const restriction = POLICY;
    const first = new TwilioApiKey({ urls: urlsOf(stub.url), restriction });
    const made = await first.make({ credential, name: "n" }, call);
    for (const { settings: given } of [asked, made]) expect(given).toEqual({ policy: null, ...optional });
  },
);

it.each([
  [{ sid: SK }],
  [{ sid: SK, secret: null }],
  [{ secret: SECRET }],
  [{ sid: "../x", secret: SECRET }],
  [[]],
])("says that the outcome is unknown where a new key is answered with %j", async (body) => {
  stub.answers["POST /v1/Keys"] = { status: 201, body };
  const error = await make().catch((reason: Error) => reason);
  expect(error).toBeInstanceOf(OutcomeUnknownError);
  expect(print(error)).not.toContain(SECRET);
});

it("does not take a key for gone because of an answer that is none of the vendor's", async () => {
  stub.answers["GET /v1/Keys"] = { body: "welcome" };
  await expect(keys.revoke({ credential, keyId: SK }, call)).rejects.toBeInstanceOf(ProviderRejectedError);
});

const MESSAGE = {
  account_sid: AC,
  body: "Your code is 482913",
  direction: "outbound-api",
  to: "+18182008801",
  from: "+12019235161",
  date_created: TIME,
  date_sent: "Mon, 13 Jun 2016 22:50:10 +0000",
  price: "-0.00750",
  price_unit: "usd",
};

it.each([
  ["everything", MESSAGE, { atMs: TIME_MS + 2000, country: "US", cost: { amount: 0.0075, currency: "USD" } }],
  ["a channel", { ...MESSAGE, to: "whatsapp:+919876543210" }, { atMs: TIME_MS + 2000, country: "IN" }],
  ["no time of sending", { ...MESSAGE, date_sent: null, price: null, price_unit: null }, { atMs: TIME_MS }],
  ["no time", { direction: "outbound-reply" }, { atMs: TIME_MS }],
  ["nothing", {}, { atMs: TIME_MS }],
  ["nulls", Object.fromEntries(Object.keys(MESSAGE).map((name) => [name, null])), { atMs: TIME_MS }],
])("reads a message with %s, and never its text", async (_name, row, expected) => {
  stub.answers[`GET ${IN_2010}/Messages.json`] = { body: { messages: [row], next_page_uri: null } };
  const found = await sends();
  expect(found).toMatchObject([expected]);
  expect(found[0]?.to === undefined).toBe(!("to" in row) || row.to === null);
  expect(print(found)).not.toMatch(/482913|8182008801|9876543210/);
});

it("leaves out what the account received, and what was sent at another time", async () => {
  const [inbound, later] = ["inbound", "outbound-api"].map((direction) => ({ ...MESSAGE, direction }));
  const messages = [inbound, { ...later, date_sent: "Mon, 13 Jun 2016 22:51:09 +0000" }];
  stub.answers[`GET ${IN_2010}/Messages.json`] = { body: { messages } };
  expect(await sends()).toEqual([]);
  expect(stub.asked[0]?.query).toEqual({
    "DateSent>": "2016-06-13T22:50:08Z",
    "DateSent<": "2016-06-13T22:51:08Z",
    PageSize: "300",
  });
});

it("reads messages page by page, and asks nobody else for them", async () => {
  const link = `https://elsewhere.example${IN_2010}/Messages.json?PageSize=300&Page=1&PageToken=P1`;
  stub.answers[`GET ${IN_2010}/Messages.json`] = { body: { messages: [MESSAGE], next_page_uri: link } };
  stub.answers[`GET ${IN_2010}/Messages.json P1`] = { body: { messages: [MESSAGE], next_page_uri: null } };
  expect(await sends()).toHaveLength(2);
});

it.each([[{}], [{ messages: null }], [[]], ["ok"]])("does not take %j for a key that works", async (body) => {
  stub.answers[`GET ${IN_2010}/Messages.json`] = { body };
  expect(await keys.probe(key, call)).toMatchObject({ kind: "unknown" });
});

it.each([
  ["absent", {}, 42],
  ["null", { account_sid: null, date_created: null, date_updated: null, url: null }, 42],
  [
    "present",
    { account_sid: AC, date_created: "2015-07-31T04:00:00Z", url: "https://x.example" },
    1438315200000,
  ],
])("reads a secondary token whose optional fields are %s", async (_name, optional, createdAtMs) => {
  const body = { ...optional, secondary_auth_token: SECRET };
  stub.answers["POST /v1/AuthTokens/Secondary"] = { status: 201, body };
  const made = await tokens.make({ credential, name: "" }, call);
  expect(made).toMatchObject({ account: AC, createdAtMs });
  expect(made.fields.authToken?.reveal()).toBe(SECRET);
  expect(stub.asked[0]).toMatchObject({ form: {} });
  expect(stub.asked[0]?.headers).not.toHaveProperty("content-type");
});

it.each([
  [{}],
  [{ secondary_auth_token: null }],
  [{ secondary_auth_token: SECRET, account_sid: `AC${"b".repeat(32)}` }],
])("says that the outcome is unknown where a secondary token is answered with %j", async (body) => {
  stub.answers["POST /v1/AuthTokens/Secondary"] = { status: 201, body };
  const error = await tokens.make({ credential, name: "" }, call).catch((reason: Error) => reason);
  expect(error).toBeInstanceOf(OutcomeUnknownError);
  expect(print(error)).not.toContain(SECRET);
});

it.each([[{}], [{ account_sid: null, auth_token: null }], [{ account_sid: AC, auth_token: SECRET }]])(
  "takes a promotion that is answered with %j for done",
  async (body) => {
    stub.answers["POST /v1/AuthTokens/Promote"] = { body };
    expect(await tokens.replace({ credential }, call)).toBeUndefined();
  },
);
