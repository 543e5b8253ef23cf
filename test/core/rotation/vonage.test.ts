import { expect, it } from "vitest";
import { Vonage } from "../../../core/providers/vonage.ts";
import { startVonageSandbox } from "../../../sandbox/vonage.ts";
import { startStory } from "./story.ts";
import { describeRotation } from "./suite.ts";
import type { Vendor } from "./vendor.ts";

/** No stranger's key: an account has two at the most. */
async function start(now: () => number): Promise<Vendor> {
  const sandbox = await startVonageSandbox({ now });
  const account = sandbox.createAccount();
  const makeKey = () => {
    const { id, ...fields } = sandbox.createKey(account);
    return { id, fields };
  };
  return {
    sandbox,
    provider: new Vonage({ baseUrl: sandbox.url, now, sleep: async () => undefined }),
    accountId: account.id,
    secretFields: ["apiSecret"],
    makeKey,
    fill: makeKey,
  };
}

describeRotation("vonage", { id: "vonage" }, start);

it(
  "touches neither of two secrets while nobody says which one is current, and names both",
  startStory(
    { id: "vonage" },
    start,
  )(async (world) => {
    const [current, other] = [world.makeKey(), world.makeKey()];
    await world.secret.put(current.fields);
    const { steps, because } = await world.rotate();
    expect(steps.map(({ goal }) => goal)).toEqual(["createSecret"]);
    for (const { id } of [current, other]) expect(because).toContain(id);
    expect(because).toContain("Put its id into the value, as keyId");
    await world.until(() => !world.secret.isPending());
    expect(world.liveKeyIds()).toEqual([current.id, other.id]);
    expect(world.current()).toEqual(current.fields);
  }),
);
