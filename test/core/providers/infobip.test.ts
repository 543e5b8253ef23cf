import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConfigError, ProviderRejectedError } from "../../../contract/errors.ts";
import type { Send } from "../../../core/cutover/ports.ts";
import { Infobip } from "../../../core/providers/infobip.ts";
import { describeKeyProvider, print } from "./contract.ts";
import { fieldsOf, type InfobipHarness, sendSms, startHarness } from "./infobip-harness.ts";

const { capabilities } = new Infobip({ baseUrl: "https://api.infobip.com" });
describeKeyProvider("infobip, with a user's password,", () => startHarness(), capabilities);
const oauth2 = () => startHarness({ admin: "oauth2", showsSecrets: false });
describeKeyProvider("infobip, with OAuth2,", oauth2, capabilities);

const START_MS = Date.parse("2026-04-14T08:00:00.000Z");
const HOUR_MS = 3_600_000;

describe("infobip", () => {
  const call = { signal: new AbortController().signal };
  let harness: InfobipHarness;
  let nowMs: number;

  const open = async (options: Parameters<typeof startHarness>[0]) => {
    await harness.close();
    harness = await startHarness({ now: () => nowMs, ...options });
    return harness;
  };
  beforeEach(async () => {
    nowMs = START_MS;
    harness = await startHarness({ now: () => nowMs });
  });
  afterEach(() => harness.close());

  const make = (name = "x") => harness.provider.make({ credential: harness.ours.credential, name }, call);
  const rejectionOf = (work: Promise<unknown>): Promise<Error> =>
    work.then(
      () => expect.fail("it succeeded"),
      (error: Error) => error,
    );
  const sendsOf = async (request: { sinceMs: number; untilMs: number }) => {
    const found: Send[] = [];
    const asked = { credential: harness.ours.key, ...request };
    for await (const page of harness.provider.listSends(asked, call)) found.push(...page);
    return found;
  };
  const countRequests = (route: string) => {
    const fault = { kind: "delay", ms: 0, moment: "before" } as const;
    return harness.sandbox.faults.add({ when: (target) => target.route === route, fault });
  };

  it("records the end that the vendor sets without being asked, a year away", async () => {
    expect((await make()).expiresAtMs).toBe(Date.parse("2027-04-14T08:00:00.000Z"));
  });

  it("shows a key that has come to its end as one that is accepted no more, though it is still enabled", async () => {
    const { provider, ours } = harness;
    const made = await make();
    nowMs = Date.parse("2027-04-14T08:00:00.000Z");
    const { keys } = await provider.list(ours.credential, call);
    expect(keys.find(({ id }) => id === made.keyId)).toMatchObject({ isDisabled: true });
    expect(await provider.probe(made.fields, call)).toMatchObject({ kind: "rejected" });
  });

  it("disables a key and changes nothing else of it", async () => {
    const { provider, ours, sandbox } = harness;
    const settings = { allowedIPs: ["203.0.113.5"], scopeGuids: ["sms:manage"] };
    const { id } = sandbox.createKey({ id: ours.account }, settings);
    const before = await provider.settings({ credential: ours.credential, keyId: id }, call);
    await provider.revoke({ credential: ours.credential, keyId: id }, call);
    expect(await provider.settings({ credential: ours.credential, keyId: id }, call)).toEqual(before);
    expect(before).toMatchObject(settings);
  });

  it("spends none of the day's 40 changes on a key that is disabled already", async () => {
    const { provider, ours } = harness;
    const changes = countRequests("update-key");
    const request = { credential: ours.credential, keyId: ours.keyId };
    await provider.revoke(request, call);
    await provider.revoke(request, call);
    expect(changes.hits).toBe(1);
  });

  it("says that nothing was made once the day's 40 keys are", async () => {
    harness.sandbox.limits.createsPerDay = 1;
    await make();
    const before = harness.liveKeyIds();
    expect(await rejectionOf(make())).toMatchObject({ code: "PROVIDER_UNAVAILABLE" });
    expect(harness.liveKeyIds()).toEqual(before);
  });

  it("carries a platform over, whose key cannot have permissions too", async () => {
    const { provider, ours, sandbox } = harness;
    const platform = [
      { applicationId: "default" },
      { applicationId: "otp", entityId: "eu", action: "FORCE" },
    ] as const;
    const { id } = sandbox.createKey({ id: ours.account }, { platform });
    const settings = await provider.settings({ credential: ours.credential, keyId: id }, call);
    expect(settings).toEqual({ allowedIPs: [], permissions: [], platform, scopeGuids: null });
    const made = await provider.make({ credential: ours.credential, name: "x", settings }, call);
    expect(made.settings).toEqual(settings);
  });

  it("does not give a key without any scope the scopes of all", async () => {
    const { provider, ours, sandbox } = harness;
    const { id } = sandbox.createKey({ id: ours.account }, { scopeGuids: [] });
    const settings = await provider.settings({ credential: ours.credential, keyId: id }, call);
    const made = await provider.make({ credential: ours.credential, name: "x", settings }, call);
    expect(made.settings).toMatchObject({ scopeGuids: [] });
  });

  it("refuses settings that it cannot read", async () => {
    const request = { credential: harness.ours.credential, name: "x", settings: { allowedIPs: "any" } };
    expect(await rejectionOf(harness.provider.make(request, call))).toBeInstanceOf(ConfigError);
  });

  it("accepts a key that may send and not see the balance", async () => {
    const { provider, ours, sandbox } = harness;
    const { apiKey } = sandbox.createKey({ id: ours.account }, { scopeGuids: ["sms:message:send"] });
    expect(await provider.probe(fieldsOf({ apiKey }), call)).toEqual({ kind: "accepted" });
  });

  it("says which scope a key lacks that may not read the log of messages", async () => {
    const { ours, sandbox, provider } = harness;
    const { apiKey } = sandbox.createKey({ id: ours.account }, { scopeGuids: ["sms:message:send"] });
    const request = { credential: fieldsOf({ apiKey }), sinceMs: START_MS - 1, untilMs: START_MS };
    const error = await rejectionOf(provider.listSends(request, call)[Symbol.asyncIterator]().next());
    expect(error).toBeInstanceOf(ProviderRejectedError);
    expect(error.message).toContain("sms:logs:read");
  });

  it("rejects every key of an account that is suspended in mid-life, so that no control pair passes", async () => {
    const { provider, ours, sandbox } = harness;
    const made = await make();
    sandbox.faults.suspend({ id: ours.account });
    for (const key of [ours.key, made.fields]) {
      expect(await provider.probe(key, call)).toMatchObject({ kind: "rejected" });
    }
    expect((await rejectionOf(provider.list(ours.credential, call))).message).toContain("admin credential");
    sandbox.faults.restore({ id: ours.account });
    expect(await provider.probe(made.fields, call)).toEqual({ kind: "accepted" });
  });

  it("accepts a new key only when the vendor's edges know it, and an old one for as long as they do", async () => {
    const { provider, sandbox, ours } = harness;
    Object.assign(sandbox.faults.propagation, { newKeyMs: 5_000, revocationMs: 5_000 });
    const made = await make();
    expect(await provider.probe(made.fields, call)).toMatchObject({ kind: "rejected" });
    nowMs += 5_000;
    expect(await provider.probe(made.fields, call)).toEqual({ kind: "accepted" });
    await provider.revoke({ credential: ours.credential, keyId: made.keyId ?? "" }, call);
    expect(await provider.probe(made.fields, call)).toEqual({ kind: "accepted" });
    nowMs += 5_000;
    expect(await provider.probe(made.fields, call)).toMatchObject({ kind: "rejected" });
  });

  it("cannot tell which key is at hand where lists show values with a mask", async () => {
    const { provider, ours } = await open({ showsSecrets: false });
    const { keys } = await provider.list(ours.credential, call);
    expect(keys.map((key) => key.is(ours.key))).toEqual([undefined]);
  });

  it("identifies a key that was stored with a line break at its end", async () => {
    const { provider, ours } = harness;
    const { keys } = await provider.list(ours.credential, call);
    expect(keys[0]?.is(fieldsOf({ apiKey: `${ours.key.apiKey?.reveal()}\n` }))).toBe(true);
    expect(print(keys)).not.toContain(ours.key.apiKey?.reveal());
  });

  it.each(["", "..", "first/second", "?x"])("does not take a key for gone whose id is %j", async (keyId) => {
    const request = { credential: harness.ours.credential, keyId };
    expect(await rejectionOf(harness.provider.revoke(request, call))).toBeInstanceOf(ProviderRejectedError);
  });

  it("does not take a lost page of some proxy for a key that is gone", async () => {
    const { provider, sandbox, ours } = harness;
    sandbox.faults.add({ fault: { kind: "answer", moment: "before", status: 404, code: "BLOCKED" } });
    const request = { credential: ours.credential, keyId: ours.keyId };
    expect(await rejectionOf(provider.revoke(request, call))).toBeInstanceOf(ProviderRejectedError);
  });

  it("asks for the account before it makes a key, so that no new key is lost to that question", async () => {
    const before = harness.liveKeyIds();
    harness.fail("list", "server-error-before");
    expect(await rejectionOf(make())).toMatchObject({ code: "PROVIDER_UNAVAILABLE" });
    expect(harness.liveKeyIds()).toEqual(before);
  });

  it("finds the account where all keys are disabled, and has no name for one that never had a key", async () => {
    const { provider, ours, sandbox } = harness;
    await provider.revoke({ credential: ours.credential, keyId: ours.keyId }, call);
    expect(await provider.list(ours.credential, call)).toEqual({
      account: ours.account,
      complete: true,
      keys: [],
    });
    const { username, password } = sandbox.createAccount();
    const empty = await provider.list(fieldsOf({ username, password }), call);
    expect(empty).toEqual({ account: "unknown", complete: true, keys: [] });
  });

  it("asks for the account that the policy names, and for no other", async () => {
    const { sandbox, ours, stranger } = harness;
    const of = (account: string) => new Infobip({ baseUrl: sandbox.url, account });
    expect((await of(ours.account).list(ours.credential, call)).account).toBe(ours.account);
    const error = await rejectionOf(of(stranger.account).list(ours.credential, call));
    expect(error.message).toContain("account-management:manage");
  });

  it.each([{}, { username: "u" }, { clientId: "c" }, { apiKey: "k" }])(
    "says what an admin credential consists of where it is none (%j)",
    async (fields) => {
      const error = await rejectionOf(
        harness.provider.list(fieldsOf(fields as Record<string, string>), call),
      );
      expect(error.message).toContain("admin credential");
      expect(error.message).toContain("username and password, or clientId and clientSecret");
    },
  );

  describe("with OAuth2", () => {
    beforeEach(() => open({ admin: "oauth2" }));

    it("fetches one token for calls that come together, and for all that follow", async () => {
      const { provider, ours } = harness;
      const tokens = countRequests("token");
      await Promise.all([1, 2, 3].map(() => provider.list(ours.credential, call)));
      await make();
      expect(tokens.hits).toBe(1);
    });

    it("fetches another shortly before the token ends", async () => {
      const { provider, ours } = harness;
      const tokens = countRequests("token");
      await provider.list(ours.credential, call);
      nowMs += 3_569_000;
      await provider.list(ours.credential, call);
      expect(tokens.hits).toBe(1);
      nowMs += 1_000;
      await provider.list(ours.credential, call);
      expect(tokens.hits).toBe(2);
    });

    it("fetches another where the token has ended before its time, and makes one key with it", async () => {
      const { provider, ours, sandbox } = harness;
      await provider.list(ours.credential, call);
      const before = harness.liveKeyIds().length;
      const tokens = countRequests("token");
      sandbox.faults.dropTokens();
      await make();
      expect([tokens.hits, harness.liveKeyIds().length]).toEqual([1, before + 1]);
    });

    it("asks with one new token and no more where the credential is refused", async () => {
      const { provider, ours, sandbox } = harness;
      const tokens = countRequests("token");
      sandbox.faults.add({
        when: ({ route }) => route === "list-keys",
        fault: { kind: "answer", status: 401, moment: "before" },
      });
      expect((await rejectionOf(provider.list(ours.credential, call))).message).toContain("admin credential");
      expect(tokens.hits).toBe(2);
    });

    it("does not use the token of one credential for another", async () => {
      const { provider, ours, stranger } = harness;
      expect((await provider.list(ours.credential, call)).account).toBe(ours.account);
      expect((await provider.list(stranger.credential, call)).account).toBe(stranger.account);
    });

    it.each([
      { kind: "answer", status: 500, moment: "after" },
      { kind: "drop", moment: "after" },
      { kind: "garble" },
      { kind: "throttle" },
    ] as const)(
      "says that nothing was applied where no token is got, and tries again later (%j)",
      async (fault) => {
        const { sandbox } = harness;
        const before = harness.liveKeyIds();
        const rule = sandbox.faults.add({ when: ({ route }) => route === "token", fault });
        expect(await rejectionOf(make())).toMatchObject({ code: "PROVIDER_UNAVAILABLE" });
        expect(harness.liveKeyIds()).toEqual(before);
        rule.remove();
        await expect(make()).resolves.toMatchObject({ account: harness.ours.account });
      },
    );
  });

  it("asks for no sends that the vendor has forgotten, and shows the rest with country and cost", async () => {
    const { sandbox, ours } = harness;
    await sendSms(sandbox, ours.key);
    nowMs += 49 * HOUR_MS;
    await sendSms(sandbox, ours.key, { to: "+18765550123" });
    expect(await sendsOf({ sinceMs: 0, untilMs: nowMs + 1 })).toMatchObject([
      { atMs: nowMs, country: "JM", cost: { amount: 0.01, currency: "EUR" } },
    ]);
    expect(await sendsOf({ sinceMs: 0, untilMs: nowMs - 48 * HOUR_MS })).toEqual([]);
  });

  it("lists sends from an instant, that included, to another, that left out", async () => {
    const { sandbox, ours } = harness;
    for (let count = 0; count < 3; count += 1) {
      await sendSms(sandbox, ours.key);
      nowMs += 1_000;
    }
    const times = (await sendsOf({ sinceMs: START_MS, untilMs: START_MS + 2_000 })).map(({ atMs }) => atMs);
    expect(times).toEqual([START_MS, START_MS + 1_000]);
  });

  it("shows no number of a person", async () => {
    await sendSms(harness.sandbox, harness.ours.key);
    const sends = await sendsOf({ sinceMs: START_MS, untilMs: START_MS + 1 });
    expect(sends).toHaveLength(1);
    expect(print(sends)).not.toContain("41793026727");
  });

  it.each(["http://api.infobip.com", "https://user:pw@host", "https://host/?a=b", "host"])(
    "sends no credential to %s",
    (baseUrl) => {
      expect(() => new Infobip({ baseUrl })).toThrow(ConfigError);
    },
  );
});
