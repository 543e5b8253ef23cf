import type { People, Span } from "./people.ts";
import type { Reference } from "./reference.ts";
import { middleMean } from "./surprise.ts";

const HOUR = 3600;
const HOURS_OF_WEEK = 168;
const HOURS_OF_DAY = 24;
const WEEK_SECONDS = HOURS_OF_WEEK * HOUR;
const BINS = 24;
/** So many newcomers in each bin make an hour's growth sure enough to be told from the hours around it. */
const ENOUGH_IN_A_BIN = 4;
/** A peak of the service's own is believed to lift its foreign destinations by so much, and no more. */
const MAX_BELIEVED_GROWTH = 5;
/** A country with so large a share of the newcomers is one of the service's homes. */
const HOME_SHARE = 0.2;
/** What a country that is not a home may have without a baseline: travellers. */
const PRIOR_SHARE = 0.003;
/** How many newcomers the rhythm of all outweighs a country's own at an hour of the week. */
const RHYTHM_PRIOR = 50;

/** What would have come without an attack, hour by hour of the exposure. */
export interface Usual {
  /** The exposure's first hour, as hours since 1970. */
  readonly firstHour: number;
  readonly hours: number;
  /** Newcomers in each hour, as the service's own growth has it. */
  readonly growth: Float64Array;
  /** Newcomers of a destination in each hour. */
  expectedOf(destination: number): Float64Array;
  /** The square of how much a destination's expected value is off, as a share. */
  overdispersionOf(destination: number): number;
  shareOf(destination: number): number;
  isHome(destination: number): boolean;
}

/**
 * Tells the service's own growth from an attack's by what they share out alike: a festival, a campaign or a new
 * version lifts every range of numbers by about the same factor, and an attack a few. The reference's numbers are cut
 * into bins of equal weight, and an hour's newcomers are taken to be what the middle half of the bins has.
 */
export function learnUsual(reference: Reference, newcomers: People, exposure: Span): Usual {
  const firstHour = Math.floor(exposure.since / HOUR);
  const hours = Math.max(1, Math.ceil(exposure.until / HOUR) - firstHour);
  const shares = learnShares(reference);
  const growth = measureGrowth({ reference, newcomers, firstHour, hours, shares });
  const rhythm = learnRhythm(reference);
  const believed = growth.map((value, hour) => {
    const usual = rhythm?.usualAt(firstHour + hour);
    return usual === undefined ? value : Math.min(value, Math.max(1, usual * MAX_BELIEVED_GROWTH));
  });
  return {
    firstHour,
    hours,
    growth,
    expectedOf: (destination) => {
      const share = shares.shareOf(destination);
      return believed.map(
        (value, hour) => value * (rhythm?.shareAt(firstHour + hour, destination, share) ?? share),
      );
    },
    overdispersionOf: (destination) => overdispersionOf(reference, destination),
    shareOf: shares.shareOf,
    isHome: shares.isHome,
  };
}

interface Shares {
  shareOf(destination: number): number;
  isHome(destination: number): boolean;
}

function learnShares({ kind, count, destination }: Reference): Shares {
  const counts = countBy(destination);
  const largest = Math.max(0, ...counts.values());
  const shareOf = (which: number) => {
    const seen = ((counts.get(which) ?? 0) + 1) / (count + counts.size + 1);
    return kind === "self" && (counts.get(which) ?? 0) < largest ? Math.max(seen, PRIOR_SHARE) : seen;
  };
  const isHome = (which: number) => {
    const seen = counts.get(which) ?? 0;
    return seen > 0 && (seen === largest || seen / count >= HOME_SHARE);
  };
  return { shareOf, isHome };
}

interface GrowthRequest {
  readonly reference: Reference;
  readonly newcomers: People;
  readonly firstHour: number;
  readonly hours: number;
  readonly shares: Shares;
}

function measureGrowth({ reference, newcomers, firstHour, hours, shares }: GrowthRequest): Float64Array {
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
  return smooth(perHour);
}

/** Widens an hour that has too few to compare its bins, evenly to both sides. */
function smooth(perHour: readonly Float64Array[]): Float64Array {
  const growth = new Float64Array(perHour.length);
  for (let hour = 0; hour < perHour.length; hour++) {
    const bins = Float64Array.from(perHour[hour] ?? []);
    let [reach, taken, total] = [0, 1, sumOf(bins)];
    while (total < ENOUGH_IN_A_BIN * bins.length && taken < perHour.length && reach < HOURS_OF_WEEK / 2) {
      reach++;
      for (const other of [perHour[hour - reach], perHour[hour + reach]]) {
        if (other === undefined) continue;
        taken++;
        for (const [bin, count] of other.entries()) bins[bin] = (bins[bin] ?? 0) + count;
      }
      total = sumOf(bins);
    }
    growth[hour] = (middleMean([...bins]) * bins.length) / taken;
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

interface Rhythm {
  /** Newcomers in this hour of the week. */
  usualAt(hour: number): number;
  /** The destination's share of them, leaning on its share at any time. */
  shareAt(hour: number, destination: number, share: number): number;
}

/**
 * The hours are those of UTC: no clock is put forward in them, nor in India. Where it is, an hour's neighbours, which
 * count with it, take up the difference. With less than a week, hours of the day stand for those of the week.
 */
function learnRhythm({ kind, span, firstAt, destination }: Reference): Rhythm | undefined {
  const length = span.until - span.since;
  if (kind === "self" || length < HOURS_OF_DAY * HOUR) return undefined;
  const period = length >= WEEK_SECONDS ? HOURS_OF_WEEK : HOURS_OF_DAY;
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
    shareAt: (hour, which, share) =>
      (around(byDestination.get(which), hour) + RHYTHM_PRIOR * share) / (around(all, hour) + RHYTHM_PRIOR),
  };
}

const DAY = HOURS_OF_DAY * HOUR;
const MIN_DAYS = 5;
const USUAL_OVERDISPERSION = 0.25;

/** By how much the reference's own days are off, beyond what chance alone does to such counts. */
function overdispersionOf(reference: Reference, which: number): number {
  const { firstAt, destination, span, count } = reference;
  const days = Math.ceil((span.until - span.since) / DAY);
  if (reference.kind === "self" || days < MIN_DAYS || count === 0) return USUAL_OVERDISPERSION;
  const [own, all] = [new Float64Array(days), new Float64Array(days)];
  for (const [entry, at] of firstAt.entries()) {
    const day = Math.floor((at - span.since) / DAY);
    all[day] = (all[day] ?? 0) + 1;
    if (destination[entry] === which) own[day] = (own[day] ?? 0) + 1;
  }
  const total = sumOf(own);
  if (total < days) return USUAL_OVERDISPERSION;
  const excess = own.reduce((sum, seen, day) => {
    const expected = ((all[day] ?? 0) * total) / count;
    return sum + (seen - expected) ** 2 - expected;
  }, 0);
  const squares = all.reduce((sum, seen) => sum + ((seen * total) / count) ** 2, 0);
  return Math.min(1, Math.max(0.02, excess / squares));
}

function countBy(values: Uint16Array): Map<number, number> {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** How many of the sorted values are at most `value`. */
export function upperBound(sorted: ArrayLike<number>, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
