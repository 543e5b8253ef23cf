import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  OutcomeUnknownError,
  ProviderRejectedError,
  ProviderUnavailableError,
} from "../../../contract/errors.ts";
import type { Send } from "../../../core/cutover/ports.ts";
import { Vonage } from "../../../core/providers/vonage.ts";
import { print } from "./contract.ts";
import { basicOf, fieldsOf } from "./vonage-harness.ts";

const call = { signal: new AbortController().signal };
const credential = fieldsOf("abcd1234", "Sb1secretsecret");
const SECRETS = "/accounts/abcd1234/secrets";
const CREATED = "2026-04-14T08:00:00Z";
const CREATED_MS = 1776153600000;

interface Asked {
  readonly method: string | undefined;
  readonly path: string;
  readonly query: Record<string, string>;
  readonly type: string | undefined;
  readonly authorization: string | undefined;
  readonly body: string;
}

/** What the vendor answers to each path, the same or one after the other. */
let answers: Record<string, unknown>;
let status: number;
let asked: Asked[];
let provider: Vonage;
let close: () => void;

beforeEach(async () => {
  answers = {};
  status = 200;
  asked = [];
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "", "http://vendor");
    let body = "";
    for await (const chunk of request) body += chunk;
    const { "content-type": type, authorization } = request.headers;
    const query = Object.fromEntries(url.searchParams);
    asked.push({ method: request.method, path: url.pathname, query, type, authorization, body });
    const answer = answers[url.pathname];
    response.statusCode = status;
    response.end(JSON.stringify(Array.isArray(answer) ? answer.shift() : answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  provider = new Vonage({ baseUrl, now: () => CREATED_MS, sleep: async () => {} });
  close = () => {
    server.close();
    server.closeAllConnections();
  };
});
afterEach(() => close());

const sends = async (sinceMs = CREATED_MS - 1_000) => {
  const found: Send[] = [];
  const request = { credential, sinceMs, untilMs: CREATED_MS };
  for await (const page of provider.listSends(request, call)) found.push(...page);
  return found;
};
const none = { items_count: 0, records: [] };
const rejectionOf = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => expect.fail("it succeeded"),
    (error: Error) => error,
  );

it.each([
  ["absent", {}],
  ["null", { _links: null, created_at: null }],
])("lists secrets whose optional fields are %s", async (_name, optional) => {
  answers[SECRETS] = { ...optional, _embedded: { secrets: [{ id: "s1", ...optional }] } };
  const { account, complete, keys } = await provider.list(credential, call);
  expect({ account, complete }).toEqual({ account: "abcd1234", complete: true });
  expect(keys).toMatchObject([{ id: "s1" }]);
  expect(keys[0]).not.toHaveProperty("createdAtMs");
});

it("lists secrets with every field, and with fields that it has never heard of", async () => {
  const _links = { self: { href: `${SECRETS}/s1` } };
  const secrets = [{ _links, id: "s1", created_at: CREATED, label: { is: "new" } }];
  answers[SECRETS] = { _links, _embedded: { secrets }, more: 1 };
  expect((await provider.list(credential, call)).keys).toMatchObject([{ id: "s1", createdAtMs: CREATED_MS }]);
  expect(asked).toEqual([
    {
      method: "GET",
      path: SECRETS,
      query: {},
      type: undefined,
      authorization: basicOf(credential),
      body: "",
    },
  ]);
});

it.each([
  ["no secrets at all", { _embedded: { secrets: [] } }],
  ["nothing embedded", {}],
  ["null embedded", { _embedded: null }],
  ["a secret without id", { _embedded: { secrets: [{ created_at: CREATED }] } }],
  ["a time that is none", { _embedded: { secrets: [{ id: "s1", created_at: "yesterday" }] } }],
])("refuses to read a list with %s, and takes it for no key that works", async (_name, answer) => {
  answers[SECRETS] = answer;
  await expect(provider.list(credential, call)).rejects.toThrow(
    /got HTTP 200 in a shape that is not understood/,
  );
  expect(await provider.probe(credential, call)).toMatchObject({ kind: "unknown" });
});

it.each([
  ["absent", {}],
  ["null", { created_at: null, _links: null }],
  ["present", { created_at: CREATED, _links: { self: { href: "/x" } } }],
])(
  "registers exactly what the vendor describes, and reads an answer whose optional fields are %s",
  async (_n, optional) => {
    status = 201;
    answers[SECRETS] = { id: "s2", ...optional };
    const { fields } = await provider.make({ credential, name: "x" }, call);
    expect(await provider.register({ credential, fields }, call)).toEqual({ keyId: "s2" });
    expect(asked).toMatchObject([{ method: "POST", path: SECRETS, type: "application/json" }]);
    expect(JSON.parse(asked[0]?.body ?? "")).toEqual({ secret: fields.apiSecret?.reveal() });
    expect(asked[0]?.authorization).toBe(basicOf(credential));
  },
);

it("says that a secret may be registered where the vendor answers without its id, and quotes nothing", async () => {
  status = 201;
  const { fields } = await provider.make({ credential, name: "x" }, call);
  answers[SECRETS] = { secret: fields.apiSecret?.reveal(), created_at: CREATED };
  const error = await rejectionOf(provider.register({ credential, fields }, call));
  expect(error).toBeInstanceOf(OutcomeUnknownError);
  expect(print(error)).not.toContain(fields.apiSecret?.reveal());
});

