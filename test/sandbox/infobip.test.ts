import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type InfobipSandbox, type SandboxEvent, startInfobipSandbox } from "../../sandbox/infobip.ts";

let nowMs: number;
let sandbox: InfobipSandbox;
let account: ReturnType<InfobipSandbox["createAccount"]>;

beforeEach(async () => {
  nowMs = Date.parse("2026-04-14T08:00:00.000Z");
  sandbox = await startInfobipSandbox({ now: () => nowMs });
  account = sandbox.createAccount();
});
afterEach(() => sandbox.close());

const basic = () => `Basic ${Buffer.from(`${account.username}:${account.password}`).toString("base64")}`;

async function ask(
  line: string,
  {
    authorization = basic(),
    body,
    type = "application/json",
  }: { authorization?: string; body?: unknown; type?: string } = {},
) {
  const [method = "GET", path = "/"] = line.split(" ");
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(`${sandbox.url}${path}`, {
    method,
    headers: { authorization, ...(body === undefined ? {} : { "content-type": type }) },
    ...(body === undefined ? {} : { body: text }),
  });
  return { status: response.status, json: JSON.parse(await response.text()) };
}

const sms = {
  messages: [{ destinations: [{ to: "41793026727" }], content: { text: "Your code is 482913." } }],
};

describe("the Infobip sandbox", () => {
  it.each([
    ["no name", {}],
    ["a field that it does not know", { name: "x", expires: 1 }],
    ["a permission that it does not know", { name: "x", permissions: ["ALL"] }],
    ["permissions that exclude each other", { name: "x", permissions: ["PUBLIC_API", "WEB_SDK"] }],
    [
      "permissions and a platform",
      { name: "x", permissions: ["PUBLIC_API"], platform: [{ applicationId: "a" }] },
    ],
    ["a platform without application", { name: "x", platform: [{ entityId: "e" }] }],
    ["null where a list is due", { name: "x", allowedIPs: null }],
    ["an address that is none", { name: "x", allowedIPs: ["here"] }],
    ["a time that is none", { name: "x", validTo: "tomorrow" }],
    ["a list", [{ name: "x" }]],
    ["no JSON", "name=x"],
  ])("refuses to make a key with %s", async (_name, body) => {
    const { status, json } = await ask("POST /settings/2/api-keys", { body });
    expect({ status, code: json.errorCode }).toEqual({ status: 400, code: "E400" });
    expect(sandbox.truth.keys()).toEqual([]);
  });

  it("refuses a body of another type, a query that it does not know, and a page that is too large", async () => {
    const form = { body: "name=x", type: "application/x-www-form-urlencoded" };
    expect((await ask("POST /settings/2/api-keys", form)).status).toBe(415);
    expect((await ask("GET /settings/2/api-keys?limit=1")).status).toBe(400);
    expect((await ask("GET /settings/2/api-keys?size=101")).status).toBe(400);
    expect((await ask("DELETE /settings/2/api-keys/x")).status).toBe(404);
  });

  it("lets no API key manage API keys", async () => {
    const { apiKey } = sandbox.createKey(account);
    const { status, json } = await ask("GET /settings/2/api-keys", { authorization: `App ${apiKey}` });
    expect({ status, code: json.errorCode }).toEqual({ status: 401, code: "E401" });
  });

  it("gives a token for a form alone, and only to a client that it knows", async () => {
    const { clientId, clientSecret } = account;
    const form = (secret: string) =>
      `client_id=${clientId}&client_secret=${secret}&grant_type=client_credentials`;
    const type = "application/x-www-form-urlencoded";
    expect((await ask("POST /auth/1/oauth2/token", { body: { client_id: clientId } })).status).toBe(415);
    const wrong = await ask("POST /auth/1/oauth2/token", { body: form("wrong"), type });
    expect(wrong).toMatchObject({ status: 401, json: { requestError: { serviceException: {} } } });
    const { json } = await ask("POST /auth/1/oauth2/token", { body: form(clientSecret), type });
    const authorization = `Bearer ${json.access_token}`;
    expect((await ask("GET /settings/2/api-keys", { authorization })).status).toBe(200);
    nowMs += json.expires_in * 1000;
    expect((await ask("GET /settings/2/api-keys", { authorization })).status).toBe(401);
  });

  it("gives a key the default end and permission, and says times without a zone", async () => {
    const { json } = await ask("POST /settings/2/api-keys", { body: { name: "x" } });
    expect(json).toMatchObject({
      validFrom: "2026-04-14T08:00:00",
      validTo: "2027-04-14T08:00:00",
      permissions: ["PUBLIC_API"],
      enabled: true,
    });
  });

  it("ends a key that is disabled, and starts it again where it is enabled", async () => {
    const { id, apiKey } = sandbox.createKey(account);
    await ask(`PUT /settings/2/api-keys/${id}`, { body: { enabled: false } });
    expect(sandbox.truth.accepts({ apiKey })).toBe(false);
    expect((await ask("POST /sms/3/messages", { authorization: `App ${apiKey}`, body: sms })).status).toBe(
      401,
    );
    await ask(`PUT /settings/2/api-keys/${id}`, { body: { enabled: true } });
    expect(sandbox.truth.accepts({ apiKey })).toBe(true);
  });

  it("checks a key's addresses before its scopes", async () => {
    const elsewhere = sandbox.createKey(account, { allowedIPs: ["203.0.113.5"], scopeGuids: [] });
    const here = sandbox.createKey(account, { scopeGuids: ["sms:logs:read"] });
    const statusOf = async (apiKey: string) => {
      return (await ask("POST /sms/3/messages", { authorization: `App ${apiKey}`, body: sms })).status;
    };
    expect([await statusOf(elsewhere.apiKey), await statusOf(here.apiKey)]).toEqual([401, 403]);
  });

  it("writes sends down by key, and neither number nor text", async () => {
    const events: SandboxEvent[] = [];
    sandbox.onEvent((event) => events.push(event));
    const { id, apiKey } = sandbox.createKey(account);
    await ask("POST /sms/3/messages", { authorization: `App ${apiKey}`, body: sms });
    sandbox.faults.suspend(account);
    await ask("POST /sms/3/messages", { authorization: `App ${apiKey}`, body: sms });
    const kinds = events.map(({ kind, keyId }) => [kind, keyId]);
    expect(kinds).toEqual([
      ["key-made", id],
      ["send-accepted", id],
      ["send-rejected", id],
    ]);
    expect(JSON.stringify(events)).not.toMatch(/482913|41793026727/);
    expect(sandbox.truth.tallies().get(id)).toMatchObject({ sendsAccepted: 1, rejected: 1 });
  });

  it.each([
    ["no destination", { messages: [{ destinations: [], content: { text: "x" } }] }],
    ["no text", { messages: [{ destinations: [{ to: "41793026727" }], content: {} }] }],
    ["the fields of an older version", { messages: [{ from: "x", to: "41793026727", text: "x" }] }],
    ["a number that is none", { messages: [{ destinations: [{ to: "me" }], content: { text: "x" } }] }],
  ])("refuses to send with %s", async (_name, body) => {
    const { apiKey } = sandbox.createKey(account);
    const { status } = await ask("POST /sms/3/messages", { authorization: `App ${apiKey}`, body });
    expect(status).toBe(400);
  });

  it("shows the log of the last 48 hours, newest 50, or by cursor", async () => {
    const { apiKey } = sandbox.createKey(account);
    const authorization = `App ${apiKey}`;
    for (let sent = 0; sent < 60; sent += 1) {
      await ask("POST /sms/3/messages", { authorization, body: sms });
      nowMs += 1;
    }
    expect((await ask("GET /sms/3/logs", { authorization })).json.results).toHaveLength(50);
    const first = (await ask("GET /sms/3/logs?useCursor=true&limit=40", { authorization })).json;
    const more = `GET /sms/3/logs?useCursor=true&limit=40&cursor=${first.cursor.nextCursor}`;
    const second = (await ask(more, { authorization })).json;
    expect([first.results.length, second.results.length, second.cursor.nextCursor]).toEqual([
      40,
      20,
      undefined,
    ]);
    nowMs += 48 * 3_600_000;
    expect((await ask("GET /sms/3/logs", { authorization })).json.results).toEqual([]);
  });
});
