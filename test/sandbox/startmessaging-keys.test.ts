import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type StartMessagingSandbox, startStartMessagingSandbox } from "../../sandbox/startmessaging.ts";
import { type Ask, ask, OTP } from "./client.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const UNKNOWN_ID = "00000000-0000-4000-8000-000000000000";

describe("the StartMessaging sandbox: keys", () => {
  let sandbox: StartMessagingSandbox;
  let account: { readonly id: string };
  let first: { readonly id: string; readonly apiKey: string };
  let nowMs: number;

  beforeEach(async () => {
    nowMs = Date.parse("2026-04-14T08:00:00.000Z");
    sandbox = await startStartMessagingSandbox({ now: () => nowMs });
    account = sandbox.createAccount();
    first = sandbox.createKey(account, { label: "first" });
  });
  afterEach(() => sandbox.close());

  const get = (route: string, options: Ask = {}) => ask(sandbox, route, { key: first.apiKey, ...options });
  const makeKey = async (json: unknown = {}) => (await get("POST /api-keys", { json })).body.data;

  it("makes a key of the vendor's form, shown once, in the vendor's envelope", async () => {
    const { status, body } = await get("POST /api-keys", { json: { label: "new" } });
    expect(status).toBe(201);
    expect(body).toMatchObject({ success: true, statusCode: 201, requestId: expect.stringMatching(UUID) });
    expect(body.timestamp).toBe("2026-04-14T08:00:00.000Z");
    expect(body.data).toMatchObject({
      label: "new",
      allowedIps: null,
      createdAt: "2026-04-14T08:00:00.000Z",
    });
    expect(body.data.key).toMatch(/^sk_live_[0-9a-f]{40}$/);
    expect(body.data.keyPrefix).toBe(body.data.key.slice(0, 12));
    expect(body.data.id).toMatch(UUID);
    expect((await get("GET /wallet", { key: body.data.key })).status).toBe(200);
    expect(JSON.stringify((await get("GET /api-keys")).body)).not.toContain(body.data.key);
  });

  it("lists hash, rules and times of a key, newest first", async () => {
    nowMs += 1_000;
    const made = await makeKey({ label: "new", allowedIps: ["127.0.0.1"] });
    const { data } = (await get("GET /api-keys")).body;
    expect(data.map((row: { label: string }) => row.label)).toEqual(["new", "first"]);
    expect(data[0]).toMatchObject({
      id: made.id,
      userId: account.id,
      keyHash: createHash("sha256").update(made.key).digest("hex"),
      allowedIps: ["127.0.0.1"],
      isActive: true,
      lastUsedAt: null,
      createdAt: "2026-04-14T08:00:01.000Z",
    });
  });

  it("shows the newest hundred keys, and no page after them", async () => {
    const ids = Array.from({ length: 120 }, () => sandbox.createKey(account).id);
    const shown = (await get("GET /api-keys")).body.data.map((row: { id: string }) => row.id);
    expect(shown).toEqual(ids.reverse().slice(0, 100));
  });

  it("drops fields that it does not know without a word, as the vendor does", async () => {
    const made = await makeKey({ label: "new", expiresAt: "2027-01-01T00:00:00Z" });
    expect(made).not.toHaveProperty("expiresAt");
  });

  it("keeps any label verbatim, and the same one twice", async () => {
    const label = `  ${"long ".repeat(300)}`;
    expect([(await makeKey({ label })).label, (await makeKey({ label })).label]).toEqual([label, label]);
  });

  it("refuses a dead key on the next request, and says no more of it than of one that never was", async () => {
    const made = await makeKey();
    expect((await get(`DELETE /api-keys/${made.id}`)).status).toBe(200);
    const dead = await get("POST /otp/send", { key: made.key, json: OTP });
    const never = await get("POST /otp/send", { key: `sk_live_${"0".repeat(40)}`, json: OTP });
    expect(dead.status).toBe(401);
    expect(dead.body.error).toEqual({ code: "UNAUTHORIZED", message: "Invalid API key" });
    expect(never.body.error).toEqual(dead.body.error);
    expect((await get("GET /api-keys")).body.data.map((row: { id: string }) => row.id)).toEqual([first.id]);
  });

  it("answers the second deletion of a key, and one of another account's, with 404", async () => {
    const made = await makeKey();
    const other = sandbox.createKey(sandbox.createAccount());
    await get(`DELETE /api-keys/${made.id}`);
    for (const id of [made.id, other.id, UNKNOWN_ID]) {
      const { status, body } = await get(`DELETE /api-keys/${id}`);
      expect([status, body.success, body.error.code]).toEqual([404, false, "NOT_FOUND"]);
    }
    expect(sandbox.truth.accepts({ apiKey: other.apiKey })).toBe(true);
  });

  it("lets one of two deletions at once win", async () => {
    const made = await makeKey();
    const both = await Promise.all([1, 2].map(() => get(`DELETE /api-keys/${made.id}`)));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 404]);
  });

  it("asks for a key where there is none, and does not take a bearer token for one", async () => {
    const headers = { authorization: `Bearer ${first.apiKey}` };
    for (const got of [await ask(sandbox, "GET /wallet"), await ask(sandbox, "GET /wallet", { headers })]) {
      expect([got.status, got.body.error.message]).toEqual([401, "Authentication required"]);
    }
  });

  it("answers a suspended account with the status of a dead key and words of its own", async () => {
    sandbox.faults.suspend(account);
    const { status, body } = await get("GET /wallet");
    expect([status, body.error]).toEqual([401, { code: "UNAUTHORIZED", message: "Account is suspended" }]);
    sandbox.faults.restore(account);
    expect((await get("GET /wallet")).status).toBe(200);
  });

  it("shows an account without KYC its balance and nothing else", async () => {
    const { apiKey: key } = sandbox.createKey(sandbox.createAccount({ kycApproved: false }));
    expect((await get("GET /wallet", { key })).status).toBe(200);
    expect((await get("GET /api-keys", { key })).status).toBe(403);
  });

  it("lets a key through from the addresses of its rules alone", async () => {
    const { id, apiKey: key } = sandbox.createKey(account, { allowedIps: ["203.0.113.5"] });
    const blocked = await get("GET /wallet", { key });
    expect([blocked.status, blocked.body.error.message]).toEqual([
      403,
      "Request from this IP address is not allowed",
    ]);
    expect((await get("GET /wallet", { key, headers: { "x-forwarded-for": "203.0.113.5" } })).status).toBe(
      200,
    );
    const changed = await get(`PATCH /api-keys/${id}/ip-restrictions`, { json: { allowedIps: [] } });
    expect([changed.status, changed.body.data.allowedIps]).toEqual([200, null]);
    expect((await get("GET /wallet", { key })).status).toBe(200);
  });

  it("moves last-used on any authenticated call, a refused one too, and once a minute at most", async () => {
    const lastUsed = () => sandbox.truth.keys()[0]?.lastUsedAtMs;
    expect(lastUsed()).toBeUndefined();
    await get("GET /wallet");
    const usedAtMs = nowMs;
    nowMs += 59_999;
    await get("POST /otp/send", { json: OTP });
    expect(lastUsed()).toBe(usedAtMs);
    nowMs += 1;
    sandbox.faults.suspend(account);
    await get("GET /wallet");
    expect(lastUsed()).toBe(usedAtMs + 60_000);
  });

  it.each([
    ["a label that is no text", "POST /api-keys", { json: { label: 5 } }, 400, "VALIDATION_ERROR"],
    [
      "a rule that is no address",
      "POST /api-keys",
      { json: { allowedIps: ["10.0.0.0/8"] } },
      400,
      "VALIDATION_ERROR",
    ],
    [
      "21 rules",
      "POST /api-keys",
      { json: { allowedIps: Array(21).fill("10.0.0.1") } },
      400,
      "VALIDATION_ERROR",
    ],
    [
      "JSON that is none",
      "POST /api-keys",
      { text: "{", headers: { "content-type": "application/json" } },
      400,
      "INVALID_INPUT",
    ],
    ["JSON that is a list", "POST /api-keys", { json: [] }, 400, "INVALID_INPUT"],
    [
      "a body of another type",
      "POST /api-keys",
      { text: "label=a", headers: { "content-type": "text/plain" } },
      415,
      "INVALID_INPUT",
    ],
    ["an id that is no UUID", "DELETE /api-keys/first", {}, 400, "INVALID_INPUT"],
    [
      "rules for an unknown key",
      `PATCH /api-keys/${UNKNOWN_ID}/ip-restrictions`,
      { json: {} },
      404,
      "NOT_FOUND",
    ],
    ["a method that is not there", "PUT /api-keys", { json: {} }, 404, "NOT_FOUND"],
    ["a path that is not there", "GET /keys", {}, 404, "NOT_FOUND"],
  ] as const)("refuses %s in the vendor's envelope", async (_name, route, options, status, code) => {
    const { status: got, body } = await get(route, options);
    expect([got, body.success, body.statusCode, body.error.code]).toEqual([status, false, status, code]);
    expect(body.error.message).toEqual(expect.any(String));
    expect(sandbox.truth.keys()).toHaveLength(1);
  });
});
