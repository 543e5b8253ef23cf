import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type SandboxEvent, startTwilioSandbox, type TwilioSandbox } from "../../sandbox/twilio.ts";

const READ = "/twilio/messaging/messages/read";
const CREATE = "/twilio/messaging/messages/create";
const SEND = { To: "+919876543210", From: "+15005550006", Body: "Your code is 482913" };

let sandbox: TwilioSandbox;
let account: { id: string; authToken: string };
let nowMs: number;

beforeEach(async () => {
  nowMs = Date.parse("2026-04-14T08:00:00.000Z");
  sandbox = await startTwilioSandbox({ now: () => nowMs });
  account = sandbox.createAccount();
});
afterEach(() => sandbox.close());

interface Ask {
  readonly as?: readonly [user: string, password: string] | undefined;
  readonly form?: Readonly<Record<string, string>>;
  readonly json?: unknown;
}

/** Plain fetch, as any client of the vendor would use, with the account's auth token unless told otherwise. */
async function ask(route: string, { as = [account.id, account.authToken], form, json }: Ask = {}) {
  const [method = "GET", path = "/"] = route.split(" ");
  const response = await fetch(sandbox.url + path.replace("{AC}", account.id), {
    method,
    headers: {
      authorization: `Basic ${Buffer.from(as.join(":")).toString("base64")}`,
      ...(json === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  });
  const text = await response.text();
  // biome-ignore lint/suspicious/noExplicitAny: tests look into any shape, and fail where it is another
  return { status: response.status, body: (text === "" ? undefined : JSON.parse(text)) as any };
}

const asKey = (key: { apiKeySid: string; apiKeySecret: string }) =>
  [key.apiKeySid, key.apiKeySecret] as const;
const MESSAGES = "/2010-04-01/Accounts/{AC}/Messages.json";
const KEYS = "/2010-04-01/Accounts/{AC}/Keys";

describe("its keys", () => {
  it("are shown with their secret once, in both APIs, and work at once", async () => {
    const form = { AccountSid: account.id, FriendlyName: "v1" };
    const v1 = await ask("POST /v1/Keys", { form });
    const older = await ask(`POST ${KEYS}.json`, { form: { FriendlyName: "2010" } });
    expect([v1.status, older.status]).toEqual([201, 201]);
    expect(v1.body).toEqual({
      sid: expect.stringMatching(/^SK[0-9a-f]{32}$/),
      friendly_name: "v1",
      date_created: "Tue, 14 Apr 2026 08:00:00 +0000",
      date_updated: "Tue, 14 Apr 2026 08:00:00 +0000",
      secret: expect.stringMatching(/^\w{32}$/),
      policy: null,
    });
    expect(older.body).not.toHaveProperty("policy");
    for (const { sid, secret } of [v1.body, older.body]) {
      expect((await ask(`GET ${MESSAGES}`, { as: [sid, secret] })).status).toBe(200);
      const shown = await ask(`GET /v1/Keys/${sid}`);
      expect(shown.body).toMatchObject({ sid, policy: null });
      expect(shown.body).not.toHaveProperty("secret");
      expect((await ask(`GET ${KEYS}/${sid}.json`)).body).toMatchObject({ sid });
    }
  });

  it("are restricted where a policy is given with their type", async () => {
    const form = { AccountSid: account.id, KeyType: "restricted", Policy: JSON.stringify({ allow: [READ] }) };
    const { status, body } = await ask("POST /v1/Keys", { form });
    expect([status, body.policy]).toEqual([201, { allow: [READ] }]);
    const as = [body.sid, body.secret] as const;
    expect((await ask(`GET ${MESSAGES}`, { as })).status).toBe(200);
    const refused = await ask(`POST ${MESSAGES}`, { as, form: SEND });
    expect([refused.status, refused.body.code]).toEqual([403, 70051]);
    expect((await ask("GET /v1/Keys", { as })).body.code).toBe(70051);
  });

  it.each([
    [{ KeyType: "restricted" }],
    [{ Policy: JSON.stringify({ allow: [READ] }) }],
    [{ KeyType: "standard" }],
    [{ KeyType: "restricted", Policy: "{}" }],
    [{ KeyType: "restricted", Policy: "all" }],
    [{ KeyType: "restricted", Policy: JSON.stringify({ allow: [READ], deny: [] }) }],
    [{ KeyType: "restricted", Policy: JSON.stringify({ allow: Array.from({ length: 101 }, () => READ) }) }],
    [{ FriendlyName: "n".repeat(65) }],
    [{ Name: "unknown" }],
    [{ AccountSid: "" }],
  ])("are not made with %j", async (form: Record<string, string>) => {
    const made = await ask("POST /v1/Keys", { form: { AccountSid: account.id, ...form } });
    expect(made.status).toBe(400);
    expect(sandbox.truth.keys().filter(({ id }) => id.startsWith("SK"))).toEqual([]);
  });

  it("are not made from JSON", async () => {
    expect((await ask("POST /v1/Keys", { json: { AccountSid: account.id } })).status).toBe(415);
    expect((await ask(`POST ${KEYS}.json`, { json: {} })).status).toBe(415);
  });

  it("are managed by a main key, and by no other", async () => {
    const main = sandbox.createKey(account, { type: "main" });
    const standard = sandbox.createKey(account);
    const query = `?AccountSid=${account.id}`;
    expect((await ask(`GET /v1/Keys${query}`, { as: asKey(main) })).status).toBe(200);
    expect((await ask(`DELETE /v1/Keys/${standard.id}`, { as: asKey(standard) })).body).toMatchObject({
      code: 20003,
      status: 401,
      more_info: expect.stringContaining("20003"),
    });
    expect((await ask("POST /v1/AuthTokens/Secondary", { as: asKey(standard) })).status).toBe(401);
    expect((await ask(`DELETE /v1/Keys/${standard.id}`, { as: asKey(main) })).status).toBe(204);
  });

  it("are gone when they are deleted, the second time as unknown as one of another account", async () => {
    const key = sandbox.createKey(account);
    const strange = sandbox.createKey(sandbox.createAccount());
    expect((await ask(`DELETE ${KEYS}/${key.id}.json`)).status).toBe(204);
    const dead = await ask(`GET ${MESSAGES}`, { as: asKey(key) });
    expect([dead.status, dead.body.code]).toEqual([401, 20003]);
    for (const id of [key.id, strange.id]) {
      const gone = await ask(`DELETE /v1/Keys/${id}`);
      expect([gone.status, gone.body.code]).toEqual([404, 20404]);
    }
    expect(sandbox.truth.accepts({ ...strange })).toBe(true);
    expect(sandbox.truth.accepts({ ...key })).toBe(false);
  });

  it("come page by page, by whole links in the one API and by relative ones in the other", async () => {
    const ids = Array.from({ length: 5 }, () => sandbox.createKey(account).id);
    const read = async (first: string, next: (body: Record<string, never>) => string | null) => {
      const found: string[] = [];
      for (let path: string | null = first; path !== null; ) {
        const { body } = await ask(`GET ${path}`);
        found.push(...body.keys.map(({ sid }: { sid: string }) => sid));
        path = next(body)?.replace(sandbox.url, "") ?? null;
      }
      return found;
    };
    const newest = ids.toReversed();
    const v1 = `/v1/Keys?AccountSid=${account.id}&PageSize=2`;
    expect(
      await read(v1, ({ meta }: Record<string, { next_page_url?: string }>) => meta?.next_page_url ?? null),
    ).toEqual(newest);
    const link = ({ next_page_uri }: Record<string, string>) => next_page_uri ?? null;
    expect(await read(`${KEYS}.json?PageSize=2`, link)).toEqual(newest);
  });

  it.each(["PageSize=0", "PageSize=1001", "PageSize=x", "Page=1", "PageToken=x", "Limit=5"])(
    "are not listed by %s",
    async (query) => {
      expect((await ask(`GET ${KEYS}.json?${query}`)).status).toBe(400);
      expect((await ask(`GET /v1/Keys?AccountSid=${account.id}&${query}`)).status).toBe(400);
    },
  );

  it("are at most as many as the switch says, in both APIs", async () => {
    sandbox.switches.keysPerAccount = 1;
    sandbox.createKey(account);
    const v1 = await ask("POST /v1/Keys", { form: { AccountSid: account.id } });
    const older = await ask(`POST ${KEYS}.json`, { form: {} });
    for (const { status, body } of [v1, older]) expect([status, body.code]).toEqual([400, 70151]);
  });

  it("are known to the 2010 API alone where the account has no IAM v1", async () => {
    const { id } = sandbox.createKey(account);
    sandbox.setIamV1(account, false);
    for (const route of [
      `GET /v1/Keys?AccountSid=${account.id}`,
      `GET /v1/Keys/${id}`,
      `DELETE /v1/Keys/${id}`,
    ]) {
      const { status, body } = await ask(route);
      expect([status, body.code]).toEqual([404, 20404]);
    }
    const made = await ask("POST /v1/Keys", { form: { AccountSid: account.id } });
    expect(made.status).toBe(404);
    expect((await ask(`GET ${KEYS}/${id}.json`)).status).toBe(200);
  });
});

describe("its auth tokens", () => {
  it("take each other's place in one step", async () => {
    const made = await ask("POST /v1/AuthTokens/Secondary");
    expect([made.status, made.body.account_sid]).toEqual([201, account.id]);
    const as = [account.id, made.body.secondary_auth_token] as const;
    expect((await ask(`GET ${MESSAGES}`, { as })).status).toBe(401);
    sandbox.switches.secondaryWorks = true;
    expect((await ask(`GET ${MESSAGES}`, { as })).status).toBe(200);
    const promoted = await ask("POST /v1/AuthTokens/Promote");
    expect([promoted.status, promoted.body.auth_token]).toEqual([200, made.body.secondary_auth_token]);
    expect((await ask(`GET ${MESSAGES}`)).status).toBe(401);
    expect((await ask(`GET ${MESSAGES}`, { as })).status).toBe(200);
    const keys = sandbox.truth.keys().map(({ id, endedAtMs }) => [id, endedAtMs !== undefined]);
    expect(keys).toEqual([
      [`${account.id}/token-1`, true],
      [`${account.id}/token-2`, false],
    ]);
  });

  it("leave the primary one alone when the secondary one is deleted, and are not promoted then", async () => {
    await ask("POST /v1/AuthTokens/Secondary");
    expect((await ask("DELETE /v1/AuthTokens/Secondary")).status).toBe(204);
    expect((await ask("DELETE /v1/AuthTokens/Secondary")).status).toBe(404);
    expect((await ask("POST /v1/AuthTokens/Promote")).status).toBe(404);
    expect((await ask(`GET ${MESSAGES}`)).status).toBe(200);
  });

  it("are made by requests without a body alone", async () => {
    expect((await ask("POST /v1/AuthTokens/Secondary", { form: { FriendlyName: "x" } })).status).toBe(400);
  });
});

describe("its messages", () => {
  it("are queued first, and sent a second later", async () => {
    const sent = await ask(`POST ${MESSAGES}`, { form: SEND });
    expect(sent.status).toBe(201);
    expect(sent.body).toMatchObject({
      status: "queued",
      date_sent: null,
      price: null,
      to: SEND.To,
      body: SEND.Body,
    });
    nowMs += 1_000;
    const [row] = (await ask(`GET ${MESSAGES}`)).body.messages;
    expect(row).toMatchObject({
      sid: sent.body.sid,
      status: "sent",
      date_sent: "Tue, 14 Apr 2026 08:00:00 +0000",
      price: "-0.00790",
      price_unit: "USD",
      direction: "outbound-api",
    });
  });

  it.each([
    [{ To: "" }, 21604],
    [{ To: "91987" }, 21211],
    [{ From: "" }, 21603],
    [{ Body: "" }, 21602],
    [{ Body: "x".repeat(1601) }, 21617],
  ])("are refused with %j", async (form: Record<string, string>, code) => {
    const { status, body } = await ask(`POST ${MESSAGES}`, { form: { ...SEND, ...form } });
    expect([status, body.code]).toEqual([400, code]);
    expect((await ask(`GET ${MESSAGES}`)).body.messages).toEqual([]);
  });

  it("are refused with a field that the vendor does not know, and as JSON", async () => {
    expect((await ask(`POST ${MESSAGES}`, { form: { ...SEND, to: "x" } })).status).toBe(400);
    expect((await ask(`POST ${MESSAGES}`, { json: SEND })).status).toBe(415);
  });

  it("are found by when and to whom they were sent, page by page", async () => {
    for (let count = 0; count < 4; count += 1) {
      await ask(`POST ${MESSAGES}`, { form: { ...SEND, To: `+9198765432${10 + count}` } });
      nowMs += 60_000;
    }
    const find = async (query: Record<string, string>) => {
      const { body } = await ask(`GET ${MESSAGES}?${new URLSearchParams(query)}`);
      return [body.messages.length, body.next_page_uri];
    };
    expect(await find({ "DateSent>": "2026-04-14T08:01:00Z" })).toEqual([3, null]);
    expect(await find({ "DateSent<": "2026-04-14T08:01:00Z" })).toEqual([2, null]);
    expect(await find({ DateSent: "2026-04-14" })).toEqual([4, null]);
    expect(await find({ DateSent: "2026-04-15" })).toEqual([0, null]);
    expect(await find({ To: "+919876543212" })).toEqual([1, null]);
    const [count, next] = await find({ "DateSent>": "2026-04-14", PageSize: "3" });
    expect(count).toBe(3);
    expect(next).toMatch(/^\/2010-04-01\/.*DateSent%3E=2026-04-14.*PageToken=PASM/);
    expect((await ask(`GET ${next}`)).body.messages).toHaveLength(1);
  });

  it("are written down by key, sent or refused, and neither text nor number with them", async () => {
    const events: SandboxEvent[] = [];
    sandbox.onEvent((event) => events.push(event));
    const key = sandbox.createKey(account, { type: "restricted", policy: { allow: [CREATE] } });
    await ask(`POST ${MESSAGES}`, { as: asKey(key), form: SEND });
    await ask(`POST ${MESSAGES}`, { form: SEND });
    sandbox.faults.suspend(account);
    await ask(`POST ${MESSAGES}`, { as: asKey(key), form: SEND });
    await ask(`POST ${MESSAGES}`, { as: [key.id, "wrong"], form: SEND });
    const sends = events.filter(({ kind }) => kind.startsWith("send-"));
    expect(sends.map(({ kind, keyId, status }) => [kind, keyId, status])).toEqual([
      ["send-accepted", key.id, undefined],
      ["send-accepted", `${account.id}/token-1`, undefined],
      ["send-rejected", key.id, 401],
      ["send-rejected", undefined, 401],
    ]);
    expect(JSON.stringify(events)).not.toMatch(/482913|9876543210/);
    expect(sandbox.truth.tallies().get(key.id)).toMatchObject({ sendsAccepted: 1, rejected: 1 });
  });
});

describe("its switches", () => {
  it("let no credential of a suspended account in, and all of them when it is restored", async () => {
    const key = sandbox.createKey(account);
    sandbox.faults.suspend(account);
    for (const as of [asKey(key), undefined]) {
      const { status, body } = await ask(`GET ${MESSAGES}`, { as });
      expect([status, body.code]).toEqual([401, 20003]);
    }
    sandbox.faults.restore(account);
    expect((await ask(`GET ${MESSAGES}`, { as: asKey(key) })).status).toBe(200);
  });

  it("let a change take its time", async () => {
    Object.assign(sandbox.faults.propagation, { newKeyMs: 5_000, revocationMs: 5_000 });
    nowMs += 5_000;
    const key = sandbox.createKey(account);
    const status = async () => (await ask(`GET ${MESSAGES}`, { as: asKey(key) })).status;
    expect(await status()).toBe(401);
    nowMs += 5_000;
    expect(await status()).toBe(200);
    await ask(`DELETE /v1/Keys/${key.id}`);
    expect(await status()).toBe(200);
    nowMs += 5_000;
    expect(await status()).toBe(401);
  });

  it("break one route, in the vendor's words", async () => {
    const fault = { kind: "throttle" } as const;
    sandbox.faults.add({ when: ({ route, account: of }) => route === "send" && of === account.id, fault });
    const { status, body } = await ask(`POST ${MESSAGES}`, { form: SEND });
    expect([status, body.code]).toEqual([429, 20429]);
    expect((await ask(`GET ${MESSAGES}`)).status).toBe(200);
  });

  it("give an account another auth token, as the console would", async () => {
    const { authToken } = sandbox.replaceAuthToken(account);
    expect((await ask(`GET ${MESSAGES}`)).status).toBe(401);
    expect((await ask(`GET ${MESSAGES}`, { as: [account.id, authToken] })).status).toBe(200);
    expect(sandbox.truth.accepts({ accountSid: account.id, authToken })).toBe(true);
  });
});

it.each([
  ["GET /v1/Unknown", 404],
  ["PUT /v1/Keys", 404],
  [`GET /2010-04-01/Accounts/AC${"0".repeat(32)}/Messages.json`, 401],
])("answers %s with %i", async (route, status) => {
  const answered = await ask(route);
  expect([answered.status, answered.body.status]).toEqual([status, status]);
});
