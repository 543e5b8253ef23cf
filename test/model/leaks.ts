import { afterAll, describe, expect, test } from "vitest";
import { exploreLeak, type LeakCases } from "./explore-leaks.ts";
import type { LeakStory } from "./leak-story.ts";
import type { ShapeName } from "./shapes.ts";

/** Plays the leaks of some vendors each. A file for some shapes: two cores. */
export function describeLeaks(
  title: string,
  storiesOf: (shape: ShapeName) => Promise<readonly LeakStory[]>,
  shapes: readonly ShapeName[],
): void {
  const printed = new Map<ShapeName, LeakCases & { stories: number }>();

  afterAll(() => {
    for (const [shape, { stories, cases, runs }] of printed) {
      process.stdout.write(`  leaks, ${shape}: ${stories} stories, ${cases} cases, ${runs} runs\n`);
    }
  });

  describe(title, () => {
    test.each(shapes)("%s", { timeout: 600_000 }, async (shape) => {
      const sum = { stories: 0, cases: 0, runs: 0 };
      const rested = new Set<string>();
      const failures: string[] = [];
      for (const story of await storiesOf(shape)) {
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
