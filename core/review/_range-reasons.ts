import { claim, type Detection, nameOfDestination, plural, type Suspicion, severityOf } from "./detection.ts";

const MAX_DIGITS = 15;
/** Numbers this near to another one count as in sequence. */
const NEAR = 200;
/** Of some newcomers, how many must have a near neighbour for them to be called a sequence. */
const NEAR_SHARE = 0.5;
const MIN_SEQUENCE = 8;

export interface FoundRange {
  /** Newcomers, sorted by number. */
  readonly entries: readonly number[];
  readonly expected: number;
}

/** Puts ranges into words: one finding for each destination, and for those in sequence and those that are not. */
export function describeRanges(detection: Detection, found: readonly FoundRange[]): Suspicion[] {
  const groups = new Map<string, { destination: number; isSequence: boolean; ranges: FoundRange[] }>();
  for (const range of found) {
    const destination = detection.population.newcomers.destination[range.entries[0] ?? 0] ?? 0;
    const isSequence = nearOnes(detection, range.entries).length >= NEAR_SHARE * range.entries.length;
    const name = `${detection.columns.destinations.nameOf(destination)} ${isSequence}`;
    const group = groups.get(name) ?? { destination, isSequence, ranges: [] };
    group.ranges.push(range);
    groups.set(name, group);
  }
  const sorted = [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([, group]) => describeGroup(detection, group));
}

function describeGroup(
  detection: Detection,
  group: {
    readonly destination: number;
    readonly isSequence: boolean;
    readonly ranges: readonly FoundRange[];
  },
): Suspicion {
  const { destination, isSequence, ranges } = group;
  const entries = ranges.flatMap((range) => range.entries);
  const rows = claim(detection, entries);
  const expected = ranges.reduce((sum, range) => sum + range.expected, 0);
  const where = nameOfDestination(detection, destination);
  const numbers = plural(entries.length, "number");
  const reason = isSequence
    ? `${numbers} of ${where} that follow each other closely, in ${plural(ranges.length, "range")}, where chance would put ${Math.round(expected)}.`
    : `${plural(rows.length, "send")} to ${numbers} of ${where} that crowd in ${plural(ranges.length, "range")}, while the usual ranges grew by less.`;
  return {
    kind: isSequence ? "sequential-numbers" : "volume",
    severity: severityOf(rows),
    destination,
    rows,
    expected: expected * detection.sendsPerNumber,
    reason,
  };
}

/** Says of newcomers that another finding is about whether they are in sequence, too: the mark of a machine. */
export function describeSequence(
  detection: Detection,
  { destination, entries, expected }: FoundRange & { readonly destination: number },
): Suspicion[] {
  const { number } = detection.population.newcomers;
  const sorted = [...entries].sort((a, b) => (number[a] ?? 0) - (number[b] ?? 0));
  const near = nearOnes(detection, sorted);
  if (near.length < MIN_SEQUENCE || near.length < NEAR_SHARE * entries.length) return [];
  const rows = claim(detection, near);
  const where = nameOfDestination(detection, destination);
  const reason = `${near.length} of ${plural(entries.length, "number")} of ${where} follow each other closely, as people's numbers do not.`;
  return [{ kind: "sequential-numbers", severity: severityOf(rows), destination, rows, expected, reason }];
}

function nearOnes({ population, columns }: Detection, sorted: readonly number[]): number[] {
  const { newcomers, order } = population;
  const gap = (a: number | undefined, b: number | undefined): number => {
    if (a === undefined || b === undefined) return Number.POSITIVE_INFINITY;
    const digits = columns.digits[order[newcomers.start[a] ?? 0] ?? 0] ?? 0;
    return ((newcomers.number[b] ?? 0) - (newcomers.number[a] ?? 0)) / 10 ** (MAX_DIGITS - digits);
  };
  return sorted.filter((entry, index) => {
    const nearest = Math.min(gap(sorted[index - 1], entry), gap(entry, sorted[index + 1]));
    return (newcomers.number[entry] ?? 0) > 0 && nearest <= NEAR;
  });
}
