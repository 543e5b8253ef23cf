import { expect, it } from "vitest";
import { Infobip } from "../../../core/providers/infobip.ts";
import { startInfobipSandbox } from "../../../sandbox/infobip.ts";
import { expectAtRest, startStory } from "./story.ts";
import { describeRotation } from "./suite.ts";
import type { Vendor } from "./vendor.ts";

const settings = {
  allowedIPs: ["127.0.0.1", "203.0.113.5"],
  permissions: ["2FA_CLIENT"],
  platform: [],
  scopeGuids: ["account-management:manage", "sms:manage"],
};

const policy = { id: "infobip", adminSecret: "admin/otp" } as const;

async function start(now: () => number, options: { showsSecrets?: boolean } = {}): Promise<Vendor> {
  const sandbox = await startInfobipSandbox({ now, ...options });
  const { username, password, ...account } = sandbox.createAccount();
  const makeKey = () => {
    const { id, apiKey } = sandbox.createKey(account, settings);
    return { id, fields: { apiKey } };
  };
  const fields = { username, password };
  return {
    sandbox,
    provider: new Infobip({ baseUrl: sandbox.url, now, sleep: async () => undefined }),
    accountId: account.id,
    secretFields: ["apiKey", "password"],
    stranger: makeKey(),
    makeKey,
    settings,
    admin: {
      fields,
      expire: () => ({ stale: { username, password: "last-years-password" }, renewed: fields }),
    },
  };
}

describeRotation("infobip", policy, start);

it(
  "asks for the id of an adopted key where the vendor shows no values, and goes on when it is there",
  startStory(policy, (now) => start(now, { showsSecrets: false }))(async (world) => {
    const { id, fields } = world.makeKey();
    await world.secret.put(fields);
    const { steps, because } = await world.rotate();
    expect(steps.map(({ goal }) => goal)).toEqual(["createSecret"]);
    expect(because).toContain("Put its id into the value, as keyId");
    await world.until(() => !world.secret.isPending());
    expect(world.liveKeyIds()).toHaveLength(2);

    await world.secret.put({ ...fields, keyId: id });
    await world.settle();
    expect((await world.rotate()).because).toBe("done");
    await world.settle();
    expect(world.accepts(fields)).toBe(false);
    expectAtRest(world);
  }),
);
