import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConfigError } from "../../../contract/errors.ts";
import { HAND_IN_VENDORS } from "../../../contract/hand-in-vendors.ts";
import { HAND_IN_FIELD_NAMES, type HandInVendor } from "../../../contract/provider-policy.ts";
import { PROVIDER_URLS } from "../../../contract/provider-urls.ts";
import { HandInProvider } from "../../../core/providers/hand-in.ts";
import { describeKeyProvider, print } from "./contract.ts";
import {
  type HandInHarness,
  keyFieldsOf,
  policyOf,
  probeRouteOf,
  startHandInHarness,
  withFields,
} from "./hand-in-harness.ts";

const VENDORS = Object.keys(HAND_IN_FIELD_NAMES) as HandInVendor[];
const call = { signal: new AbortController().signal };

for (const vendor of VENDORS) {
  const policy = policyOf(vendor, { slug: "shop", probeImage: "images.example.com/logo.png" });
  const { capabilities } = new HandInProvider({ baseUrl: "https://example.com", policy });
  describeKeyProvider(`hand-in ${vendor}`, () => startHandInHarness(vendor), capabilities);
}

describe.each(VENDORS)("a key of %s that a person makes", (vendor) => {
  let harness: HandInHarness;
  beforeEach(async () => {
    harness = await startHandInHarness(vendor);
  });
  afterEach(() => harness.close());

  const probe = (key = harness.ours.key) => harness.provider.probe(key, call);

  it("works until the person revokes it, and another of the account works on", async () => {
    const { sandbox, ours } = harness;
    const next = sandbox.createKey({ id: sandbox.truth.keys()[0]?.account ?? "" });
    sandbox.revokeKey(ours.keyId);
    expect(await probe()).toMatchObject({ kind: "rejected", because: expect.any(String) });
    expect(await probe(keyFieldsOf(next.fields))).toEqual({ kind: "accepted" });
  });

  it("is accepted for as long as the vendor is slow to revoke it, and refused while it is slow to know it", async () => {
    const { sandbox, ours } = harness;
    sandbox.faults.propagation.revocationMs = 60_000;
    sandbox.revokeKey(ours.keyId);
    expect(await probe()).toEqual({ kind: "accepted" });
    sandbox.faults.propagation.newKeyMs = 60_000;
    expect((await probe()).kind).not.toBe("accepted");
  });

  it("is not called dead where its account is suspended", async () => {
    harness.suspend(harness.ours);
    expect(await probe()).toMatchObject({ kind: "unknown", because: expect.any(String) });
  });

  it("says whose it is: the vendor, and the account where the key says it", () => {
    const { account = "" } = harness.provider.identify(harness.ours.key);
    expect(account.split("/")[0]).toBe(vendor);
    expect(account).toBe(harness.ours.account);
  });

  it("works with a line break at the end of each field", async () => {
    const fields = Object.entries(harness.ours.key).map(([name, text]) => [name, `${text.reveal()}\n`]);
    expect(await probe(keyFieldsOf(Object.fromEntries(fields)))).toEqual({ kind: "accepted" });
  });

  it("is not asked about where a field is missing, and the answer names the field", async () => {
    for (const name of HAND_IN_FIELD_NAMES[vendor]) {
      const { [name]: _, ...rest } = harness.ours.key;
      expect(await probe(rest)).toEqual({
        kind: "unknown",
        because: `${vendor}: the key has no ${name}, so nothing was asked. Correct the secret's value.`,
      });
    }
  });

  it("cannot lead to another route, whatever stands in its fields", async () => {
    const seen: string[] = [];
    harness.sandbox.faults.add({ fault: ({ route }) => void seen.push(route ?? "none") });
    for (const name of HAND_IN_FIELD_NAMES[vendor]) {
      for (const text of ["../../x", "x/../../admin", "a?b=c", "a#b", "%2e%2e%2f", "a b", ".."]) {
        const key = withFields(harness.ours.key, { [name]: text });
        expect((await probe(key)).kind).not.toBe("accepted");
        expect(harness.provider.identify(key).account?.startsWith(vendor)).toBe(true);
      }
    }
    expect(seen.filter((route) => route !== probeRouteOf(vendor))).toEqual([]);
  });

  it("never stands in a message or a URL, whatever the vendor says (P6)", async () => {
    const { sandbox, ours, provider } = harness;
    const { keyId, account = "" } = provider.identify(ours.key);
    const secrets = Object.values(ours.key)
      .map((text) => text.reveal())
      .filter((text) => text !== keyId && !account.endsWith(`/${text}`));
    expect(secrets).toHaveLength(HAND_IN_FIELD_NAMES[vendor].length - idCount(provider));
    const said: string[] = [];
    for (const secret of secrets) {
      for (const status of [200, 400, 401, 403, 418, 503]) {
        sandbox.faults.clear();
        sandbox.faults.add({
          fault: { kind: "answer", status, moment: "before", code: secret, message: `no ${secret} here` },
        });
        said.push(print(await probe()));
      }
      sandbox.faults.clear();
      sandbox.faults.add({
        fault: (target) => {
          said.push(JSON.stringify(target));
          return { kind: "drop", moment: "after" };
        },
      });
      said.push(print(await probe()));
    }
    for (const secret of secrets) expect(said.filter((text) => text.includes(secret))).toEqual([]);
  });

  const idCount = (provider: HandInProvider) => {
    const { keyId, account = "" } = provider.identify(harness.ours.key);
    const isAccountField = account.includes("/") && vendor !== "optstuff";
    const isKeyIdField = keyId !== undefined;
    return Number(isAccountField) + Number(isKeyIdField);
  };

  it("ends the probe when it is told to give up", async () => {
    const signal = AbortSignal.abort();
    await expect(harness.provider.probe(harness.ours.key, { signal })).rejects.toThrow();
  });

  it.each(["http://example.com", "https://user:pw@host", "https://host/?a=b", "host"])(
    "is not sent to %s",
    (baseUrl) => {
      const policy = policyOf(vendor, { slug: "shop", probeImage: "images.example.com/logo.png" });
      expect(() => new HandInProvider({ baseUrl, policy })).toThrow(ConfigError);
    },
  );

  it("comes with what a person needs to know: a page, and what to do there", () => {
    const facts = HAND_IN_VENDORS[vendor];
    expect(new URL(facts.dashboardUrl).protocol).toBe("https:");
    expect(PROVIDER_URLS[facts.url].url).toMatch(/^https:\/\//);
    const sentences = [facts.howToMake, facts.howToRevoke, ...(facts.notes ?? [])];
    for (const sentence of sentences) expect(sentence).toMatch(/^[A-Z].*\.$/);
  });
});
