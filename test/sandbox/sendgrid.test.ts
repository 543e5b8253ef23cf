import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type SandboxEvent, type SendGridSandbox, startSendGridSandbox } from "../../sandbox/sendgrid.ts";
import type { Got } from "./client.ts";

interface Ask {
  readonly key?: string;
  readonly json?: unknown;
  readonly headers?: Record<string, string>;
}

describe("the SendGrid sandbox", () => {
  const MAIL = {
    personalizations: [{ to: [{ email: "jo@example.com" }] }],
    from: { email: "login@example.com", name: "Acme" },
    subject: "Your code",
    content: [{ type: "text/plain", value: "482913" }],
  };
  let sandbox: SendGridSandbox;
  let account: { readonly id: string };
  let first: { readonly id: string; readonly apiKey: string };
  let nowMs: number;

  beforeEach(async () => {
    nowMs = Date.parse("2026-04-14T08:00:00Z");
    sandbox = await startSendGridSandbox({ now: () => nowMs });
    account = sandbox.createAccount();
    first = sandbox.createKey(account, { name: "first" });
  });
  afterEach(() => sandbox.close());

  const ask = async (route: string, options: Ask = {}): Promise<Got> => {
    const [method = "GET", path = "/"] = route.split(" ");
    const { key = first.apiKey, json, headers = {} } = options;
    const response = await fetch(sandbox.url + path, {
      method,
      headers: {
        ...(key === "" ? {} : { authorization: `Bearer ${key}` }),
        ...(json === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === "" ? "" : JSON.parse(text) };
  };
  const keyWith = (...scopes: string[]) => sandbox.createKey(account, { scopes }).apiKey;
  const makeKey = (json: unknown, options: Ask = {}) => ask("POST /v3/api_keys", { json, ...options });
  const send = (json: unknown, options: Ask = {}) => ask("POST /v3/mail/send", { json, ...options });

  it("makes a key of the vendor's form and length, shown once, with its id in it", async () => {
    const { status, body } = await makeKey({ name: "new", scopes: ["mail.send"] });
    expect(status).toBe(201);
    expect(body.api_key).toMatch(/^SG\.[\w-]{22}\.[\w-]{43}$/);
    expect(body.api_key).toHaveLength(69);
    expect(body.api_key.split(".")[1]).toBe(body.api_key_id);
    expect(body).toMatchObject({ name: "new", scopes: expect.arrayContaining(["mail.send"]) });
    const listed = await ask("GET /v3/api_keys");
    expect(listed.body.result).toEqual([
      { api_key_id: first.id, name: "first" },
      { api_key_id: body.api_key_id, name: "new" },
    ]);
    expect(JSON.stringify(listed.body)).not.toContain(body.api_key);
  });

  it.each([{ name: "new" }, { name: "new", scopes: [] }])(
    "makes a key with full access of %j, as the vendor does",
    async (json) => {
      const { body } = await makeKey(json);
      expect(body.scopes).toEqual(
        expect.arrayContaining(["api_keys.create", "mail.send", "user.username.read"]),
      );
    },
  );

  it("puts scopes of its own on every key, as the vendor does, in the list of one that it shows", async () => {
    const { body } = await makeKey({ name: "new", scopes: ["mail.send"] });
    const shown = await ask(`GET /v3/api_keys/${body.api_key_id}`);
    const scopes = ["mail.send", "2fa_required", "sender_verification_eligible"];
    expect(shown.body).toEqual({ result: [{ api_key_id: body.api_key_id, name: "new", scopes }] });
    expect((await ask("GET /v3/scopes", { key: body.api_key })).body).toEqual({ scopes });
  });

  it.each([
    [{}, 400],
    [{ name: "" }, 400],
    [{ name: 7 }, 400],
    [{ name: "n", scopes: "mail.send" }, 400],
    [{ name: "n", scopes: ["MAIL SEND"] }, 400],
    [{ name: "n", scopes: null }, 400],
    [{ name: "n", expires: 1 }, 400],
    [{ name: "n", scopes: ["billing.read"] }, 403],
  ])("refuses to make a key of %j", async (json, expected) => {
    const { status, body } = await makeKey(json);
    expect(status).toBe(expected);
    expect(body.errors[0].message).toEqual(expect.any(String));
    expect(sandbox.truth.keys()).toHaveLength(1);
  });

  it("refuses another content type", async () => {
    const headers = { "content-type": "text/plain" };
    expect((await makeKey({ name: "n" }, { headers })).status).toBe(415);
  });

  it("makes the hundredth key and no other", async () => {
    for (let count = 1; count < 99; count += 1) sandbox.createKey(account);
    expect((await makeKey({ name: "hundredth" })).status).toBe(201);
    expect((await makeKey({ name: "one too many" })).status).toBe(403);
    expect(() => sandbox.createKey(account)).toThrow(/has 100 keys/);
    expect((await ask("GET /v3/api_keys")).body.result).toHaveLength(100);
    expect((await ask("GET /v3/api_keys?limit=7")).body.result).toHaveLength(7);
  });

  it.each(["limit=0", "limit=x", "offset=1"])("refuses a list with %s", async (query) => {
    expect((await ask(`GET /v3/api_keys?${query}`)).status).toBe(400);
  });

  it("deletes a key once, and then knows no such key", async () => {
    const { id } = sandbox.createKey(account);
    expect(await ask(`DELETE /v3/api_keys/${id}`)).toMatchObject({ status: 204, body: "" });
    expect((await ask(`DELETE /v3/api_keys/${id}`)).status).toBe(404);
    expect((await ask(`GET /v3/api_keys/${id}`)).status).toBe(404);
  });

  it("shows and deletes no key of another account", async () => {
    const other = sandbox.createKey(sandbox.createAccount());
    expect((await ask(`GET /v3/api_keys/${other.id}`)).status).toBe(404);
    expect((await ask(`DELETE /v3/api_keys/${other.id}`)).status).toBe(404);
    expect(sandbox.truth.accepts({ apiKey: other.apiKey })).toBe(true);
  });

  it.each([
    ["GET /v3/api_keys", "api_keys.read"],
    ["GET /v3/api_keys/x", "api_keys.read"],
    ["POST /v3/api_keys", "api_keys.create"],
    ["DELETE /v3/api_keys/x", "api_keys.delete"],
    ["GET /v3/user/username", "user.username.read"],
    ["POST /v3/mail/send", "mail.send"],
  ])("lets nobody into %s without the scope %s", async (route, scope) => {
    const json = route.startsWith("POST") ? {} : undefined;
    const others = ["api_keys.read", "api_keys.create", "api_keys.delete", "user.username.read", "mail.send"];
    const without = keyWith(...others.filter((one) => one !== scope));
    expect((await ask(route, { key: without, json })).status).toBe(403);
    expect((await ask(route, { key: keyWith(scope), json })).status).not.toBe(403);
  });

  it("tells any key its own scopes, and the account's number to one that may ask", async () => {
    expect((await ask("GET /v3/scopes", { key: keyWith() })).body).toEqual({ scopes: [] });
    expect((await ask("GET /v3/user/username")).body).toEqual({
      username: expect.any(String),
      user_id: Number(account.id),
    });
  });

  it("answers 401 to no key, a wrong one, a deleted one, and any of a suspended account", async () => {
    expect((await ask("GET /v3/scopes", { key: "" })).status).toBe(401);
    const never = await ask("GET /v3/scopes", { key: `SG.${"a".repeat(22)}.${"b".repeat(43)}` });
    const { id, apiKey } = sandbox.createKey(account);
    await ask(`DELETE /v3/api_keys/${id}`);
    const dead = await ask("GET /v3/scopes", { key: apiKey });
    sandbox.faults.suspend(account);
    const suspended = await ask("GET /v3/scopes");
    for (const got of [never, dead, suspended]) {
      expect(got).toMatchObject({ status: 401, body: never.body });
    }
    sandbox.faults.restore(account);
    expect((await ask("GET /v3/scopes")).status).toBe(200);
  });

  it("knows a new key, and forgets a deleted one, as late as it is told to", async () => {
    Object.assign(sandbox.faults.propagation, { newKeyMs: 3_000, revocationMs: 3_000 });
    nowMs += 3_000;
    const { id, apiKey } = sandbox.createKey(account);
    expect(sandbox.truth.accepts({ apiKey })).toBe(false);
    nowMs += 3_000;
    expect(sandbox.truth.accepts({ apiKey })).toBe(true);
    await ask(`DELETE /v3/api_keys/${id}`);
    expect((await ask("GET /v3/scopes", { key: apiKey })).status).toBe(200);
    nowMs += 3_000;
    expect((await ask("GET /v3/scopes", { key: apiKey })).status).toBe(401);
  });

  it("accepts mail with no body in its answer, and says by which key", async () => {
    const events: SandboxEvent[] = [];
    sandbox.onEvent((event) => events.push(event));
    const { status, headers, body } = await send(MAIL);
    expect({ status, body }).toEqual({ status: 202, body: "" });
    expect(headers.get("x-message-id")).toMatch(/^[\w-]+$/);
    await send(MAIL, { key: keyWith("api_keys.read") });
    expect(events.map(({ kind, status: refused }) => [kind, refused])).toEqual([
      ["send-accepted", undefined],
      ["key-made", undefined],
      ["send-rejected", 403],
    ]);
    expect(events[0]?.keyId).toBe(first.id);
    expect(JSON.stringify(events)).not.toMatch(/482913|example\.com/);
    expect(sandbox.truth.tallies().get(first.id)?.sendsAccepted).toBe(1);
  });

  it.each([
    { template_id: "d-1", content: undefined, subject: undefined },
    { subject: undefined, personalizations: [{ to: [{ email: "jo@example.com" }], subject: "Hi" }] },
    {
      personalizations: [
        { to: [{ email: "jo@example.com", name: "Jo" }], cc: [{ email: "al@example.com" }] },
      ],
    },
    { categories: ["login"], mail_settings: { sandbox_mode: { enable: true } } },
  ])("accepts mail with %j", async (change) => {
    expect((await send({ ...MAIL, ...change })).status).toBe(202);
  });

  it.each([
    { to: "jo@example.com" },
    { from: undefined },
    { from: "login@example.com" },
    { from: { email: "nobody" } },
    { from: { email: "login@example.com", reply: "x" } },
    { subject: undefined },
    { subject: "" },
    { content: undefined },
    { content: [] },
    { content: [{ type: "text/plain" }] },
    { content: [{ type: "text/plain", value: "" }] },
    { personalizations: undefined },
    { personalizations: [] },
    { personalizations: [{}] },
    { personalizations: [{ to: [] }] },
    { personalizations: [{ to: "jo@example.com" }] },
    { personalizations: [{ to: [{ email: "jo" }] }] },
    { personalizations: [{ to: [{ email: "jo@example.com" }], bcc: [{ name: "Al" }] }] },
    { personalizations: [{ to: [{ email: "jo@example.com" }], text: "x" }] },
  ])("refuses mail with %j, and names the field", async (change) => {
    const { status, body } = await send({ ...MAIL, ...change });
    expect(status).toBe(400);
    expect(body.errors).toHaveLength(1);
    expect(sandbox.truth.tallies().get(first.id)?.sendsAccepted ?? 0).toBe(0);
  });

  it("names the field of a refusal", async () => {
    const { body } = await send({ ...MAIL, content: [{ type: "text/plain", value: "" }] });
    expect(body.errors[0].field).toBe("content.0.value");
  });

  it("refuses on-behalf-of, for it knows no subusers", async () => {
    expect((await ask("GET /v3/scopes", { headers: { "on-behalf-of": "sub" } })).status).toBe(403);
  });

  it("throttles where it is told to, in the vendor's envelope", async () => {
    sandbox.faults.add({ fault: { kind: "throttle", retryAfterSeconds: 7 }, times: 1 });
    const { status, body, headers } = await ask("GET /v3/scopes");
    expect({ status, body }).toEqual({
      status: 429,
      body: { errors: [{ message: "too many requests", field: null }] },
    });
    expect(headers.get("retry-after")).toBe("7");
  });

  it("makes no key in an account that is not there", () => {
    expect(() => sandbox.createKey({ id: "nobody" })).toThrow(/there is no account nobody/);
  });
});
