import { describeRanges, type FoundRange } from "./_range-reasons.ts";
import { type Detection, hourOf, type Suspicion, sortedHours } from "./detection.ts";
import { accumulate, findWindow } from "./scan.ts";
import { measureSeries, SERIES_HIDDEN_DIGITS } from "./series.ts";
import { upperBound } from "./surprise.ts";

const MAX_DIGITS = 15;
/** A range of a hundred numbers is as small as it makes sense to ask. */
const MIN_HIDDEN_DIGITS = 2;
/** Below so many free digits, a range is so narrow that chance puts nobody there. */
const NARROW_HIDDEN_DIGITS = 4;
const DENSE_SHARE = 0.2;
/** A firm that signs up has a handful of numbers in a row. */
const LIMITS = { minCount: 12, minSurprise: 24 };
/** What the next digit's ten values weigh where the reference has nobody: each some one person. */
const PRIOR = 10;
const PURE_RATIO = 5;
const MIN_RATIO = 3;
/** No campaign is for the people of more series: beyond so many, each is taken for what it is at first sight. */
const MAX_SERIES = 300;
/** Bursts of one range, one after the other. */
const MAX_WINDOWS = 20;
/** Of what a range has too many, how much a part of it must have to stand for it. */
const NARROW_SHARE = 0.9;

/** A range of numbers that share their first digits, as slices of the sorted newcomers and of the sorted reference. */
interface Range {
  readonly from: number;
  readonly to: number;
  readonly prefixDigits: number;
  readonly start: number;
  readonly end: number;
  /** Its share of all newcomers, as the reference has it. */
  readonly share: number;
  /** How many of the reference's numbers say so: a share that few have measured may be far off. */
  readonly measured: number;
  /** The series that it is part of; absent where it is as wide, or wider. */
  readonly series?: Series;
}

interface Series {
  readonly from: number;
  readonly width: number;
  readonly share: number;
}

interface Search {
  readonly detection: Detection;
  /** By destination. */
  readonly expectations: Map<number, Expectation>;
  /** By a series' first number: its own growth, each hour. */
  readonly series: Map<number, Float64Array>;
  readonly found: FoundRange[];
}

/**
 * Finds ranges of numbers that crowd: the digits are followed as a tree, and in each branch the newcomers are compared
 * with what the service's growth and the branch's share in the reference make of it. The widest branch that is nearly
 * all attack is taken whole; what is left over is looked at again on the way back.
 */
export function findRanges(detection: Detection): Suspicion[] {
  const { newcomers } = detection.population;
  const search: Search = { detection, expectations: new Map(), series: new Map(), found: [] };
  const whole = {
    from: 1,
    to: 10 ** MAX_DIGITS,
    prefixDigits: 0,
    start: upperBound(newcomers.number, 0),
    end: newcomers.count,
    share: 1,
    measured: search.detection.reference.everyone.count,
  };
  visit(search, whole);
  return describeRanges(detection, search.found);
}

function visit(search: Search, range: Range): void {
  if (range.end - range.start < LIMITS.minCount) return;
  const hidden = hiddenDigits(search, range);
  if (hidden < MIN_HIDDEN_DIGITS) return;
  takeAll(search, range, PURE_RATIO);
  if (unclaimedIn(search, range).length < LIMITS.minCount) return;
  for (const child of childrenOf(search, range)) visit(search, child);
  takeAll(search, range, MIN_RATIO);
}

function takeAll(search: Search, range: Range, minRatio: number): void {
  for (let round = 0; round < MAX_WINDOWS && take(search, range, minRatio); round++);
}

function take(search: Search, range: Range, minRatio: number): boolean {
  const whole = findIn(search, range, minRatio);
  if (whole === undefined) return false;
  const { entries, expected } = narrow(search, range, { ...whole, minRatio });
  for (const entry of entries) search.detection.claimed[entry] = 1;
  search.found.push({ entries, expected });
  return true;
}

interface Crowd {
  readonly entries: readonly number[];
  readonly expected: number;
  readonly minRatio: number;
}

/** Goes on to the part of a range that has nearly all that is too many, and leaves the neighbours in peace. */
function narrow(search: Search, range: Range, crowd: Crowd): Crowd {
  if (hiddenDigits(search, range) <= MIN_HIDDEN_DIGITS) return crowd;
  const excess = crowd.entries.length - crowd.expected;
  for (const child of childrenOf(search, range)) {
    if (child.end - child.start < excess * NARROW_SHARE) continue;
    const part = findIn(search, child, crowd.minRatio);
    if (part === undefined || part.entries.length - part.expected < excess * NARROW_SHARE) continue;
    return narrow(search, child, { ...part, minRatio: crowd.minRatio });
  }
  return crowd;
}

