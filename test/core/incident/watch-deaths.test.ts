import { expect, it } from "vitest";
import { watchDeaths } from "../../../core/incident/watch-deaths.ts";
import { anObservation, aSecret, holding, NOON } from "../cutover/a-world.ts";
import { anEntry, GOAL } from "./a-leak.ts";

function deathsAfter(...entries: Parameters<typeof anEntry>[0][]) {
  const watch = watchDeaths(() => NOON);
  watch.see(anObservation(aSecret([holding("11111111", "key-1")])), GOAL);
  for (const entry of entries) watch.record(anEntry(entry));
  return watch.deaths();
}

const forgotten = { effect: "detach", versionId: "11111111", label: "live" } as const;

it("remembers a key as dead when that was proven, and not when it was revoked", () => {
  expect(deathsAfter({ keyId: "key-1" })).toEqual([]);
  expect(deathsAfter({ keyId: "key-1" }, forgotten)).toMatchObject([
    { key: { versionId: "11111111", keyId: "key-1", diedAtMs: NOON } },
  ]);
});

it("remembers none whose label did not come off, or lost another label", () => {
  expect(deathsAfter({ ...forgotten, outcome: "unknown" }, { ...forgotten, label: "replaced" })).toEqual([]);
});
