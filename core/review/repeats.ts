import {
  type Detection,
  nameOfDestination,
  plural,
  rowsOf,
  type Suspicion,
  severityOf,
} from "./detection.ts";
import type { People } from "./people.ts";
import { chooseLimits, MANY_TOGETHER, mostInADay } from "./repeat-limit.ts";

/** Of the most that the number itself got in a day before: monitors and testers send to one number all day. */
const RATIO_TO_OWN = 3;

interface Repeated {
  readonly rows: Uint32Array;
  readonly most: number;
}

/** Finds numbers that got far more within a day than numbers do: one finding for each destination. */
export function findRepeats(detection: Detection): Suspicion[] {
  const limits = chooseLimits(detection);
  const groups = new Map<number, Repeated[]>();
  for (const people of [detection.population.known, detection.population.newcomers]) {
    for (let entry = 0; entry < people.count; entry++) {
      if ((people.end[entry] ?? 0) - (people.start[entry] ?? 0) < limits.together) continue;
      const repeated = inspect(detection, people, entry, limits.together);
      if (repeated === undefined) continue;
      const destination = people.destination[entry] ?? 0;
      const group = groups.get(destination);
      if (group === undefined) groups.set(destination, [repeated]);
      else group.push(repeated);
    }
  }
  const nameOf = (destination: number) => detection.columns.destinations.nameOf(destination);
  for (const [destination, group] of groups) {
    const alone = group.filter(({ most }) => most >= limits.alone);
    if (group.length - alone.length >= MANY_TOGETHER) continue;
    if (alone.length === 0) groups.delete(destination);
    else groups.set(destination, alone);
  }
  const sorted = [...groups].sort(([a], [b]) => (nameOf(a) < nameOf(b) ? -1 : 1));
  return sorted.map(([destination, repeated]) => describe(detection, destination, repeated));
}

function inspect(detection: Detection, people: People, entry: number, limit: number): Repeated | undefined {
  const { population, columns, exposure } = detection;
  const all = rowsOf(population, people, entry);
  const before = all.findIndex((row) => (columns.at[row] ?? 0) >= exposure.since);
  if (before === -1) return undefined;
  const most = mostInADay(columns, all, exposure);
  const own = mostInADay(columns, all, { since: 0, until: exposure.since });
  return most >= Math.max(limit, RATIO_TO_OWN * own) ? { rows: all.subarray(before), most } : undefined;
}

function describe(detection: Detection, destination: number, repeated: readonly Repeated[]): Suspicion {
  const rows = repeated.flatMap((one) => [...one.rows]);
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