/** Finds a crowd in a range: those of its newcomers whom nothing has explained, in the window that shows it best. */
function findIn(search: Search, range: Range, minRatio: number): Omit<Crowd, "minRatio"> | undefined {
  const { detection } = search;
  const entries = unclaimedIn(search, range);
  const { series } = range;
  // Whole series grow with campaigns, with what operators are newly given, and with who travels.
  if (entries.length < LIMITS.minCount || series === undefined) return undefined;
  const { hourly, factor } = expectationOf(search, entries[0] ?? 0);
  const isNarrow = hiddenDigits(search, range) <= NARROW_HIDDEN_DIGITS;
  const scan = {
    hours: sortedHours(detection, entries),
    overdispersion: (isNarrow ? 0.02 : 0.1) + 1 / (1 + range.measured),
    floor: isNarrow ? 0.1 : 0.5,
    minRatio,
    ...LIMITS,
  };
  const share = Math.min(1, range.share * factor);
  const first = findWindow({ ...scan, cumulative: accumulate(hourly), share });
  if (first === undefined) return undefined;
  // No service has a fifth of a range as new customers at once, however its series grows.
  const isDense = entries.length >= DENSE_SHARE * 10 ** hiddenDigits(search, range);
  // The series is looked at only where it must be: most ranges are nothing at first sight.
  const ofSeries = isDense ? hourly.map(() => 0) : growthOfSeries(search, series);
  const part = range.share / series.share;
  const larger = hourly.map((value, hour) => Math.max(value * share, (ofSeries[hour] ?? 0) * part));
  const window = findWindow({ ...scan, cumulative: accumulate(larger) });
  if (window === undefined) return undefined;
  const { from, to, expected } = window;
  const isIn = (entry: number) => hourOf(detection, entry) >= from && hourOf(detection, entry) < to;
  return { entries: entries.filter(isIn), expected };
}

function growthOfSeries({ detection, series }: Search, { from, width }: Series): Float64Array {
  const isTooMany = series.size >= MAX_SERIES && !series.has(from);
  if (isTooMany) return new Float64Array(detection.usual.hours);
  const known = series.get(from) ?? measureSeries(detection, from, width);
  series.set(from, known);
  return known;
}

interface Expectation {
  readonly hourly: Float64Array;
  /** What makes a share of all people one of those that `hourly` is about. */
  readonly factor: number;
}

/** At home a range grows as its share of everybody says. Abroad its country is the measure, which has a growth of its own. */
function expectationOf({ detection, expectations }: Search, entry: number): Expectation {
  const { usual, population } = detection;
  const destination = population.newcomers.destination[entry] ?? 0;
  const known = expectations.get(destination);
  if (known !== undefined) return known;
  const made = usual.shares.isHome(destination)
    ? { hourly: usual.growth, factor: 1 }
    : { hourly: usual.expectedOf(destination), factor: 1 / usual.shares.shareOfEveryone(destination) };
  expectations.set(destination, made);
  return made;
}

function unclaimedIn({ detection }: Search, { start, end }: Range): number[] {
  const entries: number[] = [];
  for (let entry = start; entry < end; entry++) if (detection.claimed[entry] !== 1) entries.push(entry);
  return entries;
}

/** How many digits the range leaves open, by its first number: those of one range have one length. */
function hiddenDigits({ detection }: Search, { start, prefixDigits }: Range): number {
  const { columns, population } = detection;
  const row = population.order[population.newcomers.start[start] ?? 0] ?? 0;
  return (columns.digits[row] ?? 0) - prefixDigits;
}

function* childrenOf(search: Search, range: Range): Iterable<Range> {
  const { reference, population } = search.detection;
  const prefixDigits = range.prefixDigits + 1;
  const width = 10 ** (MAX_DIGITS - prefixDigits);
  const from = range.prefixDigits === 0 ? 0 : range.from;
  const isSeries = range.start < range.end && hiddenDigits(search, range) === SERIES_HIDDEN_DIGITS;
  const series = isSeries ? { from, width: width * 10, share: range.share } : range.series;
  const inReference = (low: number, high: number) =>
    upperBound(reference.everyone.number, high - 1) - upperBound(reference.everyone.number, low - 1);
  const parents = inReference(from, range.to);
  let start = range.start;
  for (let digit = 0; digit < 10; digit++) {
    const [low, high] = [Math.max(1, from + digit * width), from + (digit + 1) * width];
    let end = start;
    while (end < range.end && (population.newcomers.number[end] ?? 0) < high) end++;
    const measured = inReference(low, high);
    const share = (range.share * (measured + PRIOR / 10)) / (parents + PRIOR);
    yield {
      from: low,
      to: high,
      prefixDigits,
      start,
      end,
      share,
      measured,
      ...(series === undefined ? {} : { series }),
    };
    start = end;
  }
}
