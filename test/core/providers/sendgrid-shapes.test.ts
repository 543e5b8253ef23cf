import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { OutcomeUnknownError, ProviderRejectedError } from "../../../contract/errors.ts";
import { SendGrid } from "../../../core/providers/sendgrid.ts";
import { print } from "./contract.ts";
import { fieldsOf } from "./sendgrid-harness.ts";

const KEY = `SG.k1.${"a1".repeat(20)}`;
const NEW_KEY = `SG.k2.${"b2".repeat(20)}`;
const KEYS = "/v3/api_keys";

const call = { signal: new AbortController().signal };
const credential = fieldsOf(KEY);

interface Asked {
  readonly what: string;
  readonly type: string | undefined;
  readonly authorization: string | undefined;
  readonly onBehalfOf: unknown;
  readonly body: string;
}

/** What the vendor answers to each method and path. */
let answers: Record<string, unknown>;
let status: number;
let asked: Asked[];
let provider: SendGrid;
let close: () => void;

beforeEach(async () => {
  answers = { "GET /v3/user/username": { username: "acme", user_id: 4711 } };
  status = 200;
  asked = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const what = `${request.method} ${request.url}`;
    const { "content-type": type, authorization, "on-behalf-of": onBehalfOf } = request.headers;
    asked.push({ what, type, authorization, onBehalfOf, body });
    const isAccount = request.url === "/v3/user/username";
    response.statusCode = isAccount ? 200 : status;
    response.end(JSON.stringify(answers[what.split("?")[0] ?? ""]));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  provider = new SendGrid({ baseUrl, now: () => 42, sleep: async () => {} });
  close = () => {
    server.close();
    server.closeAllConnections();
  };
});
afterEach(() => close());

const rejectionOf = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => expect.fail("it succeeded"),
    (error: Error) => error,
  );
const make = () =>
  provider.make({ credential, name: "dk-1", settings: { scopes: ["mail.send", "a.b"] } }, call);
const settings = () => provider.settings({ credential, keyId: "k1" }, call);

it.each([
  ["absent", {}],
  ["null", { name: null }],
  ["empty", { name: "" }],
])("lists keys whose names are %s", async (_name, optional) => {
  answers[`GET ${KEYS}`] = { result: [{ api_key_id: "k1", ...optional }] };
  const { account, complete, keys } = await provider.list(credential, call);
  expect({ account, complete }).toEqual({ account: "4711", complete: true });
  expect(keys).toMatchObject([{ id: "k1" }]);
  expect(keys[0]).not.toHaveProperty("name");
  expect(keys[0]?.is(credential)).toBe(true);
});

it("lists keys with every field, and with fields that it has never heard of, as the vendor describes it", async () => {
  answers[`GET ${KEYS}`] = {
    result: [{ api_key_id: "k9", name: "n", created: { is: "new" } }],
    _metadata: {},
  };
  const { keys } = await provider.list(credential, call);
  expect(keys).toMatchObject([{ id: "k9", name: "n" }]);
  expect(keys[0]?.is(credential)).toBe(false);
  expect(asked).toMatchObject([
    { what: "GET /v3/user/username" },
    { what: "GET /v3/api_keys?limit=100", authorization: `Bearer ${KEY}`, type: undefined, body: "" },
  ]);
  expect(asked.map(({ onBehalfOf }) => onBehalfOf)).toEqual([undefined, undefined]);
});

it("lists no keys where there are none", async () => {
  answers[`GET ${KEYS}`] = { result: [] };
  expect((await provider.list(credential, call)).keys).toEqual([]);
});

it.each([
  ["no result", {}],
  ["null", { result: null }],
  ["a key without id", { result: [{ name: "n" }] }],
  ["a page of somebody else's", "welcome"],
])("refuses to read a list with %s", async (_name, answer) => {
  answers[`GET ${KEYS}`] = answer;
  await expect(provider.list(credential, call)).rejects.toThrow(
    /got HTTP 200 in a shape that is not understood/,
  );
});

it.each([
  ["a list, as published", { result: [{ api_key_id: "k1", name: "n", scopes: ["b", "a"] }] }],
  [
    "a list of several, as in the published example",
    {
      result: [
        { api_key_id: "k0", scopes: ["z"] },
        { api_key_id: "k1", scopes: ["b", "a"] },
      ],
    },
  ],
  ["one key, as documented", { api_key_id: "k1", name: "n", scopes: ["b", "a"] }],
  ["one key whose other fields are null", { api_key_id: null, name: null, result: null, scopes: ["b", "a"] }],
  ["a list of one without its id", { result: [{ scopes: ["b", "a", "a", "2fa_required"] }] }],
])("reads scopes out of %s", async (_name, answer) => {
  answers[`GET ${KEYS}/k1`] = answer;
  expect(await settings()).toEqual({ scopes: ["a", "b"] });
});

