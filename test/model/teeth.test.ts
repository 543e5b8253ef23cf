import { describe, expect, test } from "vitest";
import { explore } from "./explore.ts";
import { MUTATIONS } from "./mutations.ts";
import { SCENARIOS_BY_SHAPE } from "./scenarios.ts";

describe("the model has teeth: it finds what breaks when", () => {
  test.each(Object.entries(MUTATIONS))("%s", async (_, { breaks, scenario, shape, ...mutation }) => {
    const stories = SCENARIOS_BY_SHAPE[shape ?? "self-service"];
    const { start, ...rest } = must(stories[scenario ?? "an ordinary rotation"]);
    await expect(explore(start(), { ...rest, maxFaults: 1, maxRotations: 1, mutation })).rejects.toThrow(
      breaks,
    );
  });
});

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("no such scenario");
  return value;
}
