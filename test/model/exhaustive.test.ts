import { describe, expect, test } from "vitest";
import { explore } from "./explore.ts";
import { MUTATIONS } from "./mutations.ts";
import { SCENARIOS } from "./scenarios.ts";

/**
 * How many things may go wrong on one path. One takes seconds, two take minutes: CI runs both. People who help by hand
 * are one of two things that go wrong at the most: with two of them, they can break what nobody can mend.
 */
const MAX_FAULTS = Number(process.env.DUALKEY_MODEL_FAULTS ?? 1);

/** How many rotations everything goes wrong in; one more, in which nothing does, follows from every rest in any case. */
const MAX_ROTATIONS = Number(process.env.DUALKEY_MODEL_ROTATIONS ?? 1);

const EXPLORED = Object.entries(SCENARIOS).filter(([, { moves }]) => MAX_FAULTS === 1 || moves === undefined);

describe("P1 to P4 and P6 to P8 hold at every change, with anything going wrong at any call", () => {
  test.each(EXPLORED)(
    "%s",
    async (name, { start, ...scenario }) => {
      const found = await explore(start(), {
        ...scenario,
        maxFaults: MAX_FAULTS,
        maxRotations: MAX_ROTATIONS,
      });
      report(
        `${name}: ${found.states} states, ${found.transitions} transitions, ${found.runs} runs, at most ${MAX_FAULTS} fault(s) a path`,
      );
      expect(found.states).toBeGreaterThan(20);
      expect(found.transitions).toBeGreaterThan(200);
    },
    600_000,
  );
});

describe("the model has teeth: it finds what breaks when", () => {
  test.each(Object.entries(MUTATIONS))("%s", async (_, { breaks, scenario, ...mutation }) => {
    const { start, ...rest } = must(SCENARIOS[scenario ?? "an ordinary rotation"]);
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
