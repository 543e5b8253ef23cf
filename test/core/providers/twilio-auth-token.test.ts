import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ProviderRejectedError } from "../../../contract/errors.ts";
import { Sensitive } from "../../../contract/sensitive.ts";
import { TwilioAuthToken } from "../../../core/providers/twilio-auth-token.ts";
import { describeKeyProvider, print } from "./contract.ts";
import { sendMessage, startAuthTokenHarness, type TwilioHarness, urlsOf } from "./twilio-harness.ts";
import { startStub } from "./twilio-stub.ts";

const { capabilities } = new TwilioAuthToken({ urls: urlsOf("https://api.twilio.com") });
describeKeyProvider("twilio-auth-token", startAuthTokenHarness, capabilities);

describe("twilio-auth-token", () => {
  const call = { signal: new AbortController().signal };
  let harness: TwilioHarness<TwilioAuthToken>;

  beforeEach(async () => {
    harness = await startAuthTokenHarness();
  });
  afterEach(() => harness.close());

  const rejectionOf = (work: Promise<unknown>): Promise<Error> =>
    work.then(
      () => expect.fail("it succeeded"),
      (error: Error) => error,
    );
  const credential = () => harness.ours.credential;
  const make = () => harness.provider.make({ credential: credential(), name: "" }, call);

  it("makes a token of the same account, without an id, that takes the old one's place in one step", async () => {
    const made = await make();
    expect(made).toMatchObject({ account: harness.ours.account });
    expect(made.keyId).toBeUndefined();
    expect(Object.keys(made.fields)).toEqual(["accountSid", "authToken"]);
    expect(await harness.provider.probe(credential(), call)).toEqual({ kind: "accepted" });
    await harness.provider.replace({ credential: credential() }, call);
    expect(await harness.provider.probe(credential(), call)).toMatchObject({ kind: "rejected" });
    expect((await sendMessage(harness.sandbox, credential())).status).toBe(401);
    expect((await sendMessage(harness.sandbox, made.fields)).status).toBe(201);
  });

  it.each([
    [false, "rejected"],
    [true, "accepted"],
  ] as const)(
    "sees a secondary token as the vendor treats it: works %s, probe %s",
    async (secondaryWorks, kind) => {
      harness.sandbox.switches.secondaryWorks = secondaryWorks;
      const made = await make();
      expect(await harness.provider.probe(made.fields, call)).toMatchObject({ kind });
    },
  );

  it("says to rotate again where there is no secondary token to promote", async () => {
    const error = await rejectionOf(harness.provider.replace({ credential: credential() }, call));
    expect(error).toBeInstanceOf(ProviderRejectedError);
    expect(error.message).toMatch(/AuthTokens\/Promote.*rotate again/);
    expect(await harness.provider.probe(credential(), call)).toEqual({ kind: "accepted" });
  });

  it("says what may be wrong with a token that makes no other, with nothing applied", async () => {
    const before = harness.sandbox.truth.keys().length;
    harness.suspend(harness.ours);
    const error = await rejectionOf(make());
    expect(error).toBeInstanceOf(ProviderRejectedError);
    expect(error.message).toContain("suspended");
    expect(harness.sandbox.truth.keys()).toHaveLength(before);
  });

  it("lists what the account sent with any credential, and no message's text", async () => {
    const key = harness.sandbox.createKey({ id: harness.ours.account });
    const fields = Object.entries(key).map(([name, text]) => [name, new Sensitive(text)]);
    await sendMessage(harness.sandbox, Object.fromEntries(fields));
    await sendMessage(harness.sandbox, credential());
    const pages: unknown[] = [];
    const request = { credential: credential(), sinceMs: 0, untilMs: 4e12 };
    for await (const page of harness.provider.listSends(request, call)) pages.push(...page);
    expect(pages).toHaveLength(2);
    expect(print(pages)).not.toMatch(/482913|9876543210/);
  });

  it("does not ask the validationUrl of a secret, and sends no token to an account that is none", async () => {
    const elsewhere = await startStub();
    const validationUrl = new Sensitive(elsewhere.url);
    expect(await harness.provider.probe({ ...credential(), validationUrl }, call)).toEqual({
      kind: "accepted",
    });
    const odd = { ...credential(), accountSid: new Sensitive("../v1/AuthTokens") };
    expect(await harness.provider.probe(odd, call)).toMatchObject({ kind: "unknown" });
    expect(harness.provider.identify(odd)).toEqual({});
    expect(elsewhere.asked).toEqual([]);
    elsewhere.close();
  });
});
