import type { People } from "./people.ts";
import type { Reference } from "./reference.ts";
import type { Shares } from "./shares.ts";
import { middleMean, sumOf, upperBound } from "./surprise.ts";

const HOUR = 3600;
const BINS = 24;
/** So many newcomers in each bin make an hour's growth sure enough to be told from the hours around it. */
const ENOUGH_IN_A_BIN = 4;
/** Half the width of the time around an hour that is looked at, in hours: as much as it takes. */
export const REACHES = [0, 1, 2, 3, 6, 12, 24, 48, 84] as const;

export interface GrowthRequest {
  readonly reference: Reference;
  readonly newcomers: People;
  readonly firstHour: number;
  readonly hours: number;
  readonly shares: Shares;
}

/**
 * Tells the service's own growth from an attack's by what they share out alike: a festival, a campaign or a new
 * version lifts every range of numbers by about the same factor, and an attack a few. The reference's numbers are cut
 * into bins of equal weight, and an hour's newcomers are taken to be what the middle half of the bins has.
 *
 * @returns newcomers in each hour
 */
export function measureGrowth({
  reference,
  newcomers,
  firstHour,
  hours,
  shares,
}: GrowthRequest): Float64Array {
  const edges = edgesOf(reference);
  const perHour = Array.from({ length: hours }, () => new Float64Array(Math.max(1, edges.length)));
  for (let entry = 0; entry < newcomers.count; entry++) {
    const hour = Math.floor((newcomers.firstAt[entry] ?? 0) / HOUR) - firstHour;
    const bins = perHour[hour];
    if (bins === undefined) continue;
    const number = newcomers.number[entry] ?? 0;
    // Without numbers there is nothing to cut: the homes' own growth stands for all.
    if (edges.length === 0) {
      if (shares.isHome(newcomers.destination[entry] ?? 0)) bins[0] = (bins[0] ?? 0) + 1;
      continue;
    }
    const bin = upperBound(edges, number) - 1;
    if (bin >= 0) bins[bin] = (bins[bin] ?? 0) + 1;
  }
  return evenOut(perHour);
}

/**
 * Gives what each hour would have if all bins were as the middle half of them is. Widens an hour that has too few to
 * compare its bins, evenly to both sides.
 */
export function evenOut(perHour: readonly Float64Array[]): Float64Array {
  const bins = perHour[0]?.length ?? 0;
  const before: Float64Array[] = [new Float64Array(bins)];
  for (const [hour, counts] of perHour.entries()) {
    before.push(counts.map((count, bin) => count + (before[hour]?.[bin] ?? 0)));
  }
  const growth = new Float64Array(perHour.length);
  for (let hour = 0; hour < perHour.length; hour++) {
    for (const reach of REACHES) {
      const [from, to] = [Math.max(0, hour - reach), Math.min(perHour.length, hour + reach + 1)];
      const counts = (before[to] ?? new Float64Array(bins)).map(
        (count, bin) => count - (before[from]?.[bin] ?? 0),
      );
      if (sumOf(counts) < ENOUGH_IN_A_BIN * bins && reach !== REACHES.at(-1)) continue;
      growth[hour] = (middleMean([...counts]) * bins) / (to - from);
      break;
    }
  }
  return growth;
}

/** The lower edge of each bin; none where half of the sends have no number. */
function edgesOf({ number, count }: Reference): readonly number[] {
  const first = upperBound(number, 0);
  if (first * 2 > count || count === 0) return [];
  const bins = Math.max(4, Math.min(BINS, Math.floor((count - first) / 20)));
  const edges = Array.from(
    { length: bins },
    (_, bin) => number[first + Math.floor((bin * (count - first)) / bins)] ?? 0,
  );
  edges[0] = 0;
  return edges;
}
