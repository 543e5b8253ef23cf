import { describe, expect, it } from "vitest";
import { buildCase, HELD_OUT_FAMILY, TUNED } from "../../bench/traffic/cases.ts";
import { score } from "../../bench/traffic/score.ts";

const SMALL = { dailySends: 300, weeks: 1 };

describe("a labelled trace", () => {
  it("is the same for the same family and index, and another for another", () => {
    const about = { family: TUNED, kinds: ["pumping", "drip"], ...SMALL } as const;
    const [one, again, other] = [0, 0, 1].map((index) => buildCase({ ...about, index }));
    expect(again?.atMs).toEqual(one?.atMs);
    expect(again?.subscribers).toEqual(one?.subscribers);
    expect(other?.atMs).not.toEqual(one?.atMs);
  });

  it("has every attack within the exposure, labelled", () => {
    const { options, labels, atMs } = buildCase({
      family: HELD_OUT_FAMILY,
      index: 3,
      kinds: ["burst"],
      ...SMALL,
    });
    const times = atMs.filter((_, index) => labels[index] === 1);
    expect(times.length).toBeGreaterThan(50);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(options.exposure.sinceMs);
    expect(Math.max(...times)).toBeLessThan(options.exposure.untilMs);
  });
});

describe("the score of a method", () => {
  const build = () => buildCase({ family: TUNED, index: 1, kinds: ["burst"], ...SMALL });
  const indexesOf = (isAttack: boolean) =>
    build().labels.flatMap((label, index) => ((label !== 0) === isAttack ? [index] : []));

  it("is full for one that flags all of an attack and nothing else", () => {
    const [found] = score([build], [() => [indexesOf(true)]]);
    expect(found).toMatchObject({ precision: 1, findings: 1, wrongFindings: 0 });
    expect(found?.recall.get("burst")).toBe(1);
  });

  it("is nothing for one that flags what is harmless", () => {
    const [found] = score([build], [() => [indexesOf(false)]]);
    expect(found).toMatchObject({ precision: 0, findings: 1, wrongFindings: 1 });
    expect(found?.recall.get("burst")).toBe(0);
    expect(found?.missed.get("burst")).toBe(1);
  });
});