it("takes both secrets out of a refusal that quotes them", async () => {
  status = 400;
  const { fields } = await provider.make({ credential, name: "x" }, call);
  const [own, other] = [credential.apiSecret?.reveal() ?? "", fields.apiSecret?.reveal() ?? ""];
  answers[SECRETS] = {
    type: "x#validation",
    detail: `${own} may not register ${other}; ${basicOf(credential).slice(6)}`,
  };
  const error = await rejectionOf(provider.register({ credential, fields }, call));
  expect(error).toBeInstanceOf(ProviderRejectedError);
  expect(error.message).toContain("[redacted] may not register [redacted]; [redacted]");
  for (const secret of [own, other, basicOf(credential).slice(6)]) expect(print(error)).not.toContain(secret);
});

it.each([{}, { type: null, title: null, detail: null }, { title: "Unauthorized" }, null])(
  "reads a refusal whose fields are %j",
  async (body) => {
    status = 401;
    answers[SECRETS] = body;
    expect(await provider.probe(credential, call)).toMatchObject({ kind: "rejected" });
    expect((await rejectionOf(provider.list(credential, call))).message).toContain(
      "Use the account's other secret",
    );
  },
);

it.each([
  [{ to: null, country: null, date_received: null, total_price: null, currency: null }],
  [{}],
  [{ date_finalized: "never", total_price: "free", currency: "EUR" }],
])("lists a send of which nothing is known but when it was asked for: %j", async (row) => {
  answers["/v2/reports/records"] = [{ records: [row] }, none];
  expect(await sends()).toEqual([{ atMs: CREATED_MS - 1_000 }]);
});

it("lists a send with every field, and neither its text nor its number in print", async () => {
  const row = {
    account_id: "abcd1234",
    message_id: "m",
    client_ref: "482913",
    concatenated: true,
    direction: "outbound",
    from: "Acme",
    to: "447400123456",
    message_body: "Your code is 482913",
    network: "23415",
    country: "gb",
    country_name: "United Kingdom",
    date_received: "2026-04-14T10:00:00+0200",
    date_finalized: "2026-04-14T08:00:01+0000",
    latency: 42,
    status: "delivered",
    currency: "EUR",
    total_price: "0.042",
  };
  answers["/v2/reports/records"] = [{ request_status: "SUCCESS", records: [row] }, none];
  const [send] = await sends();
  expect(send).toMatchObject({ atMs: CREATED_MS, country: "GB", cost: { amount: 0.042, currency: "EUR" } });
  expect(send?.to?.reveal()).toBe("+447400123456");
  expect(print(send)).not.toMatch(/482913|447400123456/);
});

it("tells the country by the number where the row names none", async () => {
  answers["/v2/reports/records"] = [{ records: [{ to: "12425550100" }] }, none];
  expect((await sends())[0]?.country).toBe("BS");
});

it("asks as the vendor describes it, and for no text", async () => {
  answers["/v2/reports/records"] = [none, none];
  await sends();
  const filter = {
    account_id: "abcd1234",
    direction: "outbound",
    date_start: "2026-04-14T07:59:59.000Z",
    date_end: "2026-04-14T08:00:00.000Z",
  };
  expect(asked.map(({ query }) => query)).toEqual([
    { ...filter, product: "SMS" },
    { ...filter, product: "MESSAGES" },
  ]);
});

it("takes cursor and iv out of a link, and neither host nor account", async () => {
  const href = "https://elsewhere.example/steal?account_id=zzzz9999&product=MESSAGES&cursor=c1&iv=i1";
  const more = { request_status: "TRUNCATED", records: [{}], _links: { next: { href } } };
  answers["/v2/reports/records"] = [more, none, none];
  expect(await sends()).toHaveLength(1);
  expect(asked[1]).toMatchObject({
    path: "/v2/reports/records",
    query: { account_id: "abcd1234", product: "SMS", cursor: "c1", iv: "i1" },
  });
});

it("goes on by cursor and iv of the page where it has no link", async () => {
  const more = { request_status: "TRUNCATED", records: [{}], cursor: "c1", iv: "i1", _links: null };
  answers["/v2/reports/records"] = [more, { records: [{}] }, none];
  expect(await sends()).toHaveLength(2);
  expect(asked[1]?.query).toMatchObject({ cursor: "c1", iv: "i1" });
});

it.each([
  ["a truncated page that leads nowhere", [{ request_status: "TRUNCATED", records: [{}] }]],
  [
    "a truncated page that leads to itself",
    Array(2).fill({ request_status: "TRUNCATED", records: [], cursor: "c", iv: "i" }),
  ],
  ["neither rows nor a word that there are none", [{}]],
  ["null rows", [{ records: null, items_count: 3 }]],
])("does not take %s for the whole list", async (_name, pages) => {
  answers["/v2/reports/records"] = pages;
  expect(await rejectionOf(sends())).toBeInstanceOf(ProviderRejectedError);
});

it.each(["PENDING", "PROCESSING", "FAILED", "ABORTED"])(
  "does not take a report that is %s for one",
  async (state) => {
    answers["/v2/reports/records"] = [{ request_status: state, records: [] }];
    expect(await rejectionOf(sends())).toBeInstanceOf(ProviderUnavailableError);
  },
);

it("reads a page without rows where it says that there are none", async () => {
  answers["/v2/reports/records"] = [
    { items_count: 0 },
    { items_count: 0, records: null, request_status: null },
  ];
  expect(await sends()).toEqual([]);
});
