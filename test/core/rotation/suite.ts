import { describe, expect, it } from "vitest";
import type { ProviderPolicy } from "../../../contract/provider-policy.ts";
import { sensitive } from "../providers/every-verb.ts";
import { describeLeak } from "./leak.ts";
import { expectAtRest, startStory } from "./story.ts";
import { describeTrouble } from "./trouble.ts";
import { capabilitiesOf, type Fields, type StartVendor } from "./vendor.ts";
import type { Shape } from "./world.ts";

/**
 * What every provider's rotation must be, played whole: the real core, store and adapter over HTTP, with the service
 * that calls them and the vendor's fake. What a provider cannot do, its capabilities leave out.
 */
export function describeRotation(name: string, policy: ProviderPolicy, start: StartVendor): void {
  const capabilities = capabilitiesOf(policy);
  const { source, credential, carriedOver, fieldNames } = capabilities;
  const tell = startStory(policy, start);
  const isInPlace = source === "in-place";
  const makesTheFirst = credential === "admin" || credential === "role";

  describe(`a rotation at ${name}`, () => {
    it(
      isInPlace
        ? "has an outage from the replacement to AWSCURRENT's move, and no other; the old key is dead at the end"
        : "has an accepted key under AWSCURRENT at every effect, and the old key is dead at the end",
      tell(async (world) => {
        const first = world.makeKey();
        await world.secret.put(first.fields);
        let old: Fields | undefined = first.fields;
        for (let round = 0; round < 2; round += 1) {
          if (source === "person") await world.handIn(world.makeKey());
          world.outages.length = 0;
          expect(await world.rotate()).toMatchObject({ isDone: true, because: "done" });
          expect(world.accepts(world.current())).toBe(true);
          expect(world.outages).toEqual(isInPlace ? ["key-ended", "replace-key"] : []);
          const holds = await world.settle();
          expect(holds.filter(({ alarm }) => alarm)).toEqual([]);
          expect(world.accepts(old)).toBe(false);
          expectAtRest(world);
          old = world.current();
        }
      }),
    );

    it(
      "keeps what else the value holds, and says whose the new key is",
      tell(async (world) => {
        await world.secret.put({ ...world.makeKey().fields, region: "in" });
        if (source === "person") await world.handIn(world.makeKey());
        expect((await world.rotate()).because).toBe("done");
        const value = JSON.parse(world.secret.value() ?? "");
        expect(value).toMatchObject({ region: "in", provider: policy.id, account: expect.any(String) });
        expect(Object.keys(value)).toEqual(expect.arrayContaining([...fieldNames]));
      }),
    );

    it.runIf(carriedOver.length > 0)(
      `gives the new key the old one's settings: ${carriedOver.join(", ")}`,
      tell(async (world) => {
        const { provider, settings, admin } = world.vendor;
        await world.secret.put(world.makeKey().fields);
        expect((await world.rotate()).because).toBe("done");
        const { keyId, ...value } = JSON.parse(world.secret.value() ?? "");
        const credential = sensitive(admin?.fields ?? value);
        const call = { signal: new AbortController().signal };
        expect(await provider.settings?.({ credential, keyId }, call)).toEqual(settings);
      }),
    );

    it(
      makesTheFirst
        ? "makes the first key of an empty secret"
        : "takes the first key of an empty secret from a person, and says how to hand one in",
      tell(async (world) => {
        if (!makesTheFirst) {
          const refused = await world.rotate();
          expect(refused.because).toContain("dualkey hand-in prod/otp");
          expect(refused.steps).toMatchObject([{ goal: "createSecret", outcome: { kind: "refuse" } }]);
          await world.until(() => !world.secret.isPending());
          await world.handIn(world.makeKey());
        }
        expect((await world.rotate()).because).toBe("done");
        await world.settle();
        expect(world.accepts(world.current())).toBe(true);
        expectAtRest(world);
      }),
    );

    it.each(waysToWrite(fieldNames))(
      "adopts a key that a person put there %s, without its id, and writes later ones alike",
      async (_, { shape, write }) => {
        await tell(async (world) => {
          const first = world.makeKey();
          await world.secret.put(write(first.fields));
          if (source === "person") await world.handIn(world.makeKey());
          expect((await world.rotate()).because).toBe("done");
          expect(world.current()).not.toEqual(first.fields);
          const expected = write(world.current() ?? {});
          if (typeof expected === "string") expect(world.secret.value()).toBe(expected);
          else expect(JSON.parse(world.secret.value() ?? "")).toMatchObject(expected);
          await world.settle();
          expect(world.accepts(first.fields)).toBe(false);
          expectAtRest(world);
        }, shape)();
      },
    );

    describeTrouble(policy, tell);
    describeLeak(policy, tell);
  });
}

interface Way {
  readonly shape: Shape;
  readonly write: (fields: Fields) => Fields | string;
}

/** How a person may have put a key there: only a key of one field can stand as a raw string. */
function waysToWrite(fieldNames: readonly string[]): readonly (readonly [string, Way])[] {
  const own = Object.fromEntries(fieldNames.map((name) => [name, `MY_${name}`]));
  const renamed = (fields: Fields) =>
    Object.fromEntries(Object.entries(fields).map(([name, text]) => [`MY_${name}`, text]));
  const ways: readonly (readonly [string, Way])[] = [
    ["with the provider's own field names", { shape: {}, write: (fields) => fields }],
    ["with field names of the consumers' own", { shape: { fields: own }, write: renamed }],
  ];
  if (fieldNames.length > 1) return ways;
  const raw: Way = { shape: { value: "raw" }, write: (fields) => Object.values(fields).join("") };
  return [...ways, ["as a raw string", raw]];
}
