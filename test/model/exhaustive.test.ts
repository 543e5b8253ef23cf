import { afterAll, describe, expect, test } from "vitest";
import { explore } from "./explore.ts";
import { MUTATIONS } from "./mutations.ts";
import { SCENARIOS_BY_SHAPE } from "./scenarios.ts";

/**
 * How many things may go wrong on one path. One takes seconds, two take minutes: CI runs both. People who help by hand
 * are one of two things that go wrong at the most: with two of them, they can break what nobody can mend.
 */
const MAX_FAULTS = Number(process.env.DUALKEY_MODEL_FAULTS ?? 1);

/** How many rotations everything goes wrong in; one more, in which nothing does, follows from every rest in any case. */
const MAX_ROTATIONS = Number(process.env.DUALKEY_MODEL_ROTATIONS ?? 1);

const STORIES = Object.entries(SCENARIOS_BY_SHAPE).flatMap(([shape, scenarios]) => {
  return Object.entries(scenarios)
    .filter(([, { moves }]) => MAX_FAULTS === 1 || moves === undefined)
    .map(([name, scenario]) => ({ shape, name, ...scenario }));
});

/** Cases by shape, which are a part of what is claimed: printed at the end. */
const cases = new Map<string, { stories: number; states: number; transitions: number; runs: number }>();

afterAll(() => {
  for (const [shape, { stories, states, transitions, runs }] of cases) {
    report(
      `${shape}: ${stories} stories, ${states} states, ${transitions} transitions, ${runs} runs, at most ${MAX_FAULTS} fault(s) a path`,
    );
  }
});

describe("P1 to P4 and P6 to P8 hold at every change, with anything going wrong at any call", () => {
  test.each(STORIES)(
    "$shape: $name",
    async ({ shape, name: _, start, ...scenario }) => {
      const found = await explore(start(), {
        ...scenario,
        maxFaults: MAX_FAULTS,
        maxRotations: MAX_ROTATIONS,
      });
      const sum = cases.get(shape) ?? { stories: 0, states: 0, transitions: 0, runs: 0 };
      cases.set(shape, {
        stories: sum.stories + 1,
        states: sum.states + found.states,
        transitions: sum.transitions + found.transitions,
        runs: sum.runs + found.runs,
      });
      expect(found.states).toBeGreaterThan(5);
      expect(found.transitions).toBeGreaterThan(50);
    },
    600_000,
  );
});

describe("the model has teeth: it finds what breaks when", () => {
  test.each(Object.entries(MUTATIONS))("%s", async (_, { breaks, scenario, shape, ...mutation }) => {
    const stories = SCENARIOS_BY_SHAPE[shape ?? "self-service"];
    const { start, ...rest } = must(stories[scenario ?? "an ordinary rotation"]);
    await expect(explore(start(), { ...rest, maxFaults: 1, maxRotations: 1, mutation })).rejects.toThrow(
      breaks,
    );
  });
});

/** The figures are part of what is claimed: they are printed, not only checked. */
function report(line: string): void {
  process.stdout.write(`  explored ${line}\n`);
}

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("no such scenario");
  return value;
}
