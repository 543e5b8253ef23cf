import { afterAll, describe, expect, test } from "vitest";
import { explore } from "./explore.ts";
import { SCENARIOS_BY_SHAPE } from "./scenarios.ts";
import type { ShapeName } from "./shapes.ts";

/**
 * How many things may go wrong on one path. One takes seconds, two take minutes: CI runs both. People who help by hand
 * are one of two things that go wrong at the most: with two of them, they can break what nobody can mend.
 */
const MAX_FAULTS = Number(process.env.DUALKEY_MODEL_FAULTS ?? 1);

/** How many rotations everything goes wrong in; one more, in which nothing does, follows from every rest in any case. */
const MAX_ROTATIONS = Number(process.env.DUALKEY_MODEL_ROTATIONS ?? 1);

/** Plays every story of these shapes, with anything going wrong anywhere. A file for some shapes each: two cores. */
export function describeExhaustively(shapes: readonly ShapeName[]): void {
  /** Cases by shape, which are a part of what is claimed: printed at the end. */
  const cases = new Map<string, { stories: number; states: number; transitions: number; runs: number }>();

  afterAll(() => {
    for (const [shape, { stories, states, transitions, runs }] of cases) {
      process.stdout.write(
        `  explored ${shape}: ${stories} stories, ${states} states, ${transitions} transitions, ${runs} runs, at most ${MAX_FAULTS} fault(s) a path\n`,
      );
    }
  });

  describe("P1 to P4 and P6 to P8 hold at every change, with anything going wrong at any call", () => {
    test.each(shapes.flatMap(storiesOf))(
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
}

/** Where two things go wrong on a path, the first shape plays all of its stories, and the others those that differ. */
const LONG_STORIES = /^an ordinary rotation$|^a first key|^a new key/;

function storiesOf(shape: ShapeName) {
  return Object.entries(SCENARIOS_BY_SHAPE[shape])
    .filter(([name, { moves }]) => {
      if (MAX_FAULTS === 1) return true;
      return moves === undefined && (shape === "self-service" || LONG_STORIES.test(name));
    })
    .map(([name, scenario]) => ({ shape, name, ...scenario }));
}
