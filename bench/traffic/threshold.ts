import type { Trace } from "./trace.ts";

const HOUR = 3_600_000;
const SIGMAS = 3;
/** A country's hour with fewer is not looked at. */
const MIN_COUNT = 5;

/**
 * The plain rule that a review is held against, as dashboards have it: a country's hour is an alarm where its count is
 * above the mean of that country's hours before the exposure by more than three standard deviations. One finding for
 * each country's hour.
 */
export function findByThreshold({ options, atMs, subscribers, size }: Trace): number[][] {
  const { baselineSinceMs, exposure } = options;
  const baselineHours = Math.max(1, Math.round((exposure.sinceMs - baselineSinceMs) / HOUR));
  const before = new Map<string, Map<number, number>>();
  const within = new Map<string, Map<number, number[]>>();
  for (let index = 0; index < size; index++) {
    const country = subscribers[index]?.country ?? "none";
    const hour = Math.floor((atMs[index] ?? 0) / HOUR);
    if ((atMs[index] ?? 0) < exposure.sinceMs) {
      const hours = before.get(country) ?? new Map<number, number>();
      before.set(country, hours.set(hour, (hours.get(hour) ?? 0) + 1));
    } else {
      const hours = within.get(country) ?? new Map<number, number[]>();
      within.set(country, hours);
      const rows = hours.get(hour);
      if (rows === undefined) hours.set(hour, [index]);
      else rows.push(index);
    }
  }
  return [...within].flatMap(([country, hours]) => {
    const counts = [...(before.get(country) ?? new Map<number, number>()).values()];
    const mean = counts.reduce((sum, count) => sum + count, 0) / baselineHours;
    const squares = counts.reduce((sum, count) => sum + count * count, 0) / baselineHours;
    const limit = Math.max(MIN_COUNT - 1, mean + SIGMAS * Math.sqrt(Math.max(0, squares - mean * mean)));
    return [...hours.values()].filter((rows) => rows.length > limit);
  });
}
