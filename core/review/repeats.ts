import {
  type Detection,
  nameOfDestination,
  plural,
  rowsOf,
  type Suspicion,
  severityOf,
} from "./detection.ts";
import type { People } from "./people.ts";
import type { SendColumns } from "./send-columns.ts";

const DAY = 24 * 3600;
/** A person who gets no code asks again, but not as often. */
const MIN_IN_A_DAY = 10;
/** Of the most that one number in a thousand got in a day before. */
const RATIO_TO_USUAL = 3;
/** Of the most that the number itself got in a day before: monitors and testers send to one number all day. */
const RATIO_TO_OWN = 3;

interface Repeated {
  readonly rows: readonly number[];
  readonly most: number;
}

/** Finds numbers that got far more within a day than numbers do: one finding for each destination. */
export function findRepeats(detection: Detection): Suspicion[] {
  const limit = Math.max(MIN_IN_A_DAY, RATIO_TO_USUAL * usualMost(detection));
  const groups = new Map<number, Repeated[]>();
  for (const people of [detection.population.known, detection.population.newcomers]) {
    for (let entry = 0; entry < people.count; entry++) {
      if ((people.end[entry] ?? 0) - (people.start[entry] ?? 0) < limit) continue;
      const repeated = inspect(detection, people, entry, limit);
      if (repeated === undefined) continue;
      const destination = people.destination[entry] ?? 0;
      groups.set(destination, [...(groups.get(destination) ?? []), repeated]);
    }
  }
  const nameOf = (destination: number) => detection.columns.destinations.nameOf(destination);
  const sorted = [...groups].sort(([a], [b]) => (nameOf(a) < nameOf(b) ? -1 : 1));
  return sorted.map(([destination, repeated]) => describe(detection, destination, repeated));
}

function inspect(detection: Detection, people: People, entry: number, limit: number): Repeated | undefined {
  const { population, columns, exposure } = detection;
  const all = rowsOf(population, people, entry);
  const before = all.findIndex((row) => (columns.at[row] ?? 0) >= exposure.since);
  if (before === -1) return undefined;
  const rows = all.subarray(before);
  const most = mostInADay(columns, rows);
  const own = mostInADay(columns, all.subarray(0, before));
  return most >= Math.max(limit, RATIO_TO_OWN * own) ? { rows: [...rows], most } : undefined;
}

function describe(detection: Detection, destination: number, repeated: readonly Repeated[]): Suspicion {
  const rows = repeated.flatMap((one) => one.rows);
  const most = repeated.reduce((largest, one) => Math.max(largest, one.most), 0);
  const where = nameOfDestination(detection, destination);
  const subject = repeated.length === 1 ? "One number" : `${repeated.length} numbers`;
  return {
    kind: "repeated-number",
    severity: severityOf(rows),
    destination,
    rows,
    expected: repeated.length * detection.sendsPerNumber,
    reason: `${subject} of ${where} got ${plural(rows.length, "send")}, up to ${most} within a day.`,
  };
}

/** What one number in a thousand gets within a day, at the most. An exposure alone may be full of victims: one in fifty. */
function usualMost({ population, columns, reference, exposure }: Detection): number {
  const people = reference.kind === "baseline" ? population.known : population.newcomers;
  const until = reference.kind === "baseline" ? exposure.since : exposure.until;
  const counts = new Map<number, number>();
  for (let entry = 0; entry < people.count; entry++) {
    const most = mostInADay(columns, rowsOf(population, people, entry), until);
    counts.set(most, (counts.get(most) ?? 0) + 1);
  }
  let above = people.count / (reference.kind === "baseline" ? 1000 : 50);
  for (const most of [...counts.keys()].sort((a, b) => b - a)) {
    above -= counts.get(most) ?? 0;
    if (above < 0) return most;
  }
  return 0;
}

/** @param rows in the order of their times */
function mostInADay({ at }: SendColumns, rows: Uint32Array, until = Number.POSITIVE_INFINITY): number {
  let [most, first] = [0, 0];
  for (let last = 0; last < rows.length; last++) {
    const time = at[rows[last] ?? 0] ?? 0;
    if (time >= until) break;
    while (time - (at[rows[first] ?? 0] ?? 0) >= DAY) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}
