import { findCost } from "./cost.ts";
import { findCountries } from "./countries.ts";
import type { Detection, Suspicion } from "./detection.ts";
import { findAfterCutover, type LeakedKeys } from "./leaked-key.ts";
import { groupByNumber, type Population, type Span } from "./people.ts";
import { findRanges } from "./ranges.ts";
import { chooseReference } from "./reference.ts";
import { findRepeats } from "./repeats.ts";
import type { SendColumns } from "./send-columns.ts";
import { learnUsual } from "./usual.ts";

/** What the detectors made of some sends, worst first. */
export interface Inspection {
  readonly detection: Detection;
  readonly suspicions: readonly Suspicion[];
  /** The sends that some suspicion is about. */
  readonly suspects: ReadonlySet<number>;
}

/**
 * Runs all detectors over the sends, each on what those before it have left. Pure: the same sends in any order give the
 * same suspicions.
 */
export function findSuspicions(columns: SendColumns, exposure: Span, keys: LeakedKeys): Inspection {
  const population = groupByNumber(columns, exposure);
  const reference = chooseReference(population, exposure);
  const detection: Detection = {
    columns,
    population,
    exposure,
    reference,
    usual: learnUsual(reference, population.newcomers, exposure),
    claimed: new Uint8Array(population.newcomers.count),
    sendsPerNumber: sendsPerNumber(population),
  };
  const found = [...findCountries(detection), ...findRanges(detection)];
  found.push(...unexplained(findRepeats(detection), found), ...findAfterCutover(detection, keys));
  found.push(...findCost(detection, rowsOfAll(found)));
  return { detection, suspicions: rank(found), suspects: rowsOfAll(found) };
}

/** A range that was pumped is one finding, even where each of its numbers was sent to more than once. */
function unexplained(repeats: readonly Suspicion[], others: readonly Suspicion[]): Suspicion[] {
  const explained = rowsOfAll(others);
  return repeats.filter(({ rows }) => rows.filter((row) => explained.has(row)).length < rows.length / 2);
}

function rowsOfAll(suspicions: readonly Suspicion[]): Set<number> {
  const rows = new Set<number>();
  for (const suspicion of suspicions) for (const row of suspicion.rows) rows.add(row);
  return rows;
}

/** Alarms first; then by how many sends there were too many. Equals keep the order in which they were found. */
function rank(found: readonly Suspicion[]): Suspicion[] {
  const weight = ({ severity, rows, expected }: Suspicion) =>
    (severity === "alarm" ? 1e12 : 0) + rows.length - expected;
  return found.filter(({ rows }) => rows.length > 0).sort((a, b) => weight(b) - weight(a));
}

/** The mean of the middle half of the newcomers: an attack's numbers may get one send each, or a hundred. */
function sendsPerNumber({ newcomers }: Population): number {
  const counts = newcomers.end.map((end, entry) => end - (newcomers.start[entry] ?? 0)).sort();
  const cut = Math.floor(counts.length / 4);
  const middle = counts.subarray(cut, counts.length - cut);
  return middle.length === 0 ? 1 : middle.reduce((sum, count) => sum + count, 0) / middle.length;
}
