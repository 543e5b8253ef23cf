import { describe, expect, it } from "vitest";
import type { ProviderPolicy } from "../../../contract/provider-policy.ts";
import { TwilioApiKey } from "../../../core/providers/twilio-api-key.ts";
import { startTwilioSandbox, type TwilioSandbox } from "../../../sandbox/twilio.ts";
import { POLICY, urlsOf } from "../providers/twilio-harness.ts";
import { expectAtRest, startStory } from "./story.ts";
import { describeRotation } from "./suite.ts";
import type { Vendor } from "./vendor.ts";

const policy: ProviderPolicy = { id: "twilio-api-key", adminSecret: "admin/otp" };
let sandbox: TwilioSandbox;

async function start(now: () => number): Promise<Vendor> {
  sandbox = await startTwilioSandbox({ now });
  const { id: accountId, ...admin } = sandbox.createAccount();
  const account = { id: accountId };
  const makeKey = (name: string) => {
    const { id, ...fields } = sandbox.createKey(account, { name, type: "restricted", policy: POLICY });
    return { id, fields };
  };
  return {
    sandbox,
    provider: new TwilioApiKey({ urls: urlsOf(sandbox.url), now, sleep: async () => undefined }),
    accountId,
    secretFields: ["apiKeySecret", "authToken"],
    stranger: makeKey("billing"),
    isKey: (id) => id.startsWith("SK"),
    makeKey: () => makeKey("made by hand"),
    settings: { policy: POLICY },
    admin: {
      fields: admin,
      expire: () => ({ stale: admin, renewed: { ...admin, ...sandbox.replaceAuthToken(account) } }),
    },
  };
}

describeRotation("twilio-api-key", policy, start);

describe("a rotation at twilio-api-key that must not be", () => {
  const tell = startStory(policy, start);

  it(
    "makes nothing where the account has as many keys as it may have (70151), and says what to delete",
    tell(async (world) => {
      await world.secret.put(world.makeKey().fields);
      const before = world.liveKeyIds();
      sandbox.switches.keysPerAccount = 2;
      const { steps, because } = await world.rotate();
      expect(steps).toMatchObject([{ goal: "createSecret", outcome: { kind: "refuse" } }]);
      expect(because).toMatch(/70151.*Delete unused API keys of the account, then rotate again/);
      await world.until(() => !world.secret.isPending());
      expect(world.liveKeyIds()).toEqual(before);

      sandbox.switches.keysPerAccount = 3;
      expect((await world.rotate()).because).toBe("done");
      await world.settle();
      expectAtRest(world);
    }),
  );

  it.each<[string, string, (accountId: string) => void]>([
    [
      "as the account has no IAM v1",
      'or say keyType: "standard" in the policy',
      (id) => sandbox.setIamV1({ id }, false),
    ],
    [
      "as the vendor refuses to show it",
      "Put the account's auth token or a main key into the admin secret",
      () => {
        sandbox.faults.add({
          when: ({ route }) => route === "get-key",
          fault: { kind: "answer", status: 403, moment: "before", code: "70051", message: "no permission" },
        });
      },
    ],
  ])(
    "makes nothing in the place of a restricted key whose policy cannot be read, %s",
    async (_, advice, hide) => {
      await tell(async (world) => {
        const { fields } = world.makeKey();
        await world.secret.put(fields);
        const before = world.liveKeyIds();
        hide(world.vendor.accountId);
        const { steps, because } = await world.rotate();
        expect(steps).toMatchObject([{ goal: "createSecret", outcome: { kind: "refuse" } }]);
        expect(because).toContain(advice);
        await world.until(() => !world.secret.isPending());
        expect(world.liveKeyIds()).toEqual(before);
        expect(world.current()).toEqual(fields);
      })();
    },
  );
});
