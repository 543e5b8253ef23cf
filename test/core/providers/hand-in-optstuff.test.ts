import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { signUrl } from "../../../client/index.ts";
import { HandInProvider } from "../../../core/providers/hand-in.ts";
import {
  accountOf,
  type HandInHarness,
  type HandInHarnessOptions,
  keyFieldsOf,
  policyOf,
  startHandInHarness,
  withFields,
} from "./hand-in-harness.ts";

const DAY_MS = 24 * 3_600_000;

describe("a key of optstuff", () => {
  const call = { signal: new AbortController().signal };
  let harness: HandInHarness;
  let nowMs: number;

  const start = async (options: HandInHarnessOptions = {}) => {
    await harness?.close();
    harness = await startHandInHarness("optstuff", { now: () => nowMs, ...options });
  };
  beforeEach(async () => {
    nowMs = Date.parse("2026-04-14T08:00:00.000Z");
    await start();
  });
  afterEach(() => harness.close());

  const probe = (key = harness.ours.key) => harness.provider.probe(key, call);

  it("has its public half as id, and its project as account", () => {
    const { provider, ours } = harness;
    expect(provider.identify(ours.key)).toEqual({ keyId: ours.keyId, account: "optstuff/project-1" });
    expect(ours.keyId).toMatch(/^pk_/);
  });

  it("does not say its secret half, should that stand where the public one belongs", () => {
    const { provider, ours } = harness;
    const secret = ours.key.secretKey?.reveal() ?? "";
    expect(provider.identify(withFields(ours.key, { publicKey: secret }))).toEqual({
      account: "optstuff/project-1",
    });
  });

  it("is dead on the day after its revocation as well, when the server says it in other words", async () => {
    harness.sandbox.revokeKey(harness.ours.keyId);
    expect(await probe()).toEqual({ kind: "rejected", because: 'HTTP 401 "Invalid API key"' });
    nowMs += DAY_MS;
    expect(await probe()).toEqual({ kind: "rejected", because: 'HTTP 401 "API key has been revoked"' });
  });

  it("is dead when it has expired", async () => {
    const { sandbox, ours } = harness;
    const { fields } = sandbox.createKey({ id: accountOf(ours) }, { expiresAtMs: nowMs + DAY_MS });
    expect(await probe(keyFieldsOf(fields))).toEqual({ kind: "accepted" });
    nowMs += DAY_MS;
    expect(await probe(keyFieldsOf(fields))).toEqual({
      kind: "rejected",
      because: 'HTTP 401 "API key has expired"',
    });
  });

  it("is not called dead where the two halves are of two keys", async () => {
    const { ours, stranger } = harness;
    const mixed = withFields(ours.key, { secretKey: stranger.key.secretKey?.reveal() ?? "" });
    const answer = await probe(mixed);
    expect(answer).toMatchObject({ kind: "unknown" });
    expect(answer).toMatchObject({ because: expect.stringContaining("do not belong together") });
  });

  it("is not called dead where it is of another project, which a HEAD could not tell", async () => {
    const { stranger } = harness;
    expect(await probe(stranger.key)).toMatchObject({
      kind: "unknown",
      because: expect.stringContaining("another project"),
    });
    const { publicKey, secretKey } = stranger.key;
    const key = { publicKey: publicKey?.reveal(), secretKey: secretKey?.reveal() };
    const image = {
      projectSlug: accountOf(harness.ours),
      operations: "w_1",
      image: "images.example.com/a.png",
    };
    const url = signUrl(key, { baseUrl: harness.sandbox.url, ...image });
    const head = await fetch(url, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([401, ""]);
  });

  it("is proven by a refusal of the image's host, too", async () => {
    await start({ probeImage: "elsewhere.example.com/logo.png" });
    expect(await probe()).toEqual({ kind: "accepted" });
    harness.sandbox.revokeKey(harness.ours.keyId);
    expect(await probe()).toMatchObject({ kind: "rejected" });
  });

  it.each([
    [403, "Forbidden: Invalid referer", "accepted"],
    [403, "Forbidden: something new", "unknown"],
    [404, "Image processing failed", "accepted"],
    [404, "Project not found", "unknown"],
    [410, "Image processing failed", "accepted"],
    [500, "Image processing failed", "unknown"],
    [502, "Image processing failed", "unknown"],
    [429, "Rate limit exceeded", "unknown"],
    [503, "Rate limiter unavailable", "unknown"],
    [403, "constructor", "unknown"],
  ])("is %s after HTTP %i %s", async (status, message, kind) => {
    harness.sandbox.faults.add({ fault: { kind: "answer", status, moment: "before", message } });
    expect(await probe()).toMatchObject({ kind });
  });

  it("says that the clocks are apart, and not that the key is dead", async () => {
    const { ours, sandbox } = harness;
    const policy = policyOf("optstuff", { slug: accountOf(ours), probeImage: "images.example.com/logo.png" });
    const late = new HandInProvider({ baseUrl: sandbox.url, policy, now: () => nowMs - 301_000 });
    expect(await late.probe(ours.key, call)).toMatchObject({
      kind: "unknown",
      because: expect.stringContaining("clocks"),
    });
  });

  it("says what is wrong with the policy's image, and asks nothing", async () => {
    await start({ probeImage: "https://images.example.com/logo.png" });
    const everything = harness.sandbox.faults.add({ fault: { kind: "drop", moment: "before" } });
    expect(await probe()).toEqual({
      kind: "unknown",
      because: "optstuff: no probe can be signed: the policy's probeImage has a protocol. Leave it out.",
    });
    expect(everything.hits).toBe(0);
  });
});
