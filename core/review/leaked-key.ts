import { type Detection, plural, type Suspicion } from "./detection.ts";

/** What is known of the leaked keys and of the response. */
export interface LeakedKeys {
  readonly ids: readonly string[];
  /** When consumers were given another key; absent where that has not happened. Seconds since 1970. */
  readonly cutoverAt?: number;
  /** How long after the cutover a consumer may still use the key that it has in memory. */
  readonly graceSeconds: number;
  /** When the keys were proven useless. */
  readonly containedAt?: number;
}

/**
 * Finds sends by a leaked key at times at which no consumer should use it any more. Before the cutover it carries the
 * service's own traffic as well, so there its sends say no more than anybody's.
 */
export function findAfterCutover(detection: Detection, keys: LeakedKeys): Suspicion[] {
  const { cutoverAt, containedAt, graceSeconds } = keys;
  if (cutoverAt === undefined && containedAt === undefined) return [];
  const movedAt = cutoverAt === undefined ? Number.POSITIVE_INFINITY : cutoverAt + graceSeconds;
  const from = Math.min(movedAt, containedAt ?? Number.POSITIVE_INFINITY);
  const rows = rowsByKeys(detection, keys).filter((row) => (detection.columns.at[row] ?? 0) >= from);
  if (rows.length === 0) return [];
  const isAfter = (row: number) =>
    containedAt !== undefined && (detection.columns.at[row] ?? 0) >= containedAt;
  const late = rows.filter(isAfter).length;
  const reason =
    late > 0
      ? `${plural(rows.length, "send")} by a leaked key after its consumers had moved, ${late} of them after it was contained: it is not dead.`
      : `${plural(rows.length, "send")} by a leaked key after its consumers should have moved: a stranger's, or a consumer that was late.`;
  return [{ kind: "after-cutover", severity: late > 0 ? "alarm" : "notice", rows, expected: 0, reason }];
}

/** The sends of the exposure by a leaked key, in the order of their numbers and times. */
export function rowsByKeys({ population, columns, exposure }: Detection, { ids }: LeakedKeys): number[] {
  const leaked = new Set(ids.map((id) => columns.keys.indexOf(id)).filter((index) => index !== 0));
  const rows: number[] = [];
  for (const row of population.order) {
    const isIn = (columns.at[row] ?? 0) >= exposure.since;
    if (isIn && leaked.has(columns.key[row] ?? 0)) rows.push(row);
  }
  return rows;
}
