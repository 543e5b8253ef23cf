import type { SendReview } from "../../contract/send-review.ts";
import type { Detection } from "./detection.ts";

const HOUR = 3600;
const HOURS_OF_WEEK = 168;
const HOURS_OF_DAY = 24;
const RATIO = 2.5;
const MIN_COUNT = 20;
/** A peak pauses at night. */
const MAX_PAUSE_HOURS = 12;
const MAX_PEAKS = 5;

/** Finds times in which far more was sent than at the same hours of the week, apart from what the findings are about. */
export function findPeaks(detection: Detection, explained: ReadonlySet<number>): SendReview["peaks"] {
  const { exposure, usual, reference } = detection;
  if (reference.kind === "self") return [];
  const { counts, expectedAt } = countHours(detection, explained);
  const peaks: { from: number; to: number; count: number; expected: number }[] = [];
  for (let hour = 0; hour < usual.hours; hour++) {
    const [count, expected] = [counts[hour] ?? 0, expectedAt(usual.firstHour + hour)];
    if (count < MIN_COUNT || count < RATIO * expected) continue;
    const last = peaks.at(-1);
    if (last !== undefined && hour - last.to <= MAX_PAUSE_HOURS) {
      last.to = hour + 1;
      last.count += count;
      last.expected += expected;
    } else peaks.push({ from: hour, to: hour + 1, count, expected });
  }
  const timeOf = (at: number) =>
    new Date(Math.max(exposure.since, Math.min(exposure.until, at)) * 1000).toISOString();
  return peaks
    .sort((a, b) => b.count - b.expected - (a.count - a.expected))
    .slice(0, MAX_PEAKS)
    .map(({ from, to, count, expected }) => ({
      since: timeOf((usual.firstHour + from) * HOUR),
      until: timeOf((usual.firstHour + to) * HOUR),
      count,
      expected: Math.round(expected * 10) / 10,
    }));
}

function countHours(
  { columns, population, exposure, usual, reference }: Detection,
  explained: ReadonlySet<number>,
) {
  const counts = new Float64Array(usual.hours);
  const weekLong = reference.span.until - reference.span.since >= HOURS_OF_WEEK * HOUR;
  const period = weekLong ? HOURS_OF_WEEK : HOURS_OF_DAY;
  const slots = new Float64Array(period);
  for (const row of population.order) {
    const at = columns.at[row] ?? 0;
    const hour = Math.floor(at / HOUR);
    if (at >= exposure.since) {
      if (!explained.has(row)) counts[hour - usual.firstHour] = (counts[hour - usual.firstHour] ?? 0) + 1;
    } else if (at >= reference.span.since) slots[hour % period] = (slots[hour % period] ?? 0) + 1;
  }
  const periods = (reference.span.until - reference.span.since) / (period * HOUR);
  const expectedAt = (hour: number) =>
    [-1, 0, 1].reduce((sum, by) => sum + (slots[(hour + by + period) % period] ?? 0), 0) / 3 / periods;
  return { counts, expectedAt };
}
