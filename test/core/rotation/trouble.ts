import { describe, expect, it } from "vitest";
import type { ProviderPolicy } from "../../../contract/provider-policy.ts";
import { expectAtRest, type Tell } from "./story.ts";
import { capabilitiesOf } from "./vendor.ts";
import { type World, wordsOf } from "./world.ts";

const SECOND_MS = 1000;

/** What ends a key, or forgets it. */
const ENDINGS: ReadonlySet<string> = new Set(["revoke-key", "remove-key", "replace-key"]);

/** What goes wrong in the midst of a rotation: nothing is lost, somebody is told what to do, and then it goes on. */
export function describeTrouble(policy: ProviderPolicy, tell: Tell): void {
  const { source, credential, maxLiveKeys, list, propagationSeconds } = capabilitiesOf(policy);
  const canBeFull = maxLiveKeys !== undefined || list?.cap !== undefined;

  /** A secret whose current key has just replaced another. */
  async function rotated(world: World) {
    const first = world.makeKey();
    await world.secret.put(first.fields);
    if (source === "person") await world.handIn(world.makeKey());
    expect((await world.rotate()).because).toBe("done");
    return first;
  }

  it.runIf(canBeFull)(
    "is refused where there are as many keys as there can be, and says what to delete; nothing is made or revoked",
    tell(async (world) => {
      const { id, fields } = world.makeKey();
      await world.secret.put({ ...fields, keyId: id });
      world.vendor.fill?.();
      const before = world.liveKeyIds();
      const { steps, because } = await world.rotate();
      expect(steps).toMatchObject([{ goal: "createSecret", outcome: { kind: "refuse" } }]);
      expect(because).toMatch(/Delete (keys that|what) nobody uses/);
      await world.until(() => !world.secret.isPending());
      expect(world.liveKeyIds()).toEqual(before);
      expect(world.current()).toEqual(fields);
      expect(world.entries.map(({ effect }) => effect)).not.toContain("make-key");
    }),
  );

  describe.runIf(credential === "admin")("whose admin credential has expired", () => {
    it(
      "makes nothing, says where to put another, and goes on when it is there",
      tell(async (world) => {
        const { id, fields } = world.makeKey();
        await world.secret.put({ ...fields, keyId: id });
        const before = world.liveKeyIds();
        const renewed = await expireAdmin(world);
        const { isDone, because } = await world.rotate();
        expect(isDone).toBe(false);
        expect(because).toMatch(/^alarm: .*into the admin secret/);
        expect(world.liveKeyIds()).toEqual(before);
        expect(world.current()).toEqual(fields);

        await world.putAdmin(renewed);
        await world.settle();
        expect((await world.rotate()).because).toBe("done");
        await world.settle();
        expect(world.accepts(fields)).toBe(false);
        expectAtRest(world);
      }),
    );

    it(
      "loses no key whose overlap is over, raises an alarm, and revokes it when another credential is there",
      tell(async (world) => {
        const old = await rotated(world);
        const renewed = await expireAdmin(world);
        const before = world.secret.ledger();
        const words: string[] = [];
        for (let minute = 0; minute < 25; minute += 1) words.push(wordsOf(await world.tick()));
        expect(words.at(-1)).toMatch(/alarm: .*into the admin secret/);
        expect(world.accepts(old.fields)).toBe(true);
        expect(world.secret.ledger().others).toEqual(before.others);

        await world.putAdmin(renewed);
        await world.settle();
        expect(world.accepts(old.fields)).toBe(false);
        expectAtRest(world);
      }),
    );
  });

  it.each<[string, (world: World) => Promise<unknown>]>([
    ["right after the cutover", async () => undefined],
    ["when a revoke is coming", (world) => world.until(() => isCondemned(world))],
  ])(
    "revokes and forgets nothing while the account is suspended %s, raises an alarm, and goes on after",
    async (_, wait) => {
      await tell(async (world) => {
        const old = await rotated(world);
        await wait(world);
        world.suspend();
        const [live, done] = [world.liveKeyIds(), world.entries.length];
        const words: string[] = [];
        for (let minute = 0; minute < 30; minute += 1) words.push(wordsOf(await world.tick()));
        expect(words.at(-1)).toContain("alarm: ");
        expect(world.liveKeyIds()).toEqual(live);
        expect(endingsSince(world, done)).toEqual([]);
        expect(world.secret.ledger().others).toContain("live");

        world.restore();
        await world.settle();
        expect(world.accepts(old.fields)).toBe(false);
        expectAtRest(world);
      })();
    },
  );

  it(
    "waits in its steps for a vendor that is slow to know new keys",
    tell(async (world) => {
      const first = world.makeKey();
      await world.secret.put(first.fields);
      world.vendor.sandbox.faults.propagation.newKeyMs = 8 * SECOND_MS;
      const handedIn = source === "person" ? world.vendor.makeKey() : undefined;
      if (handedIn) await world.handIn(handedIn);
      const startMs = world.time.now();
      expect((await world.rotate()).because).toBe("done");
      expect(world.time.now() - startMs).toBeGreaterThanOrEqual(8 * SECOND_MS);
      const holds = await world.settle();
      expect(holds.filter(({ alarm }) => alarm)).toEqual([]);
      expect(world.accepts(first.fields)).toBe(false);
      expectAtRest(world);
    }),
  );

  it.runIf(propagationSeconds !== undefined)(
    "raises no alarm while the vendor forgets an old key as late as it says, and forgets it no sooner",
    tell(async (world) => {
      const lateMs = (propagationSeconds ?? 0) * SECOND_MS;
      world.vendor.sandbox.faults.propagation.revocationMs = lateMs;
      const old = await rotated(world);
      const coming = await world.until(() => isCondemned(world));
      const holds = [...coming, ...(await world.settle(10 * SECOND_MS))];
      expect(holds.filter(({ alarm }) => alarm)).toEqual([]);
      const { endedAtMs } = world.vendor.sandbox.truth.keys().find(({ id }) => id === old.id) ?? {};
      expect(world.forgottenAtMs).toBeGreaterThanOrEqual((endedAtMs ?? Number.NaN) + lateMs);
      expectAtRest(world);
    }),
  );
}

async function expireAdmin(world: World) {
  const { admin } = world.vendor;
  if (!admin) throw new Error("this provider has an admin credential, and its vendor in the test has none");
  const { stale, renewed } = admin.expire();
  await world.putAdmin(stale);
  return renewed;
}

function isCondemned(world: World): boolean {
  return world.entries.some(({ effect, label, outcome }) => {
    return effect === "attach" && label === "condemned" && outcome === "applied";
  });
}

function endingsSince(world: World, count: number): readonly string[] {
  return world.entries.slice(count).flatMap(({ effect, label, outcome }) => {
    const isEnding = ENDINGS.has(effect) || (effect === "detach" && label === "live");
    return isEnding && outcome === "applied" ? [effect] : [];
  });
}
