import type { Detection, Suspicion } from "./detection.ts";

const HOUR = 3600;
/** Prices change, and an hour of few sends may be a dear one. */
const RATIO = 3;
/** A currency's sends before the exposure, below which no usual price is known. */
const MIN_SENDS = 100;
const MIN_COUNT = 10;
const MIN_HOURLY_SENDS = 5;

/**
 * Finds hours whose sends cost far more each than sends did before, apart from those that other findings are about:
 * dear ranges within a usual country.
 */
export function findCost(detection: Detection, explained: ReadonlySet<number>): Suspicion[] {
  const { columns } = detection;
  const found: Suspicion[] = [];
  for (let currency = 1; currency < columns.currencies.count; currency++) {
    const usual = usualPrice(detection, currency);
    if (usual === undefined || usual <= 0) continue;
    const rows = dearRows(detection, currency, { usual, explained });
    if (rows.length < MIN_COUNT) continue;
    const amount = rows.reduce((sum, row) => sum + (columns.cost[row] ?? 0), 0);
    const name = columns.currencies.nameOf(currency);
    const reason = `${rows.length} sends of more than ${RATIO} times the usual price, in hours that cost more than ${RATIO} times what as many sends did before: ${amount.toFixed(2)} ${name}.`;
    found.push({ kind: "cost", severity: "alarm", rows, expected: 0, reason });
  }
  return found;
}

function usualPrice({ columns, population, exposure }: Detection, currency: number): number | undefined {
  let [amount, count] = [0, 0];
  for (const row of population.order) {
    if (columns.currency[row] !== currency || (columns.at[row] ?? 0) >= exposure.since) continue;
    amount += columns.cost[row] ?? 0;
    count++;
  }
  return count < MIN_SENDS ? undefined : amount / count;
}

function dearRows(
  { columns, population, exposure, usual: { firstHour } }: Detection,
  currency: number,
  { usual, explained }: { readonly usual: number; readonly explained: ReadonlySet<number> },
): number[] {
  const hours = new Map<number, { amount: number; rows: number[] }>();
  for (const row of population.order) {
    const at = columns.at[row] ?? 0;
    if (columns.currency[row] !== currency || at < exposure.since || explained.has(row)) continue;
    const hour = Math.floor(at / HOUR) - firstHour;
    const seen = hours.get(hour) ?? { amount: 0, rows: [] };
    hours.set(hour, seen);
    seen.amount += columns.cost[row] ?? 0;
    seen.rows.push(row);
  }
  const dear = [...hours.values()].filter(
    ({ amount, rows }) => rows.length >= MIN_HOURLY_SENDS && amount > RATIO * usual * rows.length,
  );
  return dear.flatMap(({ rows }) => rows.filter((row) => (columns.cost[row] ?? 0) > RATIO * usual));
}
