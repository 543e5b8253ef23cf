import type { ReviewCoverage } from "../../contract/send-review.ts";
import type { Send } from "../cutover/key-provider.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const BASELINE_WEEKS = 6;

export interface ReadRequest {
  /** Lists sends, as a provider does: since inclusive, until exclusive, in any order. */
  readonly list: (range: Range) => AsyncIterable<readonly Send[]>;
  /** Takes what was read. A page that was taken stays taken, whatever comes after. */
  readonly reviewer: { add(page: readonly Send[]): void; readonly isFull: boolean };
  readonly exposure: Range;
  /** How far back the provider goes, in hours; absent where no limit is known. */
  readonly reachHours?: number;
  /** How much of the time before the exposure is read at the most. @default 6 */
  readonly baselineWeeks?: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** When to stop: no page is asked for after it. A page in flight ends by the signal that `list` knows. */
  readonly deadlineMs: number;
}

interface Range {
  readonly sinceMs: number;
  readonly untilMs: number;
}

/**
 * Reads what a review needs, the most urgent first: the exposure from its oldest day on, as a provider with a short memory forgets that
 * first, and then the time before it, a day at a time, backwards. Ends where the time is over, the reviewer is full, or the provider goes
 * no further back.
 *
 * @returns how much of the exposure was read. A baseline that is short is no gap: the review says which it had
 */
export async function readSends(request: ReadRequest): Promise<ReviewCoverage> {
  const { exposure, reachHours, now, baselineWeeks = BASELINE_WEEKS } = request;
  const reachMs = reachHours === undefined ? Number.NEGATIVE_INFINITY : now() - reachHours * HOUR;
  const since = Math.max(exposure.sinceMs, reachMs);
  for (const range of daysOf({ sinceMs: since, untilMs: exposure.untilMs })) {
    const because = await readRange(request, range);
    if (because !== undefined) return partial(range.sinceMs, because);
  }
  const earliest = Math.max(exposure.sinceMs - baselineWeeks * 7 * DAY, reachMs);
  for (const range of daysOf({ sinceMs: earliest, untilMs: exposure.sinceMs }).reverse()) {
    if ((await readRange(request, range)) !== undefined) break;
  }
  if (since === exposure.sinceMs) return { kind: "complete" };
  return {
    kind: "partial",
    because: `The provider goes ${reachHours} hours back, and the exposure began before.`,
  };
}

/** @returns why it was not read to its end */
async function readRange(request: ReadRequest, range: Range): Promise<string | undefined> {
  const { list, reviewer, now, deadlineMs } = request;
  if (now() >= deadlineMs) return "The time for the review was over.";
  try {
    for await (const page of list(range)) {
      reviewer.add(page);
      if (reviewer.isFull) return "There were more sends than a review keeps.";
      if (now() >= deadlineMs) return "The time for the review was over.";
    }
  } catch (error) {
    return `The provider's list of sends ended early: ${error instanceof Error ? error.message : "no reason given"}`;
  }
  return undefined;
}

function partial(readUntilMs: number, because: string): ReviewCoverage {
  return { kind: "partial", readUntil: new Date(readUntilMs).toISOString(), because };
}

/** A range in pieces of a day, the oldest first, the last one shorter. */
function daysOf({ sinceMs, untilMs }: Range): Range[] {
  const days: Range[] = [];
  for (let at = sinceMs; at < untilMs; at += DAY)
    days.push({ sinceMs: at, untilMs: Math.min(at + DAY, untilMs) });
  return days;
}
