import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AwsIam } from "../../../core/providers/aws-iam.ts";
import { type AwsIamHarness, awsIamAt, fieldsOf, publishSms, startHarness, USER } from "./aws-iam-harness.ts";
import { describeKeyProvider, print } from "./contract.ts";

const { capabilities } = AwsIam.fromEnvironment("otp-sender");
describeKeyProvider("aws-iam", () => startHarness(), capabilities);

const START_MS = Date.parse("2026-04-14T08:00:00.000Z");
const MINUTE_MS = 60_000;

describe("aws-iam", () => {
  const call = { signal: new AbortController().signal };
  let harness: AwsIamHarness;
  let nowMs: number;

  beforeEach(async () => {
    nowMs = START_MS;
    harness = await startHarness({ now: () => nowMs });
  });
  afterEach(() => harness.close());

  const make = () => harness.provider.make({ name: "x" }, call);
  const listed = async () => (await harness.provider.list({}, call)).keys;
  const rejectionOf = (work: Promise<unknown>): Promise<Error> =>
    work.then(
      () => expect.fail("it succeeded"),
      (error: Error) => error,
    );
  const countRequests = (route: string) => {
    const fault = { kind: "delay", ms: 0, moment: "before" } as const;
    return harness.sandbox.faults.add({ when: (target) => target.route === route, fault });
  };
  const answerTo = (route: string, answer: { status: number; code: string }) => {
    const fault = { kind: "answer", moment: "before", ...answer } as const;
    return harness.sandbox.faults.add({ when: (target) => target.route === route, fault });
  };

  it("names the two keys that fill the slots, and says which is inactive", async () => {
    const { keyId } = await make();
    await harness.provider.revoke({ keyId: keyId ?? "" }, call);
    const before = harness.liveKeyIds();
    const error = await rejectionOf(make());
    expect(error).toMatchObject({ code: "PROVIDER_REJECTED" });
    expect(error.message).toContain(`${harness.ours.keyId} (active) and ${keyId} (inactive)`);
    expect(harness.liveKeyIds()).toEqual(before);
  });

  it("says that all slots are full even where the keys in them cannot be listed", async () => {
    await make();
    answerTo("list-keys", { status: 403, code: "AccessDenied" });
    expect((await rejectionOf(make())).message).toContain("all slots are full. Delete a key");
  });

  it("lists a disabled key as one, and makes another only when it is removed", async () => {
    const { keyId = "" } = await make();
    await harness.provider.revoke({ keyId }, call);
    const keys = await listed();
    expect(keys.map(({ id, isDisabled }) => [id, isDisabled])).toEqual([
      [harness.ours.keyId, undefined],
      [keyId, true],
    ]);
    await harness.provider.remove({ keyId }, call);
    await expect(make()).resolves.toMatchObject({ account: harness.ours.account });
  });

  it("shows no use of a key that nobody has used", async () => {
    expect((await listed())[0]).not.toHaveProperty("lastUsedAtMs");
  });

  it("shows when a key was used, a quarter of an hour coarse", async () => {
    const { sandbox, ours } = harness;
    await publishSms(sandbox, ours.key);
    nowMs += 15 * MINUTE_MS - 1;
    await publishSms(sandbox, ours.key);
    expect((await listed())[0]?.lastUsedAtMs).toBe(START_MS);
    nowMs += 1;
    await publishSms(sandbox, ours.key);
    expect((await listed())[0]?.lastUsedAtMs).toBe(START_MS + 15 * MINUTE_MS);
  });

  it("counts a probe as a use, for uses after it may hide behind it", async () => {
    const { sandbox, ours, provider } = harness;
    await provider.probe(ours.key, call);
    nowMs += MINUTE_MS;
    await publishSms(sandbox, ours.key);
    expect((await listed())[0]?.lastUsedAtMs).toBe(START_MS);
  });

  it("does not take a key for unused where that cannot be told", async () => {
    answerTo("key-last-used", { status: 403, code: "AccessDenied" });
    const error = await rejectionOf(listed());
    expect(error.message).toContain("Allow iam:GetAccessKeyLastUsed to the function's role");
  });

  it("lists a key of which the last use is not known everywhere yet", async () => {
    answerTo("key-last-used", { status: 404, code: "NoSuchEntity" });
    expect((await listed()).map(({ id }) => id)).toEqual([harness.ours.keyId]);
  });

  it("does not call a key dead whose secret alone is wrong", async () => {
    const { provider, ours } = harness;
    const wrong = { ...ours.key, ...fieldsOf({ secretAccessKey: "not-the-secret" }) };
    const answer = await provider.probe(wrong, call);
    expect(answer).toMatchObject({
      kind: "unknown",
      because: expect.stringContaining("SignatureDoesNotMatch"),
    });
    expect(print(answer)).not.toContain("not-the-secret");
  });

  it("does not accept a key of another user, and says whose it is", async () => {
    const { sandbox, provider } = harness;
    const account = sandbox.createAccount({ userNames: [USER, "billing"] });
    const { accessKeyId, secretAccessKey } = sandbox.createKey(account, { userName: "billing" });
    const key = fieldsOf({ accessKeyId, secretAccessKey });
    const because = expect.stringContaining(`works as arn:aws:iam::${account.id}:user/billing`);
    expect(await awsIamAt(sandbox.url, account).probe(key, call)).toEqual({ kind: "unknown", because });
    expect(await provider.probe(harness.stranger.key, call)).toMatchObject({ kind: "unknown" });
  });

  it.each(["accessKeyId", "secretAccessKey"])(
    "asks nothing with the role's credential in the place of a key without %s",
    async (name) => {
      const asked = countRequests("caller-identity");
      const { [name]: _, ...rest } = harness.ours.key;
      const because = "aws-iam: the secret's value holds no whole key";
      expect(await harness.provider.probe(rest, call)).toEqual({ kind: "unknown", because });
      expect(asked.hits).toBe(0);
    },
  );

  it("does not call a key dead where it is the role's own credential that has expired", async () => {
    const { sandbox, ours } = harness;
    const expired = awsIamAt(sandbox.url, { accessKeyId: "ASIAEXPIRED", secretAccessKey: "none" });
    expect(await expired.probe(ours.key, call)).toMatchObject({ kind: "unknown" });
    for (const work of [expired.list({}, call), expired.make({ name: "x" }, call)]) {
      expect(await rejectionOf(work)).toMatchObject({ code: "PROVIDER_REJECTED" });
    }
  });

  it("rejects every key of an account that is suspended in mid-life, so that no control pair passes", async () => {
    const { provider, ours, sandbox } = harness;
    const made = await make();
    sandbox.faults.suspend({ id: ours.account });
    for (const key of [ours.key, made.fields]) {
      expect(await provider.probe(key, call)).toMatchObject({ kind: "rejected" });
    }
    expect(await rejectionOf(listed())).toMatchObject({ code: "PROVIDER_REJECTED" });
    sandbox.faults.restore({ id: ours.account });
    expect(await provider.probe(made.fields, call)).toEqual({ kind: "accepted" });
  });

  it("accepts a new key only when AWS knows it everywhere, and an inactive one for as long as it does", async () => {
    const { provider, sandbox } = harness;
    Object.assign(sandbox.faults.propagation, { newKeyMs: 5_000, revocationMs: 4_000 });
    const made = await make();
    expect(await provider.probe(made.fields, call)).toMatchObject({ kind: "rejected" });
    nowMs += 5_000;
    expect(await provider.probe(made.fields, call)).toEqual({ kind: "accepted" });
    await provider.revoke({ keyId: made.keyId ?? "" }, call);
    expect(await provider.probe(made.fields, call)).toEqual({ kind: "accepted" });
    nowMs += 4_000;
    expect(await provider.probe(made.fields, call)).toMatchObject({ kind: "rejected" });
  });

  it.each([
    ["revoke", "update-key"],
    ["remove", "delete-key"],
  ] as const)(
    "does not take a key for gone (%s) that is listed and not known everywhere",
    async (verb, route) => {
      answerTo(route, { status: 404, code: "NoSuchEntity" });
      const { keyId } = harness.ours;
      const error = await rejectionOf(harness.provider[verb]({ keyId }, call));
      expect(error).toMatchObject({ code: "PROVIDER_UNAVAILABLE" });
      expect(error.message).toContain(`key ${keyId} is listed`);
    },
  );

  it("takes a key for gone where the answer to its deletion was lost and it is listed no more", async () => {
    const { provider, sandbox, ours } = harness;
    const fault = { kind: "drop", moment: "after" } as const;
    const rule = sandbox.faults.add({ when: ({ route }) => route === "delete-key", fault, times: 1 });
    await provider.remove({ keyId: ours.keyId }, call);
    expect([rule.hits, await listed()]).toEqual([1, []]);
  });

  it("says which right the role lacks", async () => {
    for (const [route, name] of [
      ["create-key", "CreateAccessKey"],
      ["update-key", "UpdateAccessKey"],
    ] as const) {
      answerTo(route, { status: 403, code: "AccessDenied" });
      const work =
        route === "create-key" ? make() : harness.provider.revoke({ keyId: harness.ours.keyId }, call);
      expect((await rejectionOf(work)).message).toContain(`Allow iam:${name} to the function's role.`);
    }
  });

  it("says that the policy names a user who is not there", async () => {
    const { sandbox } = harness;
    const account = sandbox.createAccount();
    const error = await rejectionOf(awsIamAt(sandbox.url, account, "nobody").list({}, call));
    expect(error.message).toContain("Correct userName in the policy");
  });

  it("asks for the account before it makes a key, so that no new key is lost to that question", async () => {
    const before = harness.liveKeyIds();
    answerTo("caller-identity", { status: 500, code: "ServiceFailure" });
    expect(await rejectionOf(make())).toMatchObject({ code: "PROVIDER_UNAVAILABLE" });
    expect(harness.liveKeyIds()).toEqual(before);
  });

  it("keeps a key that was stored with line breaks at the ends of its fields", async () => {
    const { provider, ours } = harness;
    const { accessKeyId, secretAccessKey } = ours.key;
    const key = fieldsOf({
      accessKeyId: `${accessKeyId?.reveal()}\n`,
      secretAccessKey: `${secretAccessKey?.reveal()}\n`,
    });
    expect(provider.identify(key)).toEqual({ keyId: ours.keyId });
    expect(await provider.probe(key, call)).toEqual({ kind: "accepted" });
    expect((await listed())[0]?.is(key)).toBe(true);
  });

  describe("in the function", () => {
    let account: ReturnType<AwsIamHarness["sandbox"]["createAccount"]>;

    beforeEach(() => {
      const { sandbox } = harness;
      account = sandbox.createAccount();
      vi.stubEnv("AWS_REGION", "ap-south-1");
      vi.stubEnv("AWS_ACCESS_KEY_ID", account.accessKeyId);
      vi.stubEnv("AWS_SECRET_ACCESS_KEY", account.secretAccessKey);
      vi.stubEnv("AWS_SESSION_TOKEN", "of-the-role");
      vi.stubEnv("AWS_ENDPOINT_URL_IAM", sandbox.url);
      vi.stubEnv("AWS_ENDPOINT_URL_STS", sandbox.url);
    });
    afterEach(() => vi.unstubAllEnvs());

    it("works with the role and the addresses of the environment, and probes with the key alone", async () => {
      const { sandbox } = harness;
      const { accessKeyId, secretAccessKey } = sandbox.createKey(account);
      const provider = AwsIam.fromEnvironment(USER);
      expect(await provider.list({}, call)).toMatchObject({
        account: account.id,
        keys: [{ id: accessKeyId }],
      });
      const key = fieldsOf({ accessKeyId, secretAccessKey });
      expect(await provider.probe(key, call)).toEqual({ kind: "accepted" });
      sandbox.createKey(account);
      await provider.revoke({ keyId: accessKeyId }, call);
      expect(await provider.probe(key, call)).toMatchObject({ kind: "rejected" });
    });

    it.each([500, 503])(
      "never repeats the making of a key, whatever the SDK's own rule (%i)",
      async (status) => {
        const { sandbox } = harness;
        const fault = { kind: "answer", moment: "after", status } as const;
        const rule = sandbox.faults.add({ when: ({ route }) => route === "create-key", fault });
        const error = await rejectionOf(AwsIam.fromEnvironment(USER).make({ name: "x" }, call));
        expect(error).toMatchObject({ code: "OUTCOME_UNKNOWN" });
        expect(rule.hits).toBe(1);
        expect(sandbox.truth.keys().filter((key) => key.account === account.id)).toHaveLength(1);
      },
    );
  });
});
