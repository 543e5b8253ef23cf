import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { HandInVendor } from "../../../contract/provider-policy.ts";
import { HandInProvider } from "../../../core/providers/hand-in.ts";
import { keyFieldsOf, policyOf } from "./hand-in-harness.ts";

interface Asked {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** One of each vendor, as its documentation prints them. */
const KEYS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  optstuff: {
    publicKey: "pk_AAAAAAAAAAAAAAAAAAAAAA",
    secretKey: "sk_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE",
  },
  msg91: { authKey: "123456Aabcdefabcdefabcdefabcd12P1" },
  exotel: { accountSid: "exotel", apiKey: "2b04c2aaaaaaaaaa", apiToken: "a1b2c3d4aaaaaaaa" },
  plivo: { authId: "MA2025RK4E639VJFZAGV", authToken: "tok3nt0ken" },
  gupshup: { userId: "2000184632", password: "pass/word+1" },
  kaleyra: { sid: "HXAP16000000097IN", apiKey: "A0123456789abcdef" },
  telnyx: { apiKey: "KEY0123456789ABCDEF_abcdefgh" },
  "sinch-sms": { servicePlanId: "jd63jf88477ll123ab4567cd89012ef3", apiToken: "t0kent0kent0ken" },
  messagebird: { accessKey: "live_abcdefghijklmnop" },
  postmark: { serverToken: "01234567-89ab-cdef-0123-456789abcdef" },
};

let nowMs: number;
let asked: Asked[];
let answer: { status: number; type: string; text: string };
let url: string;
let close: () => void;

