import type { Detection, Suspicion } from "./detection.ts";
import { accumulate, findWindow } from "./scan.ts";

const HOUR = 3600;
/** A send at more than so many times the usual price is a dear one. */
const DEAR_RATIO = 3;
/** Sends of a currency before the exposure, below which no usual price is known. */
const MIN_SENDS = 100;
const LIMITS = { minCount: 20, minRatio: 3, minSurprise: 18, overdispersion: 0.25, floor: 0.5 };

/**
 * Finds a time with far more dear sends than as many sends had before, apart from those that other findings are about: dear
 * ranges within a usual country, or of customers who are known.
 */
export function findCost(detection: Detection, explained: ReadonlySet<number>): Suspicion[] {
  const { columns } = detection;
  const found: Suspicion[] = [];
  for (let currency = 1; currency < columns.currencies.count; currency++) {
    const prices = learnPrices(detection, currency);
    if (prices === undefined) continue;
    const { rows, expected } = findDear(detection, { currency, ...prices, explained });
    if (rows.length === 0) continue;
    const amount = rows.reduce((sum, row) => sum + (columns.cost[row] ?? 0), 0);
    const price = `${prices.usual.toFixed(2)} ${columns.currencies.nameOf(currency)}`;
    const reason = `${rows.length} sends at more than ${DEAR_RATIO} times the usual ${price}, ${amount.toFixed(2)} in all, where as many sends used to have ${Math.round(expected)} so dear.`;
    found.push({ kind: "cost", severity: "alarm", rows, expected, reason });
  }
  return found;
}

interface Prices {
  /** The mean price of a send. */
  readonly usual: number;
  /** The share of dear ones. */
  readonly dearShare: number;
}

function learnPrices(detection: Detection, currency: number): Prices | undefined {
  const { columns, population, exposure } = detection;
  let [amount, count, dear] = [0, 0, 0];
  const each = (visit: (cost: number) => void) => {
    for (const row of population.order) {
      const isBefore = (columns.at[row] ?? 0) < exposure.since;
      if (isBefore && columns.currency[row] === currency) visit(columns.cost[row] ?? 0);
    }
  };
  each((cost) => {
    amount += cost;
    count++;
  });
  const usual = amount / count;
  if (count < MIN_SENDS || usual <= 0) return undefined;
  each((cost) => {
    if (cost > DEAR_RATIO * usual) dear++;
  });
  return { usual, dearShare: (dear + 1) / (count + 1) };
}

function findDear(
  { columns, population, exposure, usual: { firstHour, hours } }: Detection,
  request: Prices & { readonly currency: number; readonly explained: ReadonlySet<number> },
): { readonly rows: readonly number[]; readonly expected: number } {
  const hourOf = (row: number) => Math.floor((columns.at[row] ?? 0) / HOUR) - firstHour;
  const all = new Float64Array(hours);
  const dear: number[] = [];
  for (const row of population.order) {
    if (columns.currency[row] !== request.currency || request.explained.has(row)) continue;
    if ((columns.at[row] ?? 0) < exposure.since) continue;
    all[hourOf(row)] = (all[hourOf(row)] ?? 0) + 1;
    if ((columns.cost[row] ?? 0) > DEAR_RATIO * request.usual) dear.push(row);
  }
  const cumulative = accumulate(all);
  const window = findWindow({
    ...LIMITS,
    hours: Uint16Array.from(dear, hourOf).sort(),
    cumulative,
    share: request.dearShare,
  });
  if (window === undefined) return { rows: [], expected: 0 };
  const rows = dear.filter((row) => hourOf(row) >= window.from && hourOf(row) < window.to);
  return { rows, expected: window.expected };
}