it.each([
  ["absent", { result: [{ api_key_id: "k1", name: "n" }] }],
  ["null", { api_key_id: "k1", scopes: null }],
  ["an empty list", { api_key_id: "k1", scopes: [] }],
  ["those alone that the vendor adds by itself", { api_key_id: "k1", scopes: ["2fa_required"] }],
  ["another key's", { result: [{ api_key_id: "k0", scopes: ["a"] }] }],
  ["those of two without ids", { result: [{ scopes: ["a"] }, { scopes: ["b"] }] }],
])("refuses a key whose scopes are %s", async (_name, answer) => {
  answers[`GET ${KEYS}/k1`] = answer;
  const error = await rejectionOf(settings());
  expect(error).toBeInstanceOf(ProviderRejectedError);
  expect(error.message).toContain("full access");
});

it.each([
  ["absent", {}],
  ["null", { api_key_id: null, name: null, scopes: null }],
  ["empty", { api_key_id: "" }],
])("keeps a new key whose optional fields are %s", async (_name, optional) => {
  status = 201;
  answers[`POST ${KEYS}`] = { api_key: NEW_KEY, ...optional };
  const made = await make();
  expect(made).toMatchObject({ keyId: "k2", account: "4711", createdAtMs: 42 });
  expect(made).not.toHaveProperty("settings");
});

it("asks for a key exactly as the vendor describes it, always with scopes, and says which it got", async () => {
  status = 201;
  answers[`POST ${KEYS}`] = { api_key: NEW_KEY, api_key_id: "k2", name: "dk-1", scopes: ["b", "a"], x: 1 };
  expect(await make()).toMatchObject({ keyId: "k2", settings: { scopes: ["a", "b"] } });
  expect(asked.at(-1)).toMatchObject({ what: `POST ${KEYS}`, type: "application/json" });
  expect(JSON.parse(asked.at(-1)?.body ?? "")).toEqual({ name: "dk-1", scopes: ["a.b", "mail.send"] });
});

it.each([
  ["no key", { api_key_id: "k2", key: NEW_KEY }],
  ["a key of another form and no id", { api_key: "b2b2b2b2b2b2b2b2" }],
  ["scopes that are none", { api_key: NEW_KEY, scopes: "all" }],
])("says that a key may exist where the answer has %s, and quotes nothing of it", async (_name, answer) => {
  status = 201;
  answers[`POST ${KEYS}`] = answer;
  const error = await rejectionOf(make());
  expect(error).toBeInstanceOf(OutcomeUnknownError);
  expect(print(error)).not.toMatch(/b2b2b2/);
});

it.each([
  ["absent", { errors: [{}] }],
  ["null", { errors: [{ message: null, field: null, help: null }], id: null }],
  ["present", { errors: [{ message: "no such key", field: "id", help: { url: "x" } }], id: "e1" }],
])("takes a key for gone by a 404 whose optional fields are %s", async (_name, body) => {
  status = 404;
  answers[`DELETE ${KEYS}/k9`] = body;
  await expect(provider.revoke({ credential, keyId: "k9" }, call)).resolves.toBeUndefined();
});

it.each([undefined, {}, { errors: [] }, { errors: null }])(
  "does not take one for gone by a 404 with %j",
  async (body) => {
    status = 404;
    answers[`DELETE ${KEYS}/k9`] = body;
    expect(await rejectionOf(provider.revoke({ credential, keyId: "k9" }, call))).toBeInstanceOf(
      ProviderRejectedError,
    );
  },
);

it.each([
  ["the vendor's example", { errors: [{ field: null, message: "authorization required" }] }],
  ["no message", { errors: [{}] }],
  ["no body that can be read", undefined],
])("calls a key rejected by a 401 with %s", async (_name, body) => {
  status = 401;
  answers["GET /v3/scopes"] = body;
  expect(await provider.probe(credential, call)).toMatchObject({ kind: "rejected" });
});

it.each([{}, { scopes: null }, { welcome: "to the hotel's network" }])(
  "does not take a page with %j for a key that works",
  async (body) => {
    answers["GET /v3/scopes"] = body;
    expect(await provider.probe(credential, call)).toMatchObject({ kind: "unknown" });
  },
);

it.each([{ scopes: [] }, { scopes: ["mail.send"], more: 1 }])("takes %j for one", async (body) => {
  answers["GET /v3/scopes"] = body;
  expect(await provider.probe(credential, call)).toEqual({ kind: "accepted" });
});

it.each([{}, { username: "acme" }, { username: "acme", user_id: null }])(
  "does not guess an account from %j",
  async (body) => {
    answers["GET /v3/user/username"] = body;
    answers[`GET ${KEYS}`] = { result: [] };
    expect(await rejectionOf(provider.list(credential, call))).toBeInstanceOf(ProviderRejectedError);
  },
);

it("takes keys out of a refusal that quotes them", async () => {
  status = 400;
  answers[`POST ${KEYS}`] = { errors: [{ message: `${KEY} may not make ${NEW_KEY}` }] };
  const error = await rejectionOf(make());
  expect(error.message).toContain("[redacted] may not make [redacted]");
  expect(print(error)).not.toMatch(/a1a1|b2b2/);
});

it("takes out one of any other form, too", async () => {
  status = 401;
  const odd = "a1".repeat(20);
  answers[`GET ${KEYS}/k1`] = { errors: [{ message: `${odd} is no key` }] };
  const error = await rejectionOf(provider.settings({ credential: fieldsOf(odd), keyId: "k1" }, call));
  expect(error.message).toContain("[redacted] is no key");
});
