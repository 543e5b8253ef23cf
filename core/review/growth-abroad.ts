import { type GrowthRequest, REACHES } from "./growth.ts";
import { accumulate } from "./scan.ts";

const HOUR = 3600;
/** Fewer newcomers than this, expected in all of the countries together, say nothing. */
const ENOUGH = 24;
/** With fewer countries, one that is attacked cannot be told from the others. */
const MIN_COUNTRIES = 4;
/** No country counts for more, however much of the traffic it has. */
const MAX_WEIGHT = 0.25;

interface Country {
  readonly seen: Float64Array;
  readonly expected: Float64Array;
}

/**
 * Says by how much the foreign destinations grew beside the service at home, each hour: on a holiday more people travel
 * than log in. Half of the usual traffic abroad has to have grown by as much, and so it is never an attack on one country.
 *
 * @returns a factor for each hour, 1 or more
 */
export function measureGrowthAbroad(
  request: GrowthRequest & { readonly expectedOf: (destination: number) => Float64Array },
): Float64Array {
  const { hours } = request;
  const countries = knownAbroad(request);
  const factors = new Float64Array(hours).fill(1);
  if (countries.length < MIN_COUNTRIES) return factors;
  for (let hour = 0; hour < hours; hour++) {
    for (const reach of REACHES) {
      const [from, to] = [Math.max(0, hour - reach), Math.min(hours, hour + reach + 1)];
      const ratios = countries.map(({ seen, expected }) => ({
        seen: (seen[to] ?? 0) - (seen[from] ?? 0),
        expected: (expected[to] ?? 0) - (expected[from] ?? 0),
      }));
      if (ratios.reduce((sum, { expected }) => sum + expected, 0) < ENOUGH && reach !== REACHES.at(-1))
        continue;
      factors[hour] = Math.max(1, weightedMedian(ratios));
      break;
    }
  }
  return factors;
}

/** Foreign destinations that the reference knows, with what was seen and what was expected before each hour. */
function knownAbroad({
  reference,
  newcomers,
  firstHour,
  hours,
  shares,
  expectedOf,
}: Parameters<typeof measureGrowthAbroad>[0]): readonly Country[] {
  const seen = new Map<number, Float64Array>();
  for (const destination of reference.destination) {
    if (!seen.has(destination) && !shares.isHome(destination)) seen.set(destination, new Float64Array(hours));
  }
  for (const [entry, destination] of newcomers.destination.entries()) {
    const counts = seen.get(destination);
    const hour = Math.floor((newcomers.firstAt[entry] ?? 0) / HOUR) - firstHour;
    if (counts !== undefined) counts[hour] = (counts[hour] ?? 0) + 1;
  }
  return [...seen].map(([destination, counts]) => ({
    seen: accumulate(counts),
    expected: accumulate(expectedOf(destination)),
  }));
}

function weightedMedian(ratios: readonly { readonly seen: number; readonly expected: number }[]): number {
  const total = ratios.reduce((sum, { expected }) => sum + expected, 0);
  const weighted = ratios
    .map(({ seen, expected }) => ({
      ratio: expected === 0 ? 0 : seen / expected,
      weight: Math.min(expected, total * MAX_WEIGHT),
    }))
    .sort((a, b) => a.ratio - b.ratio);
  let left = weighted.reduce((sum, { weight }) => sum + weight, 0) / 2;
  for (const { ratio, weight } of weighted) {
    left -= weight;
    if (left <= 0) return ratio;
  }
  return 1;
}
