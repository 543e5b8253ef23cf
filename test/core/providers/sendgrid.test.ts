import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConfigError } from "../../../contract/errors.ts";
import { SendGrid } from "../../../core/providers/sendgrid.ts";
import { describeKeyProvider } from "./contract.ts";
import { fieldsOf, SCOPES, type SendGridHarness, startHarness } from "./sendgrid-harness.ts";

const { capabilities } = new SendGrid({ baseUrl: "https://api.sendgrid.com" });
describeKeyProvider("sendgrid", startHarness, capabilities);

describe("sendgrid", () => {
  const call = { signal: new AbortController().signal };
  let harness: SendGridHarness;
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
  const make = (settings: Record<string, unknown> = { scopes: SCOPES }) =>
    harness.provider.make({ credential: harness.ours.credential, name: "dk-1", settings }, call);
  const settingsOf = (keyId: string) =>
    harness.provider.settings({ credential: harness.ours.credential, keyId }, call);
  const addKey = (scopes: readonly string[]) =>
    harness.sandbox.createKey({ id: harness.ours.account }, { scopes });

  describe("a key without scopes", () => {
    it("is not taken for a model, and the error says what to do", async () => {
      const before = harness.liveKeyIds().length;
      const error = await rejectionOf(settingsOf(addKey([]).id));
      expect(error).toMatchObject({ code: "PROVIDER_REJECTED" });
      expect(error.message).toContain("full access, so none is made");
      expect(error.message).toContain("Set the key's scopes in the vendor's console");
      expect(harness.liveKeyIds()).toHaveLength(before + 1);
    });

    it("is never made: a first key is handed in", async () => {
      const before = harness.liveKeyIds();
      const request = { credential: harness.ours.credential, name: "dk-1" };
      const error = await rejectionOf(harness.provider.make(request, call));
      expect(error).toMatchObject({ code: "PROVIDER_REJECTED" });
      expect(error.message).toContain("dualkey hand-in");
      expect(harness.liveKeyIds()).toEqual(before);
    });

    it.each([
      {},
      { scopes: null },
      { scopes: [] },
      { scopes: "mail.send" },
      { scopes: [1] },
      { scopes: ["2fa_required"] },
    ])("is not made by the settings %j either", async (settings) => {
      const before = harness.liveKeyIds();
      expect(await rejectionOf(make(settings))).toBeInstanceOf(ConfigError);
      expect(harness.liveKeyIds()).toEqual(before);
    });
  });

  it("compares scopes without their order, and without those that the vendor puts on every key", async () => {
    const { id } = addKey(["mail.send", "api_keys.read", "sender_verification_eligible"]);
    expect(await settingsOf(id)).toEqual({ scopes: ["api_keys.read", "mail.send"] });
    const made = await make({ scopes: ["mail.send", "2fa_required", "api_keys.read", "mail.send"] });
    expect(made.settings).toEqual({ scopes: ["api_keys.read", "mail.send"] });
  });

  it("copies a key with full access scope by scope", async () => {
    const settings = await settingsOf(harness.ours.keyId);
    const made = await make(settings);
    expect(made.settings).toEqual(settings);
    expect(await settingsOf(made.keyId ?? "")).toEqual(settings);
  });

  it("says that the account may be full where no key is made, with nothing lost", async () => {
    harness.fillSlots?.();
    const before = harness.liveKeyIds();
    const error = await rejectionOf(make());
    expect(error).toMatchObject({ code: "PROVIDER_REJECTED" });
    expect(error.message).toContain("got HTTP 403");
    expect(error.message).toContain("the account has 100 keys, as many as it may have");
    expect(harness.liveKeyIds()).toEqual(before);
  });

  it("makes the hundredth key, and says that a list of a hundred proves no absence", async () => {
    harness.addKeys?.(98);
    expect((await harness.provider.list(harness.ours.credential, call)).complete).toBe(true);
    await make();
    expect((await harness.provider.list(harness.ours.credential, call)).complete).toBe(false);
  });

  it("names the scopes that a key lacks to manage keys", async () => {
    const credential = fieldsOf(addKey(["mail.send"]).apiKey);
    const request = { credential, keyId: harness.ours.keyId };
    const settings = { scopes: ["mail.send"] };
    const refused = await Promise.all([
      rejectionOf(harness.provider.list(credential, call)),
      rejectionOf(harness.provider.settings(request, call)),
      rejectionOf(harness.provider.make({ credential, name: "x", settings }, call)),
      rejectionOf(harness.provider.revoke(request, call)),
    ]);
    for (const error of refused) {
      expect(error).toMatchObject({ code: "PROVIDER_REJECTED" });
      expect(error.message).toContain("api_keys.create, api_keys.read and api_keys.delete");
    }
    expect(await harness.provider.probe(credential, call)).toEqual({ kind: "accepted" });
    expect(harness.liveKeyIds()).toContain(harness.ours.keyId);
  });

  it("tells the id out of the key, and never more", () => {
    const { provider, ours } = harness;
    expect(provider.identify(ours.key)).toEqual({ keyId: ours.keyId });
    expect(provider.identify(fieldsOf(`${ours.key.apiKey?.reveal()}\n`))).toEqual({ keyId: ours.keyId });
    for (const text of ["", "SG.", "SG.a", "SG.a.b.c", "SG..b", "sk.a.b", "SG.a/b.c"]) {
      expect(provider.identify(fieldsOf(text))).toEqual({});
    }
    expect(provider.identify({})).toEqual({});
  });

  it("tells which listed key is at hand by the id in it", async () => {
    const other = addKey(["mail.send"]);
    const { keys } = await harness.provider.list(harness.ours.credential, call);
    const found = keys.filter((key) => key.is(fieldsOf(other.apiKey)));
    expect(found.map(({ id }) => id)).toEqual([other.id]);
    expect(keys.map((key) => key.is(fieldsOf("a key of another form")))).toEqual([undefined, undefined]);
  });

  it("sends a key without its line break, and nothing at all where it is empty", async () => {
    const { provider, ours } = harness;
    const key = fieldsOf(` ${ours.key.apiKey?.reveal()}\r\n`);
    expect(await provider.probe(key, call)).toEqual({ kind: "accepted" });
    expect(await provider.probe(fieldsOf("\n"), call)).toMatchObject({ kind: "unknown" });
    expect(await provider.probe({}, call)).toMatchObject({ kind: "unknown" });
  });

  describe("the account", () => {
    const MANAGE = ["api_keys.create", "api_keys.delete", "api_keys.read"];

    it("is the user's number where the key may read it", async () => {
      const named = await startHarness({ account: "acme" });
      const { account } = await named.provider.list(named.ours.credential, call);
      expect(account).toBe(named.ours.account);
      await named.close();
    });

    it.each([
      [{ account: "acme" }, "acme"],
      [{}, "sendgrid"],
    ])("is, where it may not and the policy says %j, %s", async (options, expected) => {
      const named = await startHarness(options);
      const { apiKey } = named.sandbox.createKey({ id: named.ours.account }, { scopes: MANAGE });
      const credential = fieldsOf(apiKey);
      expect((await named.provider.list(credential, call)).account).toBe(expected);
      const made = await named.provider.make({ credential, name: "x", settings: { scopes: MANAGE } }, call);
      expect(made.account).toBe(expected);
      await named.close();
    });

    it("gets no other name where the question is refused to a key that may ask it", async () => {
      const before = harness.liveKeyIds();
      const when = ({ route }: { route?: string }) => route === "account";
      harness.sandbox.faults.add({ when, fault: { kind: "answer", status: 403, moment: "before" } });
      const listed = await rejectionOf(harness.provider.list(harness.ours.credential, call));
      expect(listed).toMatchObject({ code: "PROVIDER_REJECTED" });
      expect(await rejectionOf(make())).toMatchObject({ code: "PROVIDER_REJECTED" });
      expect(harness.liveKeyIds()).toEqual(before);
    });

    it("is asked for before a key is made, so that no new key is lost to that question", async () => {
      const before = harness.liveKeyIds();
      const when = ({ route }: { route?: string }) => route === "account";
      harness.sandbox.faults.add({ when, fault: { kind: "answer", status: 500, moment: "before" } });
      expect(await rejectionOf(make())).toMatchObject({ code: "PROVIDER_UNAVAILABLE" });
      expect(harness.liveKeyIds()).toEqual(before);
    });
  });

  it.each(["", "..", "../scopes", "a/b", "a?b", "x".repeat(65)])(
    "does not take a key for gone whose id is %j",
    async (keyId) => {
      const request = { credential: harness.ours.credential, keyId };
      expect(await rejectionOf(harness.provider.revoke(request, call))).toMatchObject({
        code: "PROVIDER_REJECTED",
      });
      expect(await rejectionOf(settingsOf(keyId))).toMatchObject({ code: "PROVIDER_REJECTED" });
    },
  );

  it("accepts a revoked key for the vendor's small delay, and no longer", async () => {
    const made = await make();
    harness.sandbox.faults.propagation.revocationMs = 5_000;
    const request = { credential: harness.ours.credential, keyId: made.keyId ?? "" };
    await harness.provider.revoke(request, call);
    expect(await harness.provider.probe(made.fields, call)).toEqual({ kind: "accepted" });
    nowMs += 5_000;
    expect(await harness.provider.probe(made.fields, call)).toMatchObject({ kind: "rejected" });
    expect(harness.provider.capabilities.propagationSeconds).toBe(60);
  });

  it("loses nothing where the account is suspended between the new key and the old one's end", async () => {
    const made = await make();
    const request = { credential: made.fields, keyId: harness.ours.keyId };
    harness.suspend(harness.ours);
    const error = await rejectionOf(harness.provider.revoke(request, call));
    expect(error).toMatchObject({ code: "PROVIDER_REJECTED" });
    expect(error.message).toContain("its account is suspended");
    // Both keys look alike, so no control pair can pass.
    expect((await harness.provider.probe(made.fields, call)).kind).toBe("rejected");
    expect((await harness.provider.probe(harness.ours.key, call)).kind).toBe("rejected");
    harness.sandbox.faults.restore({ id: harness.ours.account });
    await harness.provider.revoke(request, call);
    expect(harness.liveKeyIds()).not.toContain(harness.ours.keyId);
  });

  it.each(["Maximum credits exceeded", "Authenticated user is not authorized to send mail"])(
    "does not call a key rejected that is told 401 %j",
    async (message) => {
      const when = ({ route }: { route?: string }) => route === "scopes";
      harness.sandbox.faults.add({ when, fault: { kind: "answer", status: 401, moment: "before", message } });
      expect(await harness.provider.probe(harness.ours.key, call)).toMatchObject({ kind: "unknown" });
    },
  );

  it.each(["http://api.sendgrid.com", "https://user:pw@host", "https://host/?a=b"])(
    "sends no credential to %s",
    (baseUrl) => {
      expect(() => new SendGrid({ baseUrl })).toThrow(ConfigError);
    },
  );
});
