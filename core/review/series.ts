import { type Detection, hourOf } from "./detection.ts";
import { evenOut } from "./growth.ts";
import { upperBound } from "./surprise.ts";

/** A range of a million numbers, as operators are given them. */
export const SERIES_HIDDEN_DIGITS = 6;

/**
 * Measures how a series grew by itself, each hour: a campaign to one region lifts its series, and within each of them
 * every tenth alike. An attack is in one tenth, or in few.
 *
 * @param from the series' first number, filled up to 15 digits @param width how many such numbers it has
 */
export function measureSeries(detection: Detection, from: number, width: number): Float64Array {
  const { usual, population } = detection;
  const { number } = population.newcomers;
  const perHour = Array.from({ length: usual.hours }, () => new Float64Array(10));
  for (let entry = upperBound(number, from - 1); entry < number.length; entry++) {
    const tenth = Math.floor((((number[entry] ?? 0) - from) / width) * 10);
    if (tenth >= 10) break;
    const bins = perHour[hourOf(detection, entry)];
    if (bins !== undefined) bins[tenth] = (bins[tenth] ?? 0) + 1;
  }
  return evenOut(perHour);
}
