import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type SandboxEvent, startVonageSandbox, type VonageSandbox } from "../../sandbox/vonage.ts";
import type { Got } from "./client.ts";

interface Key {
  readonly id: string;
  readonly apiKey: string;
  readonly apiSecret: string;
}

interface Ask {
  readonly key?: Key | undefined;
  readonly json?: unknown;
  readonly headers?: Record<string, string>;
}

describe("the Vonage sandbox", () => {
  const MESSAGE = {
    message_type: "text",
    channel: "sms",
    to: "447400123456",
    from: "Acme",
    text: "code 482913",
  };
  let sandbox: VonageSandbox;
  let account: { readonly id: string };
  let first: Key;
  let nowMs: number;

  beforeEach(async () => {
    nowMs = Date.parse("2026-04-14T08:00:00.500Z");
    sandbox = await startVonageSandbox({ now: () => nowMs, recordsPerPage: 2 });
    account = sandbox.createAccount();
    first = sandbox.createKey(account);
  });
  afterEach(() => sandbox.close());

  const ask = async (route: string, options: Ask = {}): Promise<Got> => {
    const [method = "GET", path = "/"] = route.split(" ");
    const { key = first, json, headers = {} } = options;
    const basic = Buffer.from(`${key.apiKey}:${key.apiSecret}`).toString("base64");
    const response = await fetch(sandbox.url + path, {
      method,
      headers: {
        authorization: `Basic ${basic}`,
        ...(json === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === "" ? "" : JSON.parse(text) };
  };
  const secrets = () => `/accounts/${account.id}/secrets`;
  const register = (secret: unknown, options: Ask = {}) =>
    ask(`POST ${secrets()}`, { json: { secret }, ...options });
  const report = (query: Record<string, string>, options: Ask = {}) => {
    const range = { date_start: "2026-04-14T00:00:00Z", date_end: "2026-04-15T00:00:00Z" };
    const whole = { account_id: account.id, product: "MESSAGES", direction: "outbound", ...range, ...query };
    return ask(`GET /v2/reports/records?${new URLSearchParams(whole)}`, options);
  };

  it("names accounts by eight characters, and secrets by a UUID and a time to the second", async () => {
    expect(account.id).toMatch(/^[0-9a-f]{8}$/);
    const { status, body } = await ask(`GET ${secrets()}`);
    expect(status).toBe(200);
    expect(body).toEqual({
      _links: { self: { href: secrets() } },
      _embedded: {
        secrets: [
          {
            _links: { self: { href: `${secrets()}/${first.id}` } },
            id: first.id,
            created_at: "2026-04-14T08:00:00Z",
          },
        ],
      },
    });
    expect((await ask(`GET ${secrets()}/${first.id}`)).body.id).toBe(first.id);
  });

  it("registers a second secret, which works at once, and no third", async () => {
    const made = await register("Chosen1secret");
    expect(made.status).toBe(201);
    const second = { id: made.body.id, apiKey: account.id, apiSecret: "Chosen1secret" };
    expect((await ask(`GET ${secrets()}`, { key: second })).body._embedded.secrets).toHaveLength(2);
    const third = await register("Another1secret");
    expect(third.status).toBe(400);
    expect(third.body.type).toMatch(/account\/secret-management#maximum-secrets-allowed$/);
    expect(() => sandbox.createKey(account)).toThrow(/has two secrets/);
  });

  it.each([
    "Short1a",
    "nocapital1",
    "NOSMALL111",
    "NoDigitsHere",
    `Aa1${"x".repeat(23)}`,
    12345678,
    null,
    undefined,
  ])("refuses the secret %j", async (secret) => {
    const { status, body } = await register(secret);
    expect(status).toBe(400);
    expect(body.type).toMatch(/#validation$/);
    expect(body.invalid_parameters).toMatchObject([{ name: "secret" }]);
  });

  it("refuses a field that it does not know, and another content type", async () => {
    expect((await ask(`POST ${secrets()}`, { json: { secret: "Chosen1secret", name: "x" } })).status).toBe(
      400,
    );
    const headers = { "content-type": "text/plain" };
    expect((await register("Chosen1secret", { headers })).status).toBe(415);
    expect(sandbox.truth.keys()).toHaveLength(1);
  });

  it("revokes a secret once, then knows no such id, and never revokes the last one", async () => {
    const second = sandbox.createKey(account);
    expect(await ask(`DELETE ${secrets()}/${second.id}`)).toMatchObject({ status: 204, body: "" });
    const again = await ask(`DELETE ${secrets()}/${second.id}`);
    expect(again.status).toBe(404);
    expect(again.body).toMatchObject({ type: expect.stringMatching(/#invalid-id$/), title: "Invalid ID" });
    const last = await ask(`DELETE ${secrets()}/${first.id}`);
    expect(last.status).toBe(403);
    expect(last.body.type).toMatch(/#delete-last-secret$/);
    expect(sandbox.truth.accepts({ ...first })).toBe(true);
    expect(sandbox.truth.accepts({ ...second })).toBe(false);
  });

  it("lets nobody into another account", async () => {
    const other = sandbox.createKey(sandbox.createAccount());
    const { status, body } = await ask(`GET ${secrets()}`, { key: other });
    expect(status).toBe(404);
    expect(body.type).toMatch(/#invalid-api-key$/);
    expect((await report({}, { key: other })).status).toBe(403);
  });

  it.each([
    ["a wrong secret", (key: Key) => ({ ...key, apiSecret: "Wrong1secret" })],
    ["another account's secret", (key: Key) => ({ ...key, apiKey: "abcd1234" })],
  ])("answers 401 to %s", async (_name, change) => {
    const { status, body } = await ask(`GET ${secrets()}`, { key: change(first) });
    expect(status).toBe(401);
    expect(body).toMatchObject({ title: "Unauthorized", instance: expect.stringMatching(/^[0-9a-f]{32}$/) });
  });

  it("answers 401 to all of a suspended account, and lets it in again afterwards", async () => {
    sandbox.faults.suspend(account);
    expect((await ask(`GET ${secrets()}`)).status).toBe(401);
    expect(sandbox.truth.accepts({ ...first })).toBe(false);
    sandbox.faults.restore(account);
    expect((await ask(`GET ${secrets()}`)).status).toBe(200);
  });

  it("knows a new secret, and forgets a revoked one, as late as it is told to", async () => {
    Object.assign(sandbox.faults.propagation, { newKeyMs: 3_000, revocationMs: 3_000 });
    nowMs += 3_000;
    const second = sandbox.createKey(account);
    expect(sandbox.truth.accepts({ ...second })).toBe(false);
    nowMs += 3_000;
    expect(sandbox.truth.accepts({ ...second })).toBe(true);
    await ask(`DELETE ${secrets()}/${second.id}`);
    expect(sandbox.truth.accepts({ ...second })).toBe(true);
    nowMs += 3_000;
    expect(sandbox.truth.accepts({ ...second })).toBe(false);
  });

  it("accepts a message, and says by which secret without its text or number", async () => {
    const events: SandboxEvent[] = [];
    const stop = sandbox.onEvent((event) => events.push(event));
    const sent = await ask("POST /v1/messages", { json: MESSAGE });
    expect(sent).toMatchObject({ status: 202, body: { message_uuid: expect.any(String) } });
    await ask("POST /v1/messages", { json: MESSAGE, key: { ...first, apiSecret: "Wrong1secret" } });
    stop();
    await ask("POST /v1/messages", { json: MESSAGE });
    expect(events).toEqual([
      { atMs: nowMs, kind: "send-accepted", keyId: first.id },
      { atMs: nowMs, kind: "send-rejected", status: 401, because: expect.any(String) },
    ]);
    expect(sandbox.truth.tallies().get(first.id)?.sendsAccepted).toBe(2);
  });

  it.each([
    { to: "+447400123456" },
    { to: undefined },
    { from: "" },
    { text: "" },
    { text: "x".repeat(1001) },
    { channel: "pigeon" },
    { message_type: undefined },
    { api_secret: "x" },
  ])("refuses a message with %j", async (change) => {
    const { status } = await ask("POST /v1/messages", { json: { ...MESSAGE, ...change } });
    expect([400, 422]).toContain(status);
    expect((await report({})).body.records).toEqual([]);
  });

  it("reports what was sent page by page, in the vendor's shape, without its text unless it is asked for", async () => {
    for (let count = 0; count < 3; count += 1) await ask("POST /v1/messages", { json: MESSAGE });
    const { status, body } = await report({});
    expect(status).toBe(200);
    expect(body).toMatchObject({ request_status: "TRUNCATED", items_count: 2, account_id: account.id });
    expect(body.records[0]).toMatchObject({
      to: "447400123456",
      country: "GB",
      country_name: "United Kingdom",
      date_received: "2026-04-14T08:00:00+0000",
    });
    expect(JSON.stringify(body)).not.toContain("482913");
    const next = new URL(body._links.next.href);
    expect(Object.fromEntries(next.searchParams)).toMatchObject({ cursor: body.cursor, iv: body.iv });
    const second = await ask(`GET ${next.pathname}${next.search}`);
    expect(second.body).toMatchObject({ request_status: "SUCCESS", items_count: 1 });
    expect(second.body).not.toHaveProperty("cursor");
    expect((await report({ include_message: "true" })).body.records[0].message_body).toBe("code 482913");
    expect((await report({ product: "SMS" })).body.records).toEqual([]);
  });

  it("counts a report's start in and its end out", async () => {
    const atMs = Date.parse("2026-04-14T09:00:00Z");
    sandbox.addSent(account, { product: "SMS", to: "447400123456", atMs });
    const count = async (start: string, end: string) => {
      const { body } = await report({ product: "SMS", date_start: start, date_end: end });
      return body.items_count;
    };
    expect(await count("2026-04-14T09:00:00Z", "2026-04-14T09:00:01Z")).toBe(1);
    expect(await count("2026-04-14T08:00:00.000Z", "2026-04-14T09:00:00+0000")).toBe(0);
  });

  it.each([
    { product: "PIGEON" },
    { direction: "" },
    { date_start: "yesterday" },
    { date_end: "" },
    { date_end: "2026-04-15T00:00:01Z" },
    { account_id: "abc" },
    { cursor: "cm93IDI", iv: "wrong" },
    { cursor: "cm93IDI" },
  ])("refuses a report with %j", async (change) => {
    expect((await report(change)).status).toBe(422);
  });

  it("refuses a report with a parameter that the vendor does not know", async () => {
    expect((await report({ limit: "10" })).status).toBe(400);
  });

  it("throttles where it is told to, with the vendor's title and a time to wait", async () => {
    sandbox.faults.add({ fault: { kind: "throttle", retryAfterSeconds: 7 }, times: 1 });
    const { status, body, headers } = await ask(`GET ${secrets()}`);
    expect(status).toBe(429);
    expect(body.title).toBe("Rate Limit Hit");
    expect(headers.get("retry-after")).toBe("7");
  });

  it("makes no secret that breaks the vendor's rules, and none in an account that is not there", () => {
    expect(() => sandbox.createKey(sandbox.createAccount(), { apiSecret: "weak" })).toThrow(/rules/);
    expect(() => sandbox.createKey({ id: "nobody" })).toThrow(/there is no account nobody/);
  });
});
