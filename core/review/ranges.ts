import { describeRanges, type FoundRange } from "./_range-reasons.ts";
import { type Detection, hourOf, type Suspicion, sortedHours } from "./detection.ts";
import { accumulate, findWindow, type HourWindow } from "./scan.ts";
import { upperBound } from "./usual.ts";

const MAX_DIGITS = 15;
/** Shorter prefixes are countries' and operators', which other findings are about. */
const MIN_PREFIX_DIGITS = 4;
/** A range of a hundred numbers is as small as it makes sense to ask. */
const MIN_HIDDEN_DIGITS = 2;
/** Below so many free digits, a range is so narrow that chance puts nobody there. */
const NARROW_HIDDEN_DIGITS = 4;
const LIMITS = { minCount: 8, minSurprise: 24 };
/** What the next digit's ten values weigh where the reference has nobody: each some one person. */
const PRIOR = 10;
const PURE_RATIO = 5;
const MIN_RATIO = 3;

/** A range of numbers that share their first digits, as slices of the sorted newcomers and of the sorted reference. */
interface Range {
  readonly from: number;
  readonly to: number;
  readonly prefixDigits: number;
  readonly start: number;
  readonly end: number;
  /** Its share of all newcomers, as the reference has it. */
  readonly share: number;
}

interface Search {
  readonly detection: Detection;
  readonly cumulative: Float64Array;
  readonly found: FoundRange[];
}

/**
 * Finds ranges of numbers that crowd: the digits are followed as a tree, and in each branch the newcomers are compared
 * with what the service's growth and the branch's share in the reference make of it. The widest branch that is nearly
 * all attack is taken whole; what is left over is looked at again on the way back.
 */
export function findRanges(detection: Detection): Suspicion[] {
  const { newcomers } = detection.population;
  const cumulative = accumulate(detection.usual.growth);
  const search: Search = { detection, cumulative, found: [] };
  const whole = {
    from: 1,
    to: 10 ** MAX_DIGITS,
    prefixDigits: 0,
    start: upperBound(newcomers.number, 0),
    end: newcomers.count,
    share: 1,
  };
  visit(search, whole);
  return describeRanges(detection, search.found);
}

function visit(search: Search, range: Range): void {
  if (range.end - range.start < LIMITS.minCount) return;
  const hidden = hiddenDigits(search, range);
  if (hidden < MIN_HIDDEN_DIGITS) return;
  const isPrefix = range.prefixDigits >= MIN_PREFIX_DIGITS;
  while (isPrefix && take(search, range, PURE_RATIO)) {}
  if (unclaimedIn(search, range).length < LIMITS.minCount) return;
  for (const child of childrenOf(search, range)) visit(search, child);
  while (isPrefix && take(search, range, MIN_RATIO)) {}
}

function take(search: Search, range: Range, minRatio: number): boolean {
  const { detection } = search;
  const entries = unclaimedIn(search, range);
  if (entries.length < LIMITS.minCount) return false;
  const window = findIn(search, range, entries, minRatio);
  if (window === undefined) return false;
  const inside = entries.filter((entry) => {
    const hour = hourOf(detection, entry);
    return hour >= window.from && hour < window.to;
  });
  for (const entry of inside) detection.claimed[entry] = 1;
  search.found.push({ entries: inside, expected: window.expected });
  return true;
}

function findIn(
  search: Search,
  range: Range,
  entries: readonly number[],
  minRatio: number,
): HourWindow | undefined {
  const isNarrow = hiddenDigits(search, range) <= NARROW_HIDDEN_DIGITS;
  return findWindow({
    hours: sortedHours(search.detection, entries),
    cumulative: search.cumulative,
    share: range.share,
    overdispersion: isNarrow ? 0.02 : 0.1,
    floor: isNarrow ? 0.1 : 0.5,
    minRatio,
    ...LIMITS,
  });
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

function* childrenOf({ detection }: Search, range: Range): Iterable<Range> {
  const { reference, population } = detection;
  const prefixDigits = range.prefixDigits + 1;
  const width = 10 ** (MAX_DIGITS - prefixDigits);
  const from = range.prefixDigits === 0 ? 0 : range.from;
  const inReference = (low: number, high: number) =>
    upperBound(reference.number, high - 1) - upperBound(reference.number, low - 1);
  const parents = inReference(from, range.to);
  let start = range.start;
  for (let digit = 0; digit < 10; digit++) {
    const [low, high] = [Math.max(1, from + digit * width), from + (digit + 1) * width];
    let end = start;
    while (end < range.end && (population.newcomers.number[end] ?? 0) < high) end++;
    const share = (range.share * (inReference(low, high) + PRIOR / 10)) / (parents + PRIOR);
    yield { from: low, to: high, prefixDigits, start, end, share };
    start = end;
  }
}