beforeEach(async () => {
  nowMs = Date.parse("2026-04-14T23:30:00.000Z");
  asked = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    asked.push({ method: request.method, url: request.url, headers: request.headers, body });
    response.writeHead(answer.status, { "content-type": answer.type }).end(answer.text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  close = () => {
    server.close();
    server.closeAllConnections();
  };
});
afterEach(() => close());

function probe(vendor: HandInVendor, status: number, body: unknown, type = "application/json") {
  answer = { status, type, text: typeof body === "string" ? body : JSON.stringify(body) };
  const policy = policyOf(vendor, { slug: "shop", probeImage: "images.example.com/logo.png" });
  const provider = new HandInProvider({ baseUrl: url, policy, now: () => nowMs, sleep: async () => {} });
  return provider.probe(keyFieldsOf(KEYS[vendor] ?? {}), { signal: new AbortController().signal });
}

describe("the request that tries a key", () => {
  it.each<[HandInVendor, string, Readonly<Record<string, string>>]>([
    [
      "msg91",
      "GET /api/v5/report/analytics/p/otp?startDate=2026-04-14&endDate=2026-04-14",
      { authkey: "123456Aabcdefabcdefabcdefabcd12P1" },
    ],
    [
      "exotel",
      "GET /v1/Accounts/exotel/Balance.json",
      { authorization: "Basic MmIwNGMyYWFhYWFhYWFhYTphMWIyYzNkNGFhYWFhYWFh" },
    ],
    [
      "plivo",
      "GET /v1/Account/MA2025RK4E639VJFZAGV/",
      { authorization: "Basic TUEyMDI1Uks0RTYzOVZKRlpBR1Y6dG9rM250MGtlbg==" },
    ],
    [
      "kaleyra",
      "GET /v1/HXAP16000000097IN/messages/status?message_ids=00000000-0000-0000-0000-000000000000%3A1",
      { "api-key": "A0123456789abcdef" },
    ],
    ["telnyx", "GET /v2/balance", { authorization: "Bearer KEY0123456789ABCDEF_abcdefgh" }],
    [
      "sinch-sms",
      "GET /xms/v1/jd63jf88477ll123ab4567cd89012ef3/groups?page=0&page_size=1",
      { authorization: "Bearer t0kent0kent0ken" },
    ],
    ["messagebird", "GET /balance", { authorization: "AccessKey live_abcdefghijklmnop" }],
    ["postmark", "GET /deliverystats", { "x-postmark-server-token": "01234567-89ab-cdef-0123-456789abcdef" }],
  ])("of %s is %s, with the key in a header", async (vendor, request, headers) => {
    await probe(vendor, 500, {});
    const { method, url: path, headers: sent, body } = asked[0] ?? ({} as Asked);
    expect(`${method} ${path}`).toBe(request);
    expect(sent).toMatchObject({ ...headers, accept: "application/json" });
    expect(body).toBe("");
  });

  it("of gupshup has the password in a form, which no log of URLs shows, and a number that nobody has", async () => {
    await probe("gupshup", 200, {});
    expect(`${asked[0]?.method} ${asked[0]?.url}`).toBe("POST /GatewayAPI/rest");
    expect(asked[0]?.headers["content-type"]).toBe("application/x-www-form-urlencoded");
    expect(Object.fromEntries(new URLSearchParams(asked[0]?.body))).toEqual({
      method: "SendMessage",
      userid: "2000184632",
      password: "pass/word+1",
      auth_scheme: "plain",
      send_to: "0",
      msg: "probe",
      msg_type: "TEXT",
      v: "1.1",
      format: "JSON",
    });
  });

  it("of gupshup is never sent twice", async () => {
    await probe("gupshup", 503, {});
    expect(asked).toHaveLength(1);
  });

  it("of optstuff is a signed URL for one pixel that ends in 5 minutes", async () => {
    await probe("optstuff", 200, "x", "image/webp");
    const { pathname, searchParams } = new URL(asked[0]?.url ?? "", url);
    expect(`${asked[0]?.method} ${pathname}`).toBe("GET /api/v1/shop/w_1/images.example.com/logo.png");
    expect(Object.fromEntries(searchParams)).toEqual({
      key: "pk_AAAAAAAAAAAAAAAAAAAAAA",
      sig: expect.stringMatching(/^[A-Za-z0-9_-]{32}$/),
      exp: String(Date.parse("2026-04-14T23:35:00.000Z") / 1000),
    });
    expect(Object.keys(asked[0]?.headers ?? {})).not.toContain("authorization");
  });
});

it("says of a key that no header can carry what is wrong with it, and asks nothing", async () => {
  answer = { status: 200, type: "application/json", text: "{}" };
  const provider = new HandInProvider({ baseUrl: url, policy: policyOf("msg91"), sleep: async () => {} });
  const key = keyFieldsOf({ authKey: "kéy\u0000with\nmore" });
  expect(await provider.probe(key, { signal: new AbortController().signal })).toEqual({
    kind: "unknown",
    because:
      "msg91: the key is empty or has characters that the header authkey cannot carry. Correct the secret's value.",
  });
  expect(asked).toEqual([]);
});

describe("an answer of a CDN, which keeps images for a year,", () => {
  it("is none to a probe of optstuff: each asks for a URL of its own", async () => {
    for (const _ of [1, 2, 3]) {
      await probe("optstuff", 200, "x", "image/webp");
      nowMs += 1_000;
    }
    expect(new Set(asked.map((each) => each.url)).size).toBe(3);
  });
});

describe("an answer that says yes", () => {
  it.each<[HandInVendor, unknown]>([
    ["msg91", { data: [], total: {} }],
    ["msg91", { data: [{ date: "2026-04-14", sent: 1 }], total: null }],
    ["msg91", { data: {} }],
    ["exotel", { Account: { AccountSid: "exotel", BalanceData: null } }],
    ["exotel", { Account: {} }],
    ["plivo", { auth_id: "MA2025RK4E639VJFZAGV", name: null }],
    ["kaleyra", { data: [], error: {} }],
    ["kaleyra", { data: [{ status: "Delivered" }], error: null }],
    ["telnyx", { data: {} }],
    ["telnyx", { data: { record_type: "balance", balance: "300.00", pending: null } }],
    ["sinch-sms", { count: 0, page: 0, page_size: 0, groups: [] }],
    ["sinch-sms", { count: 2, page: null, groups: null }],
    ["sinch-sms", { groups: [{ id: "01FC", name: null }] }],
    ["messagebird", { payment: "prepaid", type: "credits", amount: 42.5 }],
    ["messagebird", { payment: "postpaid", type: null, amount: null }],
    ["postmark", { InactiveMails: 0, Bounces: [] }],
    ["postmark", { InactiveMails: 192 }],
    ["gupshup", { response: { id: 105, phone: "", details: "…", status: "error" } }],
    ["gupshup", { response: { id: "105", details: null, status: "error" } }],
    ["gupshup", { response: { id: "3561-1", phone: "0", details: "", status: "success" } }],
  ])("of %s is understood: %j", async (vendor, body) => {
    expect(await probe(vendor, 200, body)).toEqual({ kind: "accepted" });
  });

  it.each<HandInVendor>(Object.keys(KEYS) as HandInVendor[])("of %s is not any other 200", async (vendor) => {
    for (const body of [
      {},
      [],
      null,
      0,
      "",
      "0",
      "<html></html>",
      { data: null },
      { ok: true },
      { type: "error" },
    ]) {
      expect(await probe(vendor, 200, body)).toMatchObject({ kind: "unknown" });
    }
  });
});

describe("an answer that says no", () => {
  it.each<[HandInVendor, number, unknown]>([
    ["msg91", 401, { status: "fail", errors: "Unauthorized", code: "401" }],
    ["msg91", 401, { type: "error", code: 401, message: null }],
    [
      "exotel",
      401,
      { RestException: { Status: 401, Message: "Authentication failed", Code: "UNAUTHORIZED" } },
    ],
    ["exotel", 401, { RestException: null }],
    ["plivo", 401, "Could not verify your access level for that URL."],
    ["kaleyra", 401, { error: "Unauthorized", message: "Invalid api-key" }],
    ["telnyx", 401, { errors: [{ code: "10009", title: "Authentication failed", meta: null }] }],
    ["sinch-sms", 401, {}],
    ["sinch-sms", 401, ""],
    [
      "messagebird",
      401,
      { errors: [{ code: 2, description: "Request not allowed (incorrect access_key)" }] },
    ],
    [
      "messagebird",
      401,
      {
        errors: [
          { code: 9, parameter: null },
          { code: 2, parameter: "access_key" },
        ],
      },
    ],
    ["postmark", 401, { ErrorCode: 10, Message: null }],
    ["gupshup", 200, { response: { id: "102", phone: "", details: "…", status: "error" } }],
    ["gupshup", 200, { response: { id: 103, status: "ERROR" } }],
    ["optstuff", 401, { error: "Invalid API key" }],
    ["optstuff", 401, { error: "API key has been revoked" }],
    ["optstuff", 401, { error: "API key has expired" }],
  ])("of %s is understood: HTTP %i %j", async (vendor, status, body) => {
    expect(await probe(vendor, status, body)).toMatchObject({
      kind: "rejected",
      because: expect.any(String),
    });
  });

  it.each<[string, HandInVendor, number, unknown]>([
    ["an address that is not on the allow list", "msg91", 418, { type: "error", code: "418" }],
    ["an account that is not active", "exotel", 403, { RestException: { Status: 403 } }],
    ["a key that may not do this", "telnyx", 403, { errors: [{ code: "10010" }] }],
    ["a 401 for another reason", "telnyx", 401, { errors: [{ code: "10010" }] }],
    ["a 401 that is not the vendor's", "telnyx", 401, "<html></html>"],
    ["a 401 that is not the vendor's", "messagebird", 401, { errors: [] }],
    ["a 401 that is not the vendor's", "postmark", 401, { message: "log in to the proxy" }],
    ["a 401 in words that are not known", "optstuff", 401, { error: "Clerk: sign in" }],
    ["a user that is disabled", "gupshup", 200, { response: { id: "104", status: "error" } }],
    ["an error that is not known", "gupshup", 200, { response: { id: "constructor", status: "error" } }],
    ["a route that is not there", "kaleyra", 404, { message: "no Route matched" }],
  ])("is not %s (%s, HTTP %i %j)", async (_, vendor, status, body) => {
    expect(await probe(vendor, status, body)).toMatchObject({ kind: "unknown", because: expect.any(String) });
  });
});
