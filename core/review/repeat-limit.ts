import { type Detection, rowsOf } from "./detection.ts";
import type { People } from "./people.ts";
import type { SendColumns } from "./send-columns.ts";
import { surpriseOf } from "./surprise.ts";

const DAY = 24 * 3600;
/** A person who gets no code asks again, but not as often. */
const MIN_IN_A_DAY = 10;
/** Of the most that one number in a thousand got in a day before. */
const RATIO_TO_USUAL = 3;
/** So many in a day are a person's bad day, unless far more people than usual have one. */
const MIN_TOGETHER = 5;
export const MANY_TOGETHER = 12;
const TOGETHER = { minCount: MANY_TOGETHER, minRatio: 3, minSurprise: 22, overdispersion: 0.1 };

/** How many numbers got how many sends within a day, at the most. */
type Histogram = ReadonlyMap<number, number>;

/** From how many sends within a day on a number is a finding. */
export interface RepeatLimits {
  readonly alone: number;
  /** Of a number among many of its country that get as many at once. */
  readonly together: number;
}

export function chooseLimits(detection: Detection): RepeatLimits {
  const { population, exposure, reference } = detection;
  const { known, newcomers } = population;
  const isAlone = reference.kind === "self";
  const within = { since: exposure.since, until: exposure.until };
  const exposed = histogramOf(detection, [known, newcomers], within);
  const before = isAlone ? exposed : histogramOf(detection, [known], { since: 0, until: exposure.since });
  // An exposure alone may be full of victims: what one in fifty gets is usual there, otherwise one in a thousand.
  const limit = Math.max(MIN_IN_A_DAY, RATIO_TO_USUAL * quantileOf(before, isAlone ? 50 : 1000));
  if (isAlone) return { alone: limit, together: limit };
  const { length, growth } = compareDays(detection);
  for (let most = MIN_TOGETHER; most < limit; most++) {
    // Those who are findings by themselves say nothing of the others.
    const count = atLeast(exposed, most) - atLeast(exposed, limit);
    // Who logs in four times as often has so many sends in a day not four times as often, but four to that power.
    const expected = (atLeast(before, most) + 1) * length * growth ** most;
    const surprise = surpriseOf(count, expected, TOGETHER.overdispersion);
    const isMany = count >= TOGETHER.minCount && count >= TOGETHER.minRatio * expected;
    if (isMany && surprise >= TOGETHER.minSurprise) return { alone: limit, together: most };
  }
  return { alone: limit, together: limit };
}

/** @param rows in the order of their times @param span only those within it count */
export function mostInADay(
  { at }: SendColumns,
  rows: Uint32Array,
  { since, until }: { readonly since: number; readonly until: number },
): number {
  let [most, first] = [0, 0];
  for (let last = 0; last < rows.length; last++) {
    const time = at[rows[last] ?? 0] ?? 0;
    if (time >= until) break;
    while (first < last && (time - (at[rows[first] ?? 0] ?? 0) >= DAY || (at[rows[first] ?? 0] ?? 0) < since))
      first++;
    if (time >= since) most = Math.max(most, last - first + 1);
  }
  return most;
}

function histogramOf(
  { population, columns }: Detection,
  groups: readonly People[],
  span: { readonly since: number; readonly until: number },
): Histogram {
  const counts = new Map<number, number>();
  for (const people of groups) {
    for (let entry = 0; entry < people.count; entry++) {
      if ((people.number[entry] ?? 0) === 0) continue;
      const most = mostInADay(columns, rowsOf(population, people, entry), span);
      if (most > 0) counts.set(most, (counts.get(most) ?? 0) + 1);
    }
  }
  return counts;
}

function atLeast(histogram: Histogram, least: number): number {
  let count = 0;
  for (const [most, people] of histogram) if (most >= least) count += people;
  return count;
}

/** What one number in `one` exceeds. */
function quantileOf(histogram: Histogram, one: number): number {
  let above = atLeast(histogram, 0) / one;
  for (const most of [...histogram.keys()].sort((a, b) => b - a)) {
    above -= histogram.get(most) ?? 0;
    if (above < 0) return most;
  }
  return 0;
}

/** How long the exposure is beside the time before it, and how much busier its busiest day than a day was before. */
function compareDays({ population, columns, exposure }: Detection): { length: number; growth: number } {
  const days = new Float64Array(Math.ceil((exposure.until - exposure.since) / DAY));
  let [before, first] = [0, exposure.since];
  for (const row of population.order) {
    const at = columns.at[row] ?? 0;
    const day = Math.floor((at - exposure.since) / DAY);
    if (day >= 0) days[day] = (days[day] ?? 0) + 1;
    else {
      before++;
      first = Math.min(first, at);
    }
  }
  const seconds = Math.max(1, exposure.since - first);
  const usualDay = (before * DAY) / seconds;
  const busiest = days.reduce((most, count) => Math.max(most, count), 0);
  return {
    length: (exposure.until - exposure.since) / seconds,
    growth: Math.max(1, busiest / Math.max(1, usualDay)),
  };
}
