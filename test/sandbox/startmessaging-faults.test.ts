import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type SandboxEvent,
  type StartMessagingSandbox,
  startStartMessagingSandbox,
} from "../../sandbox/startmessaging.ts";
import { ask, OTP } from "./client.ts";

describe("the StartMessaging sandbox: throttles, faults and truth", () => {
  let sandbox: StartMessagingSandbox;
  let account: { readonly id: string };
  let key: { readonly id: string; readonly apiKey: string };
  let nowMs: number;

  beforeEach(async () => {
    nowMs = Date.parse("2026-04-14T08:00:00.000Z");
    sandbox = await startStartMessagingSandbox({ now: () => nowMs });
    account = sandbox.createAccount();
    key = sandbox.createKey(account, { label: "first" });
  });
  afterEach(() => sandbox.close());

  const wallet = () => ask(sandbox, "GET /wallet", { key: key.apiKey });
  const send = (phoneNumber = OTP.phoneNumber) =>
    ask(sandbox, "POST /otp/send", { key: key.apiKey, json: { ...OTP, phoneNumber } });
  const makeKey = () => ask(sandbox, "POST /api-keys", { key: key.apiKey, json: { label: "new" } });

  it("throttles requests to a route in a minute, says when to come back, and leaves other routes alone", async () => {
    sandbox.throttles.requestsPerMinute = 2;
    const statuses = [(await wallet()).status, (await wallet()).status];
    nowMs += 20_000;
    const third = await wallet();
    expect([...statuses, third.status, third.headers.get("retry-after")]).toEqual([200, 200, 429, "40"]);
    expect((await send()).status).toBe(201);
    nowMs += 40_000;
    expect((await wallet()).status).toBe(200);
  });

  it("has the vendor's limits unless others are set", () => {
    expect(sandbox.throttles).toEqual({
      requestsPerMinute: 1200,
      sendsPer10Seconds: 200,
      otpsPerNumberPer5Minutes: 3,
    });
  });

  it("throttles sends in ten seconds", async () => {
    sandbox.throttles.sendsPer10Seconds = 1;
    await send("+919876543210");
    const second = await send("+919876543211");
    expect([second.status, second.headers.get("retry-after")]).toEqual([429, "10"]);
  });

  it("refuses the fourth code to one number in five minutes, in the vendor's words", async () => {
    for (let count = 0; count < 3; count += 1) await send();
    const fourth = await send();
    expect([fourth.status, fourth.body.error.code]).toEqual([400, "RATE_LIMIT_EXCEEDED"]);
    expect((await send("+919876543211")).status).toBe(201);
    nowMs += 300_000;
    expect((await send()).status).toBe(201);
  });

  it("fails before or after a request was applied, as told", async () => {
    const count = () => sandbox.truth.keys().length;
    sandbox.faults.add({ fault: { kind: "answer", status: 503, moment: "before" }, times: 1 });
    expect([(await makeKey()).status, count()]).toEqual([503, 1]);
    sandbox.faults.add({ fault: { kind: "answer", status: 500, moment: "after" }, times: 1 });
    const lost = await makeKey();
    expect([lost.status, lost.body.success, count()]).toEqual([500, false, 2]);
    expect((await makeKey()).status).toBe(201);
  });

  it("drops a connection before or after a request was applied, as told", async () => {
    const count = () => sandbox.truth.keys().length;
    sandbox.faults.add({ fault: { kind: "drop", moment: "before" }, times: 1 });
    await expect(makeKey()).rejects.toThrow("fetch failed");
    expect(count()).toBe(1);
    sandbox.faults.add({ fault: { kind: "drop", moment: "after" }, times: 1 });
    await expect(makeKey()).rejects.toThrow("fetch failed");
    expect(count()).toBe(2);
  });

  it("applies a delayed request though its client has given up", async () => {
    const client = new AbortController();
    const fault = () => {
      client.abort();
      return { kind: "delay", ms: 5, moment: "before" } as const;
    };
    sandbox.faults.add({ fault, times: 1 });
    const applied = new Promise<void>((resolve) => {
      sandbox.onEvent(({ kind }) => kind === "key-made" && resolve());
    });
    const init = { method: "POST", headers: { "x-api-key": key.apiKey }, signal: client.signal };
    await expect(fetch(`${sandbox.url}/api-keys`, init)).rejects.toThrow("aborted");
    await applied;
    expect(sandbox.truth.keys()).toHaveLength(2);
  });

  it("hits only the requests that a rule is for, and counts them", async () => {
    const fault = { kind: "throttle", retryAfterSeconds: 7 } as const;
    const rule = sandbox.faults.add({
      when: ({ route, keyId }) => route !== "send" && keyId === key.id,
      fault,
    });
    const throttled = await wallet();
    expect([throttled.status, throttled.headers.get("retry-after")]).toEqual([429, "7"]);
    expect([(await send()).status, rule.hits]).toEqual([201, 1]);
    rule.remove();
    expect((await wallet()).status).toBe(200);
  });

  it("lets a hook choose the fault of each request, by who is calling", async () => {
    sandbox.faults.add({
      fault: ({ userAgent, method, path, account: id }) =>
        userAgent === "dualkey" && `${method} ${path}` === "GET /wallet" && id === account.id
          ? { kind: "answer", status: 502, moment: "before" }
          : undefined,
    });
    const headers = { "user-agent": "dualkey" };
    expect((await ask(sandbox, "GET /wallet", { key: key.apiKey, headers })).status).toBe(502);
    expect((await wallet()).status).toBe(200);
  });

  it("closes though a request hangs", async () => {
    sandbox.faults.add({ fault: { kind: "hang", moment: "after" } });
    const made = new Promise<void>((resolve) => {
      sandbox.onEvent(() => resolve());
    });
    const hanging = makeKey().catch((error: Error) => error);
    await made;
    await sandbox.close();
    expect(await hanging).toBeInstanceOf(Error);
  });

  it("tells what happened, by key id, and never a value, a number or a code", async () => {
    const events: SandboxEvent[] = [];
    const stop = sandbox.onEvent((event) => events.push(event));
    const made = (await makeKey()).body.data;
    await send();
    await ask(sandbox, `DELETE /api-keys/${made.id}`, { key: key.apiKey });
    await ask(sandbox, "POST /otp/send", { key: made.key, json: OTP });
    await ask(sandbox, "GET /wallet", { key: "sk_live_never" });
    stop();
    await send();
    const rejected = { status: 401, because: "Invalid API key", atMs: nowMs };
    expect(events).toEqual([
      { kind: "key-made", keyId: made.id, atMs: nowMs },
      { kind: "send-accepted", keyId: key.id, atMs: nowMs },
      { kind: "key-ended", keyId: made.id, atMs: nowMs },
      { kind: "send-rejected", keyId: made.id, ...rejected },
      { kind: "request-rejected", ...rejected },
    ]);
  });

  it("knows every key ever made, and what each was used for", async () => {
    const made = (await makeKey()).body.data;
    nowMs += 1_000;
    await ask(sandbox, "POST /otp/send", { key: made.key, json: OTP });
    await ask(sandbox, `DELETE /api-keys/${made.id}`, { key: key.apiKey });
    await ask(sandbox, "GET /wallet", { key: made.key });
    await ask(sandbox, "GET /wallet", { key: "sk_live_never" });
    const bornMs = nowMs - 1_000;
    expect(sandbox.truth.keys()).toEqual([
      { id: key.id, name: "first", account: account.id, createdAtMs: bornMs, lastUsedAtMs: bornMs },
      {
        id: made.id,
        name: "new",
        account: account.id,
        createdAtMs: bornMs,
        lastUsedAtMs: nowMs,
        endedAtMs: nowMs,
      },
    ]);
    expect(sandbox.truth.sendsByKey()).toEqual({ [key.id]: 0, [made.id]: 1 });
    expect(sandbox.truth.rejectionsByKey()).toEqual({ [key.id]: 0, [made.id]: 1, unknown: 1 });
    expect(sandbox.truth.tallies().get(made.id)).toEqual({
      sendsAccepted: 1,
      rejected: 1,
      lastSendAtMs: nowMs,
    });
    expect([
      sandbox.truth.accepts({ apiKey: key.apiKey }),
      sandbox.truth.accepts({ apiKey: made.key }),
    ]).toEqual([true, false]);
  });
});
