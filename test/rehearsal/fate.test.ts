import { describe, expect, it } from "vitest";
import { drawFate, type Fate } from "../../rehearsal/chaos/fate.ts";
import { chaos } from "../../rehearsal/scenarios/chaos.ts";

const { mischief } = chaos;
if (!mischief) throw new Error("chaos has no mischief");

function fates(seed: number, count = 500): Fate[] {
  return Array.from({ length: count }, (_, nth) => drawFate(mischief ?? fail(), { seed, nth, kind: "run" }));
}

function fail(): never {
  throw new Error("chaos has no mischief");
}

describe("the fate of an invocation", () => {
  it("is the same for the same seed, and another for another", () => {
    expect(fates(1)).toEqual(fates(1));
    expect(fates(1)).not.toEqual(fates(2));
  });

  it("kills as large a share as the scenario says, before and after, early and late", () => {
    const deaths = fates(3).flatMap(({ death }) => death ?? []);
    expect(deaths.length / 500).toBeCloseTo(0.6, 1);
    const atRequests = deaths.flatMap((death) => (death.kind === "at-request" ? [death] : []));
    expect(new Set(atRequests.map(({ moment }) => moment))).toEqual(new Set(["before", "after"]));
    expect(new Set(atRequests.map(({ request }) => request)).size).toBe(9);
    expect(deaths.length).toBeGreaterThan(atRequests.length);
  });
});
