import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConfigError } from "../../../contract/errors.ts";
import { StartMessaging } from "../../../core/providers/startmessaging.ts";
import { describeKeyProvider, print } from "./contract.ts";
import {
  fieldsOf,
  hashOf,
  type StartMessagingHarness,
  sendOtp,
  startHarness,
} from "./startmessaging-harness.ts";

const { capabilities } = new StartMessaging({ baseUrl: "https://api.startmessaging.com" });
describeKeyProvider("startmessaging", startHarness, capabilities);

describe("startmessaging", () => {
  const call = { signal: new AbortController().signal };
  let harness: StartMessagingHarness;
  let nowMs: number;

  beforeEach(async () => {
    nowMs = Date.parse("2026-04-14T08:00:00.000Z");
    harness = await startHarness({ now: () => nowMs });
  });
  afterEach(() => harness.close());

  const rejectionOf = (work: Promise<unknown>): Promise<Error> =>
    work.then(
      () => expect.fail("it succeeded"),
      (error: Error) => error,
    );

  it("shows when a key was last used, a minute coarse, and moved by its own calls", async () => {
    const { provider, ours } = harness;
    nowMs += 10_000;
    await provider.list(ours.credential, call);
    nowMs += 59_999;
    const listed = (await provider.list(ours.credential, call)).keys[0];
    expect(listed?.lastUsedAtMs).toBe(Date.parse("2026-04-14T08:00:10.000Z"));
    nowMs += 1;
    const later = (await provider.list(ours.credential, call)).keys[0];
    expect(later?.lastUsedAtMs).toBe(Date.parse("2026-04-14T08:01:10.000Z"));
  });

  it("identifies a key that was stored with a line break at its end", async () => {
    const { provider, ours } = harness;
    const { keys } = await provider.list(ours.credential, call);
    expect(keys[0]?.is(fieldsOf(`${ours.credential.apiKey?.reveal()}\n`))).toBe(true);
  });

  it("asks for no IP rules where the settings have none, and refuses settings that it cannot read", async () => {
    const { provider, ours } = harness;
    const request = { credential: ours.credential, name: "x" };
    expect((await provider.make({ ...request, settings: { allowedIps: null } }, call)).settings).toEqual({
      allowedIps: null,
    });
    const error = await rejectionOf(provider.make({ ...request, settings: { allowedIps: "any" } }, call));
    expect(error).toBeInstanceOf(ConfigError);
  });

  it.each([401, 403] as const)(
    "does not call a key rejected that an IP rule answers with %i",
    async (ipRefusal) => {
      const strict = await startHarness({ ipRefusal });
      const account = { id: strict.ours.account };
      const { apiKey } = strict.sandbox.createKey(account, { allowedIps: ["203.0.113.5"] });
      expect(await strict.provider.probe(fieldsOf(apiKey), call)).toMatchObject({ kind: "unknown" });
      await strict.close();
    },
  );

  it("counts sends since a time, that instant included, and sees the newest", async () => {
    const { provider, sandbox, ours } = harness;
    sandbox.throttles.otpsPerNumberPer5Minutes = Number.POSITIVE_INFINITY;
    for (let count = 0; count < 4; count += 1) {
      await sendOtp(sandbox, ours.credential);
      nowMs += 1_000;
    }
    const sinceMs = Date.parse("2026-04-14T08:00:02.000Z");
    const request = { credential: ours.credential, keyId: ours.keyId, sinceMs };
    expect(await provider.countSends(request, call)).toEqual({ count: 2, lastAtMs: sinceMs + 1_000 });
    expect(await provider.countSends({ ...request, sinceMs: sinceMs + 1_001 }, call)).toEqual({ count: 0 });
  });

  it("reads one page of sends, however many there are", async () => {
    const { provider, sandbox, ours } = harness;
    sandbox.throttles.otpsPerNumberPer5Minutes = Number.POSITIVE_INFINITY;
    await Promise.all(Array.from({ length: 130 }, () => sendOtp(sandbox, ours.credential)));
    const request = { credential: ours.credential, keyId: ours.keyId, sinceMs: 0 };
    expect(await provider.countSends(request, call)).toEqual({ count: 100, lastAtMs: nowMs });
  });

  it("keeps no code and no phone number of a send", async () => {
    const { provider, sandbox, ours } = harness;
    await sendOtp(sandbox, ours.credential);
    const use = await provider.countSends(
      { credential: ours.credential, keyId: ours.keyId, sinceMs: 0 },
      call,
    );
    expect(print(use)).not.toMatch(/482913|9876543210/);
    expect(use.count).toBe(1);
  });

  it("shows neither hash nor value of a key in a list", async () => {
    const { provider, ours } = harness;
    const shown = print(await provider.list(ours.credential, call));
    expect(shown).toContain(ours.keyId);
    expect(shown).not.toContain(hashOf(ours.credential));
  });

  it.each([
    [404, "Cannot GET /api-keys"],
    [403, "KYC submission required"],
  ])("points to the hand-in where the key routes answer %i", async (status, message) => {
    const { provider, sandbox, ours } = harness;
    const when = ({ path }: { path: string }) => path.startsWith("/api-keys");
    sandbox.faults.add({ when, fault: { kind: "answer", moment: "before", status, message } });
    const listed = await rejectionOf(provider.list(ours.credential, call));
    const made = await rejectionOf(
      provider.make({ credential: ours.credential, name: "x", settings: {} }, call),
    );
    expect(listed.message).toContain(`startmessaging: GET /api-keys was refused, got HTTP ${status}`);
    expect(listed.message).toContain(message);
    expect(made.message).toContain("startmessaging: POST /api-keys was refused");
    for (const error of [listed, made]) expect(error.message).toContain("dualkey hand-in");
  });

  it("does not take a lost page of some proxy for a revoked key", async () => {
    const { provider, sandbox, ours } = harness;
    sandbox.faults.add({ fault: { kind: "answer", moment: "before", status: 404, code: "BLOCKED" } });
    const error = await rejectionOf(
      provider.revoke({ credential: ours.credential, keyId: ours.keyId }, call),
    );
    expect(error).toMatchObject({ code: "PROVIDER_REJECTED" });
  });

  it.each(["", "..", "first", "../wallet"])("does not take a key for gone whose id is %j", async (keyId) => {
    const { provider, ours } = harness;
    const error = await rejectionOf(provider.revoke({ credential: ours.credential, keyId }, call));
    expect(error).toMatchObject({ code: "PROVIDER_REJECTED" });
  });

  it("asks the account of a key before it makes one, so that no new key is lost to that question", async () => {
    const { provider, sandbox, ours } = harness;
    const before = sandbox.truth.keys().length;
    sandbox.faults.add({
      when: ({ route }) => route === "wallet",
      fault: { kind: "answer", status: 500, moment: "before" },
    });
    const error = await rejectionOf(
      provider.make({ credential: ours.credential, name: "x", settings: {} }, call),
    );
    expect(error).toMatchObject({ code: "PROVIDER_UNAVAILABLE" });
    expect(sandbox.truth.keys()).toHaveLength(before);
  });

  it("accepts a new key only when the vendor's edges know it, and an old one for as long as they do", async () => {
    const { provider, sandbox, ours } = harness;
    Object.assign(sandbox.faults.propagation, { newKeyMs: 5_000, revocationMs: 5_000 });
    nowMs += 5_000;
    const made = await provider.make({ credential: ours.credential, name: "x", settings: {} }, call);
    expect(await provider.probe(made.fields, call)).toMatchObject({ kind: "rejected" });
    nowMs += 5_000;
    expect(await provider.probe(made.fields, call)).toEqual({ kind: "accepted" });
    await provider.revoke({ credential: ours.credential, keyId: made.keyId ?? "" }, call);
    expect(await provider.probe(made.fields, call)).toEqual({ kind: "accepted" });
    nowMs += 5_000;
    expect(await provider.probe(made.fields, call)).toMatchObject({ kind: "rejected" });
  });

  it("finds the account of a key whose list is empty", async () => {
    const { sandbox, ours } = harness;
    sandbox.faults.propagation.revocationMs = 60_000;
    await harness.provider.revoke({ credential: ours.credential, keyId: ours.keyId }, call);
    expect(await harness.provider.list(ours.credential, call)).toEqual({
      account: ours.account,
      complete: true,
      keys: [],
    });
  });

  it.each([
    "http://api.startmessaging.com",
    "https://user:pw@host",
    "https://host/?a=b",
    "ftp://host",
    "host",
  ])("sends no credential to %s", (baseUrl) => {
    expect(() => new StartMessaging({ baseUrl })).toThrow(ConfigError);
  });
});
