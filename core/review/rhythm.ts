import type { Reference } from "./reference.ts";

const HOUR = 3600;
const HOURS_OF_WEEK = 168;
const HOURS_OF_DAY = 24;
/** Before a destination has had so many at an hour of the week, its share at any time weighs more. */
const RHYTHM_PRIOR = 10;

export interface Rhythm {
  /** Newcomers in this hour of the week. */
  usualAt(hour: number): number;
  /** The destination's share of them, leaning on its share at any time. */
  shareAt(hour: number, destination: number, share: number): number;
}

/**
 * The hours are those of UTC: no clock is put forward in them, nor in India. Where it is, an hour's neighbours, which
 * count with it, take up the difference. With less than a week, hours of the day stand for those of the week.
 */
export function learnRhythm({ kind, span, firstAt, destination }: Reference): Rhythm | undefined {
  const length = span.until - span.since;
  if (kind === "self" || length < HOURS_OF_DAY * HOUR) return undefined;
  const period = length >= HOURS_OF_WEEK * HOUR ? HOURS_OF_WEEK : HOURS_OF_DAY;
  const slotOf = (hour: number) => ((hour % period) + period) % period;
  const all = new Float64Array(period);
  const byDestination = new Map<number, Float64Array>();
  for (const [entry, at] of firstAt.entries()) {
    const slot = slotOf(Math.floor(at / HOUR));
    const which = destination[entry] ?? 0;
    const own = byDestination.get(which) ?? new Float64Array(period);
    byDestination.set(which, own);
    own[slot] = (own[slot] ?? 0) + 1;
    all[slot] = (all[slot] ?? 0) + 1;
  }
  const around = (counts: Float64Array | undefined, hour: number) =>
    [-1, 0, 1].reduce((sum, by) => sum + (counts?.[slotOf(hour + by)] ?? 0), 0);
  const periods = length / (period * HOUR);
  return {
    usualAt: (hour) => around(all, hour) / 3 / periods,
    shareAt: (hour, which, share) => {
      const seen = around(byDestination.get(which), hour);
      return (share * (seen + RHYTHM_PRIOR)) / (around(all, hour) * share + RHYTHM_PRIOR);
    },
  };
}
