import { afterEach, describe, expect, it } from "vitest";
import { signUrl } from "../../client/index.ts";
import {
  type HandInSandbox,
  type HandInSandboxOptions,
  type HandInSandboxVendor,
  type SandboxEvent,
  startHandInSandbox,
} from "../../sandbox/hand-in.ts";

type Fields = Readonly<Record<string, string>>;

/** How a service calls the vendor, by the vendor's own documentation. */
interface Send {
  readonly path: string;
  readonly headers: Fields;
  readonly json?: Readonly<Record<string, unknown>>;
  readonly form?: Fields;
}

const basic = (user = "", password = "") => `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;

const SENDS: Readonly<Record<Exclude<HandInSandboxVendor, "optstuff">, (key: Fields) => Send>> = {
  msg91: ({ authKey = "" }) => ({
    path: "/api/v5/flow",
    headers: { authkey: authKey },
    json: { template_id: "5f1e", short_url: "0", recipients: [{ mobiles: "919876543210", VAR1: "482913" }] },
  }),
  exotel: ({ accountSid, apiKey, apiToken }) => ({
    path: `/v1/Accounts/${accountSid}/Sms/send`,
    headers: { authorization: basic(apiKey, apiToken) },
    form: { From: "EXOTEL", To: "+919876543210", Body: "482913", DltEntityId: "1234567890" },
  }),
  plivo: ({ authId, authToken }) => ({
    path: `/v1/Account/${authId}/Message/`,
    headers: { authorization: basic(authId, authToken) },
    json: { src: "14151234567", dst: "919876543210", text: "482913" },
  }),
  gupshup: ({ userId = "", password = "" }) => ({
    path: "/GatewayAPI/rest",
    headers: {},
    form: {
      ...{ method: "SendMessage", userid: userId, password, auth_scheme: "plain", v: "1.1", format: "JSON" },
      ...{ send_to: "919876543210", msg: "482913", msg_type: "TEXT" },
    },
  }),
  kaleyra: ({ sid, apiKey = "" }) => ({
    path: `/v1/${sid}/messages`,
    headers: { "api-key": apiKey },
    form: { to: "+919876543210", sender: "KLRHXA", type: "OTP", body: "482913", source: "API" },
  }),
  telnyx: ({ apiKey }) => ({
    path: "/v2/messages",
    headers: { authorization: `Bearer ${apiKey}` },
    json: { from: "+15551234567", to: "+15559876543", text: "482913" },
  }),
  "sinch-sms": ({ servicePlanId, apiToken }) => ({
    path: `/xms/v1/${servicePlanId}/batches`,
    headers: { authorization: `Bearer ${apiToken}` },
    json: { from: "+15551234567", to: ["+15559876543"], body: "482913" },
  }),
  messagebird: ({ accessKey }) => ({
    path: "/messages",
    headers: { authorization: `AccessKey ${accessKey}` },
    json: { originator: "Acme", recipients: ["31612345678"], body: "482913" },
  }),
  postmark: ({ serverToken = "" }) => ({
    path: "/email",
    headers: { "x-postmark-server-token": serverToken },
    json: { From: "a@example.com", To: "b@example.com", Subject: "Code", TextBody: "482913" },
  }),
};
const VENDORS = Object.keys(SENDS) as (keyof typeof SENDS)[];

function request(sandbox: HandInSandbox, { path, headers, json, form }: Send): Promise<Response> {
  const type = json ? "application/json" : "application/x-www-form-urlencoded";
  const body = json ? JSON.stringify(json) : new URLSearchParams(form).toString();
  return fetch(sandbox.url + path, { method: "POST", headers: { "content-type": type, ...headers }, body });
}

let running: HandInSandbox | undefined;
afterEach(() => running?.close());

async function start(options: HandInSandboxOptions) {
  const sandbox = await startHandInSandbox(options);
  running = sandbox;
  const account = sandbox.createAccount();
  const key = sandbox.createKey(account);
  const events: SandboxEvent[] = [];
  sandbox.onEvent((event) => void events.push(event));
  return { sandbox, account, key, events };
}

describe.each(VENDORS)("the fake of %s", (vendor) => {
  const send = (sandbox: HandInSandbox, fields: Fields, change: Partial<Send> = {}) =>
    request(sandbox, { ...SENDS[vendor](fields), ...change });
  /** Gupshup says no with HTTP 200. */
  const isRefused = async (response: Response) =>
    response.status >= 400 || JSON.stringify(await response.json()).includes('"status":"error"');

  it("takes a send as a service makes it, and counts it for the key", async () => {
    const { sandbox, key, events } = await start({ vendor });
    const response = await send(sandbox, key.fields);
    expect(response.ok).toBe(true);
    expect(await isRefused(response)).toBe(false);
    expect(events).toEqual([{ atMs: expect.any(Number), kind: "send-accepted", keyId: key.id }]);
    expect(sandbox.truth.tallies().get(key.id)?.sendsAccepted).toBe(1);
  });

  it("refuses a key that the person has revoked, and works on with the other", async () => {
    const { sandbox, account, key, events } = await start({ vendor });
    const other = sandbox.createKey(account);
    sandbox.revokeKey(key.id);
    sandbox.revokeKey(key.id);
    expect(await isRefused(await send(sandbox, key.fields))).toBe(true);
    expect(await isRefused(await send(sandbox, other.fields))).toBe(false);
    expect(events.map(({ kind, keyId }) => [kind, keyId])).toEqual([
      ["key-made", other.id],
      ["key-ended", key.id],
      ["send-rejected", key.id],
      ["send-accepted", other.id],
    ]);
    expect([key, other].map(({ fields }) => sandbox.truth.accepts(fields))).toEqual([false, true]);
    expect(sandbox.truth.keys().map(({ endedAtMs }) => endedAtMs !== undefined)).toEqual([true, false]);
  });

  it("refuses the key of another account, and a key that is only half right", async () => {
    const { sandbox, key } = await start({ vendor });
    const stranger = sandbox.createKey(sandbox.createAccount());
    for (const name of Object.keys(key.fields)) {
      const mixed = { ...key.fields, [name]: stranger.fields[name] ?? "" };
      const isWhole = Object.keys(key.fields).length === 1;
      expect(await isRefused(await send(sandbox, mixed))).toBe(!isWhole);
      expect(sandbox.truth.accepts(mixed)).toBe(isWhole);
      expect(await isRefused(await send(sandbox, { ...key.fields, [name]: "wrong" }))).toBe(true);
    }
  });

  it("refuses a key from its end on", async () => {
    let nowMs = 1_000_000;
    const { sandbox, account } = await start({ vendor, now: () => nowMs });
    const { fields } = sandbox.createKey(account, { expiresAtMs: nowMs + 1_000 });
    expect(await isRefused(await send(sandbox, fields))).toBe(false);
    nowMs += 1_000;
    expect(await isRefused(await send(sandbox, fields))).toBe(true);
    expect(sandbox.truth.accepts(fields)).toBe(false);
  });

  it("refuses a suspended account until it is restored", async () => {
    const { sandbox, account, key } = await start({ vendor });
    sandbox.faults.suspend(account);
    expect(await isRefused(await send(sandbox, key.fields))).toBe(true);
    expect(sandbox.truth.accepts(key.fields)).toBe(false);
    sandbox.faults.restore(account);
    expect(await isRefused(await send(sandbox, key.fields))).toBe(false);
  });

  it("refuses what the vendor would: a field or a type that it does not know, a missing field, another method", async () => {
    const { sandbox, key, events } = await start({ vendor });
    const { json, form, path, headers } = SENDS[vendor](key.fields);
    const strange = json ? { json: { ...json, strange: "1" } } : { form: { ...form, strange: "1" } };
    expect(await isRefused(await send(sandbox, key.fields, strange))).toBe(true);
    const typed = { headers: { ...headers, "content-type": "text/plain" } };
    expect(await isRefused(await send(sandbox, key.fields, typed))).toBe(true);
    const required = {
      gupshup: ["send_to"],
      exotel: ["To"],
      msg91: ["recipients"],
      plivo: ["dst"],
    } as Record<string, string[]>;
    const [name = json ? Object.keys(json)[1] : "to"] = required[vendor] ?? [];
    const { [name ?? ""]: _, ...rest } = (json ?? form ?? {}) as Fields;
    expect(await isRefused(await send(sandbox, key.fields, json ? { json: rest } : { form: rest }))).toBe(
      true,
    );
    const other = await fetch(sandbox.url + path, { method: "PUT", headers });
    expect(other.status).toBe(404);
    expect(events.filter(({ kind }) => kind === "send-accepted")).toEqual([]);
  });

  it("can be slow to know a change", async () => {
    let nowMs = 1_000_000;
    const { sandbox, account, key } = await start({ vendor, now: () => nowMs });
    Object.assign(sandbox.faults.propagation, { newKeyMs: 5_000, revocationMs: 60_000 });
    nowMs += 5_000;
    const fresh = sandbox.createKey(account);
    sandbox.revokeKey(key.id);
    expect(await isRefused(await send(sandbox, fresh.fields))).toBe(true);
    expect(await isRefused(await send(sandbox, key.fields))).toBe(false);
    nowMs += 60_000;
    expect(await isRefused(await send(sandbox, fresh.fields))).toBe(false);
    expect(await isRefused(await send(sandbox, key.fields))).toBe(true);
  });

  it("says what to do where the person names an account or a key that there is not", async () => {
    const { sandbox, account } = await start({ vendor });
    expect(() => sandbox.createKey({ id: "none" })).toThrow(/no account none. Make one/);
    expect(() => sandbox.revokeKey("none")).toThrow(/no key none. Make one/);
    expect(() => sandbox.createAccount({ id: account.id })).toThrow(/already/);
  });
});

describe("the fake of optstuff", () => {
  const DAY_MS = 24 * 3_600_000;
  let nowMs = Date.parse("2026-04-14T08:00:00.000Z");

  const get = async (url: string, init: RequestInit = {}) => {
    const response = await fetch(url, init);
    const { error } = response.ok ? { error: "" } : ((await response.json()) as { error: string });
    return [response.status, error];
  };
  const begin = async () => {
    const started = await start({ vendor: "optstuff", now: () => nowMs });
    const sign = (change: Readonly<Record<string, unknown>> = {}, fields: Fields = started.key.fields) =>
      signUrl(fields, {
        baseUrl: started.sandbox.url,
        projectSlug: started.account.id,
        operations: "w_800,f_webp",
        image: "images.example.com/my photo.jpg?v=2",
        ...change,
      });
    return { ...started, sign };
  };

  it("serves an image to a URL that is signed, and counts it as a send of the key", async () => {
    const { key, sign, events } = await begin();
    const response = await fetch(sign());
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "image/webp"]);
    expect(events).toEqual([{ atMs: nowMs, kind: "send-accepted", keyId: key.id }]);
  });

  it("answers a HEAD without a body, and counts nothing", async () => {
    const { sign, events } = await begin();
    const found = await fetch(sign(), { method: "HEAD" });
    const refused = await fetch(sign({ operations: "x_1" }), { method: "HEAD" });
    expect([found.status, await found.text()]).toEqual([200, ""]);
    expect([refused.status, await refused.text()]).toEqual([400, ""]);
    expect(events.map(({ kind }) => kind)).toEqual(["request-rejected"]);
  });

  it("looks at the parameters, the key, the path, the operations, the signature, the project and the source in this order", async () => {
    const { sandbox, sign } = await begin();
    const stranger = sandbox.createKey(sandbox.createAccount());
    const without = (url: string, name: string) => {
      const changed = new URL(url);
      changed.searchParams.delete(name);
      return changed.href;
    };
    const wrong = { image: "elsewhere.example.com/a.jpg", operations: "x_1", projectSlug: "other" };
    const key = (publicKey: string) => ({ ...stranger.fields, publicKey });
    expect(await get(without(sign(wrong), "sig"))).toEqual([401, "Missing signature parameters"]);
    expect(await get(sign(wrong, key("pk_AAAAAAAAAAAAAAAAAAAAAA")))).toEqual([401, "Invalid API key"]);
    expect(await get(sign(wrong, stranger.fields))).toEqual([400, "Unsupported operation: x_1"]);
    const mixed = key(sandbox.truth.keys()[0]?.id ?? "");
    expect(await get(sign({ ...wrong, operations: "_" }, mixed))).toEqual([403, "Invalid signature"]);
    expect(await get(sign({ ...wrong, operations: "_" }))).toEqual([
      401,
      "API key does not belong to this project",
    ]);
    expect(await get(sign({ image: wrong.image }))).toEqual([403, "Forbidden: Source domain not allowed"]);
    expect(await get(sign())).toEqual([200, ""]);
  });

  it("refuses a URL after its end, whatever it was signed with", async () => {
    const { sign } = await begin();
    const expiresAt = new Date(nowMs + 1_000);
    const url = sign({ expiresAt });
    expect(await get(url)).toEqual([200, ""]);
    expect(await get(url.replace(/exp=\d+/, "exp=9999999999"))).toEqual([403, "Invalid signature"]);
    nowMs += 1_001;
    expect(await get(url)).toEqual([403, "Signature has expired"]);
  });

  it("says that there is no such key for a day after it was revoked, and then that it was", async () => {
    const { sandbox, key, sign } = await begin();
    sandbox.revokeKey(key.id);
    expect(await get(sign())).toEqual([401, "Invalid API key"]);
    nowMs += DAY_MS;
    expect(await get(sign())).toEqual([401, "API key has been revoked"]);
  });

  it("can go on with a revoked key from its cache, as where the vendor's cache could not be told", async () => {
    const { sandbox, key, sign } = await begin();
    sandbox.faults.propagation.revocationMs = 60_000;
    sandbox.revokeKey(key.id);
    nowMs += 59_999;
    expect(await get(sign())).toEqual([200, ""]);
    nowMs += 1;
    expect(await get(sign())).toEqual([401, "Invalid API key"]);
  });

  it("says that a key has expired, and that a project is gone", async () => {
    const { sandbox, account, sign } = await begin();
    const { fields } = sandbox.createKey(account, { expiresAtMs: nowMs });
    expect(await get(sign({}, fields))).toEqual([401, "API key has expired"]);
    sandbox.faults.suspend(account);
    expect(await get(sign())).toEqual([404, "Project not found"]);
  });

  it("takes images from the hosts that it is told", async () => {
    const { sandbox, account, key } = await start({
      vendor: "optstuff",
      allowedSources: ["cdn.example.com"],
    });
    const options = { baseUrl: sandbox.url, projectSlug: account.id, operations: "_" };
    const url = (image: string) => signUrl(key.fields, { ...options, image });
    expect(await get(url("cdn.example.com:443/a.jpg"))).toEqual([200, ""]);
    expect(await get(url("images.example.com/a.jpg"))).toEqual([403, "Forbidden: Source domain not allowed"]);
  });
});
