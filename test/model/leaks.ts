import { afterAll, describe, expect, test } from "vitest";
import { exploreLeak, type LeakCases } from "./explore-leaks.ts";
import { leakStoriesOf } from "./leak-stories.ts";
import type { ShapeName } from "./shapes.ts";

/** Plays every leak at these vendors, in every phase of a rotation. A file for some shapes each: two cores. */
export function describeLeaks(shapes: readonly ShapeName[]): void {
  const printed = new Map<ShapeName, LeakCases & { stories: number }>();

  afterAll(() => {
    for (const [shape, { stories, cases, runs }] of printed) {
      process.stdout.write(`  leaks, ${shape}: ${stories} stories, ${cases} cases, ${runs} runs\n`);
    }
  });

  describe("P5: a leaked key dies, with anything going wrong at any call of its response", () => {
    test.each(shapes)("%s", { timeout: 600_000 }, async (shape) => {
      const sum = { stories: 0, cases: 0, runs: 0 };
      const rested = new Set<string>();
      const failures: string[] = [];
      for (const story of await leakStoriesOf(shape)) {
        try {
          const { cases, runs } = await exploreLeak(story, rested);
          sum.cases += cases;
          sum.runs += runs;
        } catch (error) {
          failures.push(`${story.name}: ${error instanceof Error ? error.message : error}`);
        }
        sum.stories += 1;
      }
      printed.set(shape, sum);
      expect(failures.join("\n\n")).toBe("");
    });
  });
}
