import { describe, expect, it } from "vitest";
import type { ProviderPolicy } from "../../../contract/provider-policy.ts";
import { sensitive } from "../providers/every-verb.ts";
import { expectAtRest, type Tell } from "./story.ts";
import { capabilitiesOf, type Fields } from "./vendor.ts";
import { type World, wordsOf } from "./world.ts";

/** What a leak response is at every provider: the leaked key is dead, a clean one is current, and nothing is left over. */
export function describeLeak(policy: ProviderPolicy, tell: Tell): void {
  const { source, credential, maxLiveKeys } = capabilitiesOf(policy);
  const isByHand = source === "person";
  const isInPlace = source === "in-place";
  // Whoever holds the secret open may register the key again, or put it in place: one fence has to be over.
  const isForgottenLate = source === "client" || isInPlace;
  const words = isInPlace ? { evenIfLoginsFail: true } : {};

  /** A secret whose current key is dualkey's own work. */
  async function steady(world: World): Promise<Fields> {
    await overlapping(world);
    await world.settle();
    world.outages.length = 0;
    return current(world);
  }

  /** The same with the key before still retiring. */
  async function overlapping(world: World): Promise<Fields> {
    const first = world.makeKey();
    await world.secret.put(first.fields);
    if (isByHand) await world.handIn(world.makeKey());
    expect((await world.rotate()).because).toBe("done");
    return first.fields;
  }

  async function expectContained(world: World, leaked: readonly (Fields | undefined)[]): Promise<void> {
    await world.settle();
    for (const fields of leaked) expect(world.accepts(fields)).toBe(false);
    expectAtRest(world);
  }

  describe("answers a leak", () => {
    it.skipIf(isByHand)(
      "of the current key in one run: it is dead, and a clean one is current",
      tell(async (world) => {
        const leaked = await steady(world);
        const outcome = await world.respond(words);
        expect(wordsOf(outcome)).toMatch(
          isForgottenLate ? /^(done|wait: a run that started earlier)/ : /^done$/,
        );
        expect(world.accepts(leaked)).toBe(false);
        expect(world.accepts(world.current())).toBe(true);
        await expectContained(world, [leaked]);
      }),
    );

    it.runIf(isByHand)(
      "of a key that only a person can revoke: red until they did, with the key that they handed in current",
      tell(async (world) => {
        const leaked = await steady(world);
        expect(wordsOf(await world.respond())).toMatch(/alarm: .*no new one was handed in/);
        await world.handIn(world.makeKey());
        expect(wordsOf(await world.respond())).toMatch(
          /alarm: it leaked and works, and nobody but a person can revoke it/,
        );
        expect(world.current()).not.toEqual(leaked);
        await expectContained(world, [leaked]);
      }),
    );

    it.skipIf(isByHand)(
      "of a key that was put there by hand, without its id",
      tell(async (world) => {
        const { fields } = world.makeKey();
        await world.secret.put(fields);
        await world.respond(words);
        world.time.advance(1000);
        await expectContained(world, [fields]);
      }),
    );

    it.skipIf(isByHand || isInPlace)(
      "of every key in the midst of an overlap",
      tell(async (world) => {
        const retiring = await overlapping(world);
        const leaked = current(world);
        await world.respond({ deadlineMs: world.time.now() + 30_000 });
        expect([world.accepts(retiring), world.accepts(leaked)]).toEqual([false, false]);
        await expectContained(world, [retiring, leaked]);
      }),
    );

    it.skipIf(isByHand || isInPlace)(
      "of the current key in the midst of an overlap, with the key before clean",
      tell(async (world) => {
        await overlapping(world);
        const leaked = current(world);
        const [itself] = world.secret.versions().filter(({ labels }) => labels.includes("AWSCURRENT"));
        await world.respond({ target: itself?.id.slice(0, 8) ?? "", deadlineMs: world.time.now() + 30_000 });
        expect(world.accepts(leaked)).toBe(false);
        expect(world.accepts(world.current())).toBe(true);
        await expectContained(world, [leaked]);
      }),
    );

    it.skipIf(isByHand || isInPlace)(
      "of the retiring key: it is revoked at once, and nothing moves",
      tell(async (world) => {
        const retiring = await overlapping(world);
        const [before] = [current(world)];
        const [old] = world.secret.versions().filter(({ labels }) => labels.includes("AWSPREVIOUS"));
        await world.respond({ target: old?.id.slice(0, 8) ?? "" });
        expect(world.accepts(retiring)).toBe(false);
        expect(current(world)).toEqual(before);
        await expectContained(world, [retiring]);
      }),
    );

    const canGoFirst = credential === "admin" || credential === "role";
    it.runIf(canGoFirst)(
      "by revoking first: consumers fail until the next key is made",
      tell(async (world) => {
        const leaked = await steady(world);
        const done = world.entries.length;
        expect(wordsOf(await world.respond({ mode: "revoke-first" }))).toBe("done");
        const effects = world.entries.slice(done).map(({ effect }) => effect);
        expect(effects.indexOf("revoke-key")).toBeLessThan(effects.indexOf("make-key"));
        expect(world.outages.length).toBeGreaterThan(0);
        world.outages.length = 0;
        await expectContained(world, [leaked]);
      }),
    );

    it.skipIf(canGoFirst)(
      "never by revoking first, where a key is needed to make a key, or a person",
      tell(async (world) => {
        const leaked = await steady(world);
        const done = world.entries.length;
        expect(wordsOf(await world.respond({ ...words, mode: "revoke-first" }))).toMatch(
          /^revoke-first is not possible/,
        );
        expect(world.entries.slice(done)).toEqual([]);
        expect(world.accepts(leaked)).toBe(true);
      }),
    );

    it.runIf(credential === "self" && source === "provider")(
      "of a lone key that is dead already: asks for another by hand, and goes on with it",
      tell(async (world) => {
        const leaked = await steady(world);
        const { keyId } = JSON.parse(world.secret.value() ?? "");
        const credential = sensitive(leaked);
        const call = { signal: new AbortController().signal };
        await world.vendor.provider.revoke?.({ credential, keyId }, call);
        expect(wordsOf(await world.respond())).toMatch(/alarm: .*Hand one in: dualkey hand-in prod\/otp/);
        await world.handIn(world.makeKey());
        expect(wordsOf(await world.respond())).toBe("done");
        world.outages.length = 0; // until somebody had handed one in
        await expectContained(world, [leaked]);
      }),
    );

    it.runIf((maxLiveKeys ?? 100) < 10 && !isInPlace)(
      "with all slots full, and a key in one of them that nobody knows: no later than its deadline, if that can be",
      tell(async (world) => {
        const leaked = await steady(world);
        world.vendor.fill?.();
        const outcome = await world.respond();
        if (credential === "self") {
          expect(wordsOf(outcome)).toMatch(/alarm: .*there is no room for a new one/);
          expect(world.accepts(leaked)).toBe(true);
          return;
        }
        expect(world.accepts(leaked)).toBe(false);
        world.outages.length = 0;
        await world.until(() => world.accepts(world.current()));
        world.outages.length = 0;
      }),
    );
  });
}

function current(world: World): Fields {
  const fields = world.current();
  if (fields === undefined) throw new Error("no key is current");
  return fields;
}
