import type { ReviewCoverage } from "../../contract/send-review.ts";
import type { Send } from "../cutover/key-provider.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const BASELINE_WEEKS = 6;
/** After so many days in a row that failed, the provider is not asked again. */
const MAX_FAILURES = 3;

interface Range {
  readonly sinceMs: number;
  readonly untilMs: number;
}

export interface ReadRequest {
  /** Lists sends as a provider does: since inclusive, until exclusive, pages in any order. */
  readonly list: (range: Range) => AsyncIterable<readonly Send[]>;
  /** Takes what was read. A page that it has taken stays taken, whatever comes after. */
  readonly reviewer: { add(page: readonly Send[]): void; readonly isFull: boolean };
  readonly exposure: Range;
  /** How far back the provider goes, in hours; absent where no limit is known. */
  readonly reachHours?: number;
  /** How much of the time before the exposure is read at the most. @default 6 */
  readonly baselineWeeks?: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** No page is asked for after it. A page in flight ends by the signal that `list` knows. */
  readonly deadlineMs: number;
}

/**
 * Reads what a review needs within the time that there is: the exposure first, then the time before it, both a day at a
 * time and backwards, so that what is missing in the end is what is oldest. Where the provider forgets fast, the day that it
 * is about to forget comes before all others.
 *
 * Never throws: a day that fails is a gap, and the next one is read all the same.
 *
 * @returns how much of the exposure was read. A baseline that is short is no gap: the review says which it had
 */
export async function readSends(request: ReadRequest): Promise<ReviewCoverage> {
  const { exposure, reachHours, baselineWeeks = BASELINE_WEEKS } = request;
  const reachMs = reachHours === undefined ? Number.NEGATIVE_INFINITY : request.now() - reachHours * HOUR;
  const since = Math.min(Math.max(exposure.sinceMs, reachMs), exposure.untilMs);
  const days = daysBackwards({ sinceMs: since, untilMs: exposure.untilMs });
  const oldestFirst = since > exposure.sinceMs ? [...days.slice(-1), ...days.slice(0, -1)] : days;
  const read = await readRanges(request, oldestFirst);
  if (!read.isOver) {
    const earliest = Math.max(exposure.sinceMs - baselineWeeks * 7 * DAY, reachMs);
    await readRanges(request, daysBackwards({ sinceMs: earliest, untilMs: exposure.sinceMs }));
  }
  const because = [
    ...(since > exposure.sinceMs
      ? [`the provider goes back ${reachHours} hours, and the exposure began before`]
      : []),
    ...(read.because === undefined ? [] : [read.because]),
  ].join("; ");
  if (because === "") return { kind: "complete" };
  const whole = wholeSince(oldestFirst, read.gaps, exposure.untilMs);
  return {
    kind: "partial",
    ...(whole < exposure.untilMs ? { readSince: new Date(whole).toISOString() } : {}),
    because,
  };
}

interface Read {
  readonly gaps: readonly Range[];
  /** Why the first gap is one. */
  readonly because?: string;
  /** Nothing more can be read. */
  readonly isOver: boolean;
}

async function readRanges(request: ReadRequest, ranges: readonly Range[]): Promise<Read> {
  const gaps: Range[] = [];
  let because: string | undefined;
  let failures = 0;
  for (const range of ranges) {
    const stop =
      stopReason(request) ?? (failures >= MAX_FAILURES ? "the provider failed again and again" : undefined);
    const failure = stop ?? (await readRange(request, range));
    if (failure === undefined) {
      failures = 0;
      continue;
    }
    because ??= failure;
    gaps.push(range);
    failures++;
  }
  const isOver = stopReason(request) !== undefined || failures >= MAX_FAILURES;
  return { gaps, isOver, ...(because === undefined ? {} : { because }) };
}

/** @returns why it was not read to its end */
async function readRange(request: ReadRequest, range: Range): Promise<string | undefined> {
  try {
    for await (const page of request.list(range)) {
      request.reviewer.add(page);
      const stop = stopReason(request);
      if (stop !== undefined) return stop;
    }
    return undefined;
  } catch (error) {
    const because = error instanceof Error ? error.message : "no reason was given";
    return stopReason(request) ?? `the provider's list of sends ended early: ${because}`;
  }
}

function stopReason({ now, deadlineMs, reviewer }: ReadRequest): string | undefined {
  if (reviewer.isFull) return "there were more sends than a review keeps";
  return now() >= deadlineMs ? "the time for the review was over" : undefined;
}

/** From when on there is no gap until the end. */
function wholeSince(ranges: readonly Range[], gaps: readonly Range[], untilMs: number): number {
  const latestGap = gaps.reduce((latest, gap) => Math.max(latest, gap.untilMs), Number.NEGATIVE_INFINITY);
  const after = ranges.filter(({ sinceMs }) => sinceMs >= latestGap).map(({ sinceMs }) => sinceMs);
  return Math.min(untilMs, ...after);
}

/** A range in pieces of a day, the latest first; the oldest may be shorter. */
function daysBackwards({ sinceMs, untilMs }: Range): Range[] {
  const days: Range[] = [];
  for (let end = untilMs; end > sinceMs; end -= DAY)
    days.push({ sinceMs: Math.max(sinceMs, end - DAY), untilMs: end });
  return days;
}
