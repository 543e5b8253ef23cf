import { surpriseOf } from "./surprise.ts";

/** From an hour's bursts to a drip of weeks. */
const SCALES = [1, 3, 6, 12, 24, 72, 168, Number.POSITIVE_INFINITY];

/** Hours of the exposure, the end exclusive. */
export interface HourWindow {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly expected: number;
  readonly surprise: number;
}

export interface ScanRequest {
  /** The hour of the exposure in which each newcomer was first seen, sorted. */
  readonly hours: Uint16Array;
  /** What would have come before each hour, in all: one more entry than there are hours. */
  readonly cumulative: Float64Array;
  /** Of `cumulative`. @default 1 */
  readonly share?: number;
  readonly overdispersion: number;
  /** Where nothing at all is expected, so much still is: people travel. */
  readonly floor: number;
  readonly minCount: number;
  readonly minRatio: number;
  readonly minSurprise: number;
}

/** Finds the window in which the most surprising number of newcomers came, if it is surprising enough. */
export function findWindow(request: ScanRequest): HourWindow | undefined {
  let best: HourWindow | undefined;
  const total = request.cumulative.length - 1;
  for (const scale of SCALES) {
    for (const window of windowsOf(request, Math.min(scale, total))) {
      if (window.surprise > (best?.surprise ?? 0)) best = window;
    }
    if (scale >= total) break;
  }
  return best;
}

function* windowsOf(request: ScanRequest, scale: number): Iterable<HourWindow> {
  const { hours, cumulative, share = 1, overdispersion, floor } = request;
  const last = cumulative.length - 1 - scale;
  let end = 0;
  let from = -1;
  for (let start = 0; start < hours.length && from < last; start++) {
    if ((hours[start] ?? 0) <= from) continue;
    from = Math.min(hours[start] ?? 0, last);
    // The last window may begin before the newcomer that it is tried for.
    while (start > 0 && (hours[start - 1] ?? 0) >= from) start--;
    const to = from + scale;
    while (end < hours.length && (hours[end] ?? 0) < to) end++;
    const count = end - start;
    if (count < request.minCount) continue;
    const expected = Math.max(floor, share * ((cumulative[to] ?? 0) - (cumulative[from] ?? 0)));
    if (count < request.minRatio * expected) continue;
    const surprise = surpriseOf(count, expected, overdispersion);
    if (surprise >= request.minSurprise) yield { from, to, count, expected, surprise };
  }
}

/** @returns one more entry than there are values: the sum of all before each */
export function accumulate(values: Float64Array): Float64Array {
  const sums = new Float64Array(values.length + 1);
  for (const [index, value] of values.entries()) sums[index + 1] = (sums[index] ?? 0) + value;
  return sums;
}
