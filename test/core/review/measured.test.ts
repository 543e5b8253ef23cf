import { describe, expect, it } from "vitest";
import { ATTACK_KINDS } from "../../../bench/traffic/attacks.ts";
import { buildCase, type CaseOptions, HELD_OUT_FAMILY } from "../../../bench/traffic/cases.ts";
import { byReview, byThreshold, score } from "../../../bench/traffic/score.ts";

/** Small services, so that it takes seconds: `npm run bench send-review` measures many, of all sizes. */
function casesOf(count: number, options: Partial<CaseOptions>) {
  return Array.from({ length: count }, (_, index) => () => {
    const dailySends = 400 + 300 * (index % 5);
    return buildCase({ family: HELD_OUT_FAMILY, index: 5000 + index, dailySends, weeks: 2.5, ...options });
  });
}

describe("on labelled traces that nothing was tuned on", () => {
  it.each(ATTACK_KINDS)("the review finds %s, at least 95 of 100 sends, and flags few others", (kind) => {
    const cases = casesOf(6, { kinds: [kind], size: 1 });
    const [ours, reference] = score(cases, [byReview, byThreshold]);
    expect(ours?.attacks.get(kind)).toBe(6);
    expect(ours?.recall.get(kind)).toBeGreaterThanOrEqual(0.95);
    expect(ours?.precision).toBeGreaterThanOrEqual(0.9);
    expect(ours?.precision).toBeGreaterThan(reference?.precision ?? 1);
  });

  it("the review takes no festival and no campaign for an attack, where the plain threshold does", () => {
    const [ours, reference] = score(casesOf(16, { kinds: [] }), [byReview, byThreshold]);
    expect(ours?.findings).toBe(0);
    expect(reference?.findings).toBeGreaterThan(50);
  });
});
