import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConfigError } from "../../../contract/errors.ts";
import type { Send } from "../../../core/cutover/ports.ts";
import { Vonage } from "../../../core/providers/vonage.ts";
import { describeKeyProvider, print } from "./contract.ts";
import { fieldsOf, startHarness, type VonageHarness } from "./vonage-harness.ts";

const { capabilities } = new Vonage({ baseUrl: "https://api.nexmo.com" });
describeKeyProvider("vonage", startHarness, capabilities);

describe("vonage", () => {
  const call = { signal: new AbortController().signal };
  const START = Date.parse("2026-04-14T08:00:00.000Z");
  const HOUR = 3_600_000;
  let harness: VonageHarness;
  let nowMs: number;

  beforeEach(async () => {
    nowMs = START;
    harness = await startHarness({ now: () => nowMs });
  });
  afterEach(() => harness.close());

  const rejectionOf = (work: Promise<unknown>): Promise<Error> =>
    work.then(
      () => expect.fail("it succeeded"),
      (error: Error) => error,
    );
  const make = () => harness.provider.make({ credential: harness.ours.credential, name: "dk-1" }, call);
  const revoke = (keyId: string) =>
    harness.provider.revoke({ credential: harness.ours.credential, keyId }, call);
  const sendsOf = async (sinceMs: number, untilMs: number) => {
    const found: Send[] = [];
    const request = { credential: harness.ours.key, sinceMs, untilMs };
    for await (const page of harness.provider.listSends(request, call)) found.push(...page);
    return found;
  };
  /** The queries of the reports that the adapter asks for. */
  const reportsAsked = () => {
    let count = 0;
    const fault = () => {
      count += 1;
      return undefined;
    };
    harness.sandbox.faults.add({ when: ({ route }) => route === "list-messages", fault });
    return () => count;
  };

  describe("choosing a secret", () => {
    it("keeps the vendor's rules, with the longest that is allowed", async () => {
      for (let count = 0; count < 200; count += 1) {
        const secret = (await make()).fields.apiSecret?.reveal() ?? "";
        expect(secret).toMatch(/^[A-Za-z0-9]{25}$/);
        expect(secret).toMatch(/[a-z]/);
        expect(secret).toMatch(/[A-Z]/);
        expect(secret).toMatch(/[0-9]/);
      }
    });

    it("throws a draw away whole that has no digit, and takes no byte that would favour a letter", async () => {
      const good = [26, 0, 52, ...new Array(22).fill(1)];
      const drawn = [new Array(25).fill(0), [...good.slice(0, 24), 248], [255], [61]];
      const provider = new Vonage({
        baseUrl: harness.sandbox.url,
        randomBytes: () => Uint8Array.from(drawn.shift() ?? []),
      });
      const made = await provider.make({ credential: harness.ours.credential, name: "x" }, call);
      expect(made.fields.apiSecret?.reveal()).toBe(`aA0${"B".repeat(21)}9`);
      expect(drawn).toEqual([]);
    });

    it("takes account and time along, and says nothing of an id", async () => {
      const made = await make();
      expect(made).toMatchObject({ account: harness.ours.account, createdAtMs: START });
      expect(made.fields.apiKey?.reveal()).toBe(harness.ours.account);
      expect(made).not.toHaveProperty("keyId");
    });
  });

  it("says what to do where two secrets exist, with nothing lost", async () => {
    harness.fillSlots?.();
    const before = harness.liveKeyIds();
    const { fields } = await make();
    const request = { credential: harness.ours.credential, fields };
    const error = await rejectionOf(harness.provider.register(request, call));
    expect(error).toMatchObject({ code: "PROVIDER_REJECTED" });
    expect(error.message).toContain("got HTTP 400 maximum-secrets-allowed");
    expect(error.message).toContain("revoke the one that nobody uses");
    expect(harness.liveKeyIds()).toEqual(before);
  });

  it.each([
    [403, "maximum-secrets-allowed"],
    [400, "validation"],
    [400, undefined],
  ])("reads the same out of a %i with the type %s", async (status, code) => {
    const when = ({ route }: { route?: string }) => route === "create-key";
    const fault = { kind: "answer", status, moment: "before", ...(code ? { code } : {}) } as const;
    harness.sandbox.faults.add({ when, fault });
    const { fields } = await make();
    const error = await rejectionOf(
      harness.provider.register({ credential: harness.ours.credential, fields }, call),
    );
    expect(error).toMatchObject({ code: "PROVIDER_REJECTED" });
    expect(error.message).toContain("revoke the one that nobody uses");
  });

  it("says that a second secret comes first where the last one is to be revoked", async () => {
    const error = await rejectionOf(revoke(harness.ours.keyId));
    expect(error).toMatchObject({ code: "PROVIDER_REJECTED" });
    expect(error.message).toContain("got HTTP 403 delete-last-secret");
    expect(error.message).toContain("Register a second secret first");
    expect(harness.liveKeyIds()).toContain(harness.ours.keyId);
  });

  it("registers nothing in an account that is not the new secret's", async () => {
    const request = { credential: harness.ours.credential, fields: harness.stranger.key };
    const error = await rejectionOf(harness.provider.register(request, call));
    expect(error).toMatchObject({ code: "PROVIDER_REJECTED" });
    expect(harness.liveKeyIds()).toHaveLength(2);
  });

  it("tells a key of another account from its own, and neither of its own two from the other", async () => {
    const { keys } = await harness.provider.list(harness.ours.credential, call);
    expect(keys.map((key) => key.is(harness.ours.key))).toEqual([undefined]);
    expect(keys.map((key) => key.is(harness.stranger.key))).toEqual([false]);
  });

  it.each(["", "..", "../secrets", "a/b", "a?b", "a b"])(
    "does not take a secret for gone whose id is %j",
    async (keyId) => {
      expect(await rejectionOf(revoke(keyId))).toMatchObject({ code: "PROVIDER_REJECTED" });
    },
  );

  it.each([undefined, "invalid-api-key"])(
    "does not take a 404 with the type %s for a revoked secret",
    async (code) => {
      const when = ({ route }: { route?: string }) => route === "delete-key";
      const fault = { kind: "answer", status: 404, moment: "before", ...(code ? { code } : {}) } as const;
      harness.sandbox.faults.add({ when, fault });
      const error = await rejectionOf(revoke(harness.ours.keyId));
      expect(error).toMatchObject({ code: "PROVIDER_REJECTED" });
      expect(error.message).toContain("Correct apiKey");
    },
  );

  it.each(["", "abc", "abcd12345", "../..?a=", "abcd:234"])(
    "sends nothing for an apiKey such as %j",
    async (apiKey) => {
      const credential = fieldsOf(apiKey, "Sb1secretsecret");
      const listed = await rejectionOf(harness.provider.list(credential, call));
      expect(listed).toMatchObject({ code: "PROVIDER_REJECTED" });
      expect(listed.message).toContain("Correct apiKey");
      expect(await harness.provider.probe(credential, call)).toMatchObject({ kind: "unknown" });
    },
  );

  it("calls a key unknown, not rejected, whose apiSecret is missing", async () => {
    const { apiKey } = harness.ours.key;
    expect(await harness.provider.probe(apiKey ? { apiKey } : {}, call)).toMatchObject({ kind: "unknown" });
  });

  it("accepts a key that was stored with line breaks at its ends", async () => {
    const { apiKey, apiSecret } = harness.ours.key;
    const key = fieldsOf(`${apiKey?.reveal()}\n`, `${apiSecret?.reveal()}\r\n`);
    expect(await harness.provider.probe(key, call)).toEqual({ kind: "accepted" });
  });

  it("loses nothing where the account is suspended between the registration and the revocation", async () => {
    const { fields } = await make();
    const { keyId } = await harness.provider.register({ credential: harness.ours.credential, fields }, call);
    harness.suspend(harness.ours);
    const error = await rejectionOf(
      harness.provider.revoke({ credential: fields, keyId: harness.ours.keyId }, call),
    );
    expect(error).toMatchObject({ code: "PROVIDER_REJECTED" });
    expect(error.message).toContain("its account is suspended");
    // Both keys look alike, so no control pair can pass.
    expect((await harness.provider.probe(fields, call)).kind).toBe("rejected");
    expect((await harness.provider.probe(harness.ours.key, call)).kind).toBe("rejected");
    harness.sandbox.faults.restore({ id: harness.ours.account });
    const { keys } = await harness.provider.list(fields, call);
    expect(keys.map(({ id }) => id)).toEqual([harness.ours.keyId, keyId]);
  });

  it("accepts an old secret for as long as the vendor's edges do", async () => {
    const { fields } = await make();
    const { keyId } = await harness.provider.register({ credential: harness.ours.credential, fields }, call);
    harness.sandbox.faults.propagation.revocationMs = 5_000;
    await revoke(keyId);
    expect(await harness.provider.probe(fields, call)).toEqual({ kind: "accepted" });
    nowMs += 5_000;
    expect(await harness.provider.probe(fields, call)).toMatchObject({ kind: "rejected" });
  });

  describe("listing sends", () => {
    it("asks for a day at a time, of SMS and of messages, and finds what lies on the seams", async () => {
      const { sandbox, ours } = harness;
      const account = { id: ours.account };
      const times = [START, START + 24 * HOUR - 1_000, START + 24 * HOUR, START + 60 * HOUR - 1_000];
      for (const atMs of times) sandbox.addSent(account, { product: "SMS", to: "447400123456", atMs });
      sandbox.addSent(account, { product: "MESSAGES", to: "12425550100", atMs: START + 30 * HOUR });
      sandbox.addSent(account, { product: "SMS", to: "447400123456", atMs: START - 1_000 });
      sandbox.addSent(account, { product: "SMS", to: "447400123456", atMs: START + 60 * HOUR });
      nowMs = START + 72 * HOUR;
      const asked = reportsAsked();
      const sends = await sendsOf(START, START + 60 * HOUR);
      expect(sends.map(({ atMs }) => atMs)).toEqual([...times, START + 30 * HOUR]);
      expect(sends.map(({ country }) => country)).toEqual(["GB", "GB", "GB", "GB", "BS"]);
      expect(asked()).toBe(6);
    });

    it("asks for nothing that was not sent yet, and for nothing that the vendor has forgotten", async () => {
      const asked = reportsAsked();
      expect(await sendsOf(START - 2 * HOUR, 4e12)).toEqual([]);
      expect(asked()).toBe(2);
      expect(await sendsOf(0, START - 13 * 30 * 24 * HOUR)).toEqual([]);
      expect(asked()).toBe(2);
    });

    it("names the number as E.164, and shows it to nobody who prints it", async () => {
      const account = { id: harness.ours.account };
      harness.sandbox.addSent(account, { product: "SMS", to: "447400123456", text: "code 482913" });
      const sends = await sendsOf(START, START + HOUR);
      expect(sends[0]?.to?.reveal()).toBe("+447400123456");
      expect(sends[0]?.cost).toEqual({ amount: 0.0333, currency: "EUR" });
      expect(print(sends)).not.toMatch(/447400123456|482913/);
    });

    it("says what to do where the account has no reports", async () => {
      const when = ({ route }: { route?: string }) => route === "list-messages";
      harness.sandbox.faults.add({ when, fault: { kind: "answer", status: 403, moment: "before" } });
      const error = await rejectionOf(sendsOf(START, START + HOUR));
      expect(error).toMatchObject({ code: "PROVIDER_REJECTED" });
      expect(error.message).toContain("Reports are a paid product");
    });
  });

  it.each(["http://api.nexmo.com", "https://user:pw@host", "https://host/?a=b"])(
    "sends no credential to %s",
    (baseUrl) => {
      expect(() => new Vonage({ baseUrl })).toThrow(ConfigError);
    },
  );
});
