import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type StartMessagingSandbox, startStartMessagingSandbox } from "../../sandbox/startmessaging.ts";
import { ask, OTP } from "./client.ts";

const OFF = Number.POSITIVE_INFINITY;

describe("the StartMessaging sandbox: messages", () => {
  let sandbox: StartMessagingSandbox;
  let key: { readonly id: string; readonly apiKey: string };
  let other: { readonly id: string; readonly apiKey: string };
  let nowMs: number;

  beforeEach(async () => {
    nowMs = Date.parse("2026-04-14T08:00:00.000Z");
    const throttles = { sendsPer10Seconds: OFF, otpsPerNumberPer5Minutes: OFF };
    sandbox = await startStartMessagingSandbox({ now: () => nowMs, throttles, maxMessages: 1_000 });
    const account = sandbox.createAccount({ balance: 500 });
    [key, other] = [sandbox.createKey(account), sandbox.createKey(account)];
  });
  afterEach(() => sandbox.close());

  const send = (apiKey = key.apiKey, json: unknown = OTP) =>
    ask(sandbox, "POST /otp/send", { key: apiKey, json });
  const list = (query: string, apiKey = key.apiKey) =>
    ask(sandbox, `GET /messages?${query}`, { key: apiKey });
  const sendMany = async (count: number) => {
    const ids: string[] = [];
    for (let index = 0; index < count; index += 1) ids.push((await send()).body.data.messageId);
    return ids;
  };
  const idsOf = (body: { data: { id: string }[] }) => body.data.map((row) => row.id);

  it("accepts a send, and shows it with the code in its content and without a country", async () => {
    const { status, body } = await send();
    expect([status, body.data.status]).toEqual([201, "sent"]);
    nowMs += 2_000;
    const shown = await ask(sandbox, `GET /messages/${body.data.messageId}`, { key: key.apiKey });
    expect(shown.body.data).toMatchObject({
      id: body.data.messageId,
      apiKeyId: key.id,
      phoneNumber: "+919876543210",
      content: expect.stringContaining("482913"),
      status: "delivered",
      createdAt: "2026-04-14T08:00:00.000Z",
      deliveredAt: "2026-04-14T08:00:02.000Z",
    });
    expect(shown.body.data).not.toHaveProperty("country");
  });

  it("has sent before, where it is given a past: it costs nothing, and counts for no throttle", async () => {
    sandbox.throttles.otpsPerNumberPer5Minutes = 1;
    const atMs = nowMs - 86_400_000;
    const phoneNumber = OTP.phoneNumber;
    sandbox.addPastSends(key, [
      { phoneNumber, atMs },
      { phoneNumber, atMs: atMs + 1_000 },
    ]);
    expect((await send()).status).toBe(201);
    const { body } = await list("cursor=");
    expect(body.data.map((row: { createdAt: string }) => row.createdAt)).toEqual([
      "2026-04-14T08:00:00.000Z",
      "2026-04-13T08:00:01.000Z",
      "2026-04-13T08:00:00.000Z",
    ]);
    expect(body.data.every((row: { apiKeyId: string }) => row.apiKeyId === key.id)).toBe(true);
    const wallet = await ask(sandbox, "GET /wallet", { key: key.apiKey });
    expect(wallet.body.data.balance).toBe(499.75);
    expect(() => sandbox.addPastSends({ id: "nobody" }, [])).toThrow("there is no key nobody");
  });

  it("walks all messages by cursor, newest first, each once, though they share a millisecond", async () => {
    const ids = await sendMany(10);
    const seen: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const { body } = await list(`limit=3&cursor=${cursor}`);
      seen.push(...idsOf(body));
      expect(body.pagination.hasNextPage).toBe(body.pagination.nextCursor !== null);
      cursor = body.pagination.nextCursor;
    }
    expect(seen).toEqual(ids.reverse());
  });

  it("filters by key and by time, both ends included", async () => {
    await sendMany(2);
    nowMs += 1_000;
    const [middle] = await sendMany(1);
    await send(other.apiKey);
    nowMs += 1_000;
    await sendMany(1);
    const at = "2026-04-14T08:00:01.000Z";
    const { body } = await list(`cursor=&apiKeyId=${key.id}&startDate=${at}&endDate=${at}`);
    expect(idsOf(body)).toEqual([middle]);
    expect(idsOf((await list(`cursor=&apiKeyId=${other.id}`)).body)).toHaveLength(1);
  });

  it("shows a message to its own account alone", async () => {
    const [id] = await sendMany(1);
    const stranger = sandbox.createKey(sandbox.createAccount()).apiKey;
    expect((await ask(sandbox, `GET /messages/${id}`, { key: stranger })).status).toBe(404);
    expect((await list(`cursor=&apiKeyId=${key.id}`, stranger)).body.data).toEqual([]);
  });

  it("pages by number with totals, and without where they are not wanted", async () => {
    const ids = await sendMany(7);
    const second = await list("page=2&limit=3");
    expect(idsOf(second.body)).toEqual(ids.toReversed().slice(3, 6));
    expect(second.body.pagination).toEqual({
      page: 2,
      limit: 3,
      totalItems: 7,
      totalPages: 3,
      hasNextPage: true,
      hasPreviousPage: true,
    });
    expect((await list("page=1&limit=3&withCount=false")).body.pagination.totalItems).toBe(-1);
    expect(idsOf((await list("sortBy=created_at&sortOrder=ASC")).body)).toEqual(ids);
    expect((await list("page=&limit=")).body.pagination).toMatchObject({ page: 1, limit: 20 });
  });

  it("filters by status", async () => {
    await sendMany(2);
    nowMs += 2_000;
    await sendMany(1);
    expect((await list("status=delivered")).body.data).toHaveLength(2);
    expect((await list("cursor=&status=sent")).body.data).toHaveLength(1);
  });

  it.each([
    "limit=101",
    "limit=0",
    "limit=-5",
    "limit=many",
    "page=0",
    "page=502&limit=100",
    "startDate=",
    "endDate=",
    "startDate=yesterday",
    "apiKeyId=",
    "apiKeyId=first",
    "status=",
    "status=lost",
    "sortBy=password",
    "cursor=&sortBy=cost",
    "cursor=&sortOrder=ASC",
    "cursor=garbage",
    "cursor=W10",
    "cursor=eyJjcmVhdGVkQXQiOiIyMDI2LTAxLTAxVDAwOjAwOjAwWiIsImlkIjoibm90LWEtdXVpZCJ9",
  ])("refuses ?%s with 400", async (query) => {
    const { status, body } = await list(query);
    expect([status, body.success]).toEqual([400, false]);
  });

  it("says INVALID_INPUT where a page is too deep, and allows the deepest", async () => {
    expect((await list("page=502&limit=100")).body.error.code).toBe("INVALID_INPUT");
    expect((await list("page=501&limit=100")).status).toBe(200);
  });

  it.each([
    ["a number without its country", { ...OTP, phoneNumber: "9876543210" }],
    ["a number that is no text", { ...OTP, phoneNumber: 919876543210 }],
    ["no variables", { phoneNumber: OTP.phoneNumber }],
    ["a code of three digits", { ...OTP, variables: { otp: "123" } }],
    ["a code that is a number", { ...OTP, variables: { otp: 123456 } }],
    ["a template that is no UUID", { ...OTP, templateId: "t" }],
  ])("refuses to send %s", async (_name, json) => {
    const { status, body } = await send(key.apiKey, json);
    expect([status, body.error.code]).toEqual([400, "VALIDATION_ERROR"]);
    expect(sandbox.truth.sendsByKey()).not.toHaveProperty(key.id, 1);
  });

  it("refuses an id that is no UUID, and one that was never given", async () => {
    const of = async (id: string) => (await ask(sandbox, `GET /messages/${id}`, { key: key.apiKey })).status;
    expect([await of("first"), await of("00000000-0000-4000-8000-000000000000")]).toEqual([400, 404]);
  });

  it("stops sending when the balance is spent", async () => {
    const poor = sandbox.createKey(sandbox.createAccount({ balance: 0.3 })).apiKey;
    const got = [await send(poor), await send(poor)];
    expect(got.map(({ status }) => status)).toEqual([201, 400]);
    expect(got[1]?.body.error.code).toBe("INSUFFICIENT_BALANCE");
  });

  it("forgets the oldest messages, so that a long run does not fill the memory", async () => {
    const [oldest] = await sendMany(1);
    await Promise.all(Array.from({ length: 1_000 }, () => send()));
    expect((await ask(sandbox, `GET /messages/${oldest}`, { key: key.apiKey })).status).toBe(404);
    const { body } = await list("limit=100");
    expect([body.data.length, body.pagination.totalItems]).toEqual([100, 901]);
    expect(sandbox.truth.sendsByKey()[key.id]).toBe(1_001);
  });
});
