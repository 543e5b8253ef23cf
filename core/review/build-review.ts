import {
  MAX_REVIEW_FINDINGS,
  type ReviewCoverage,
  type ReviewFinding,
  type SendReview,
} from "../../contract/send-review.ts";
import type { Suspicion } from "./detection.ts";
import type { Inspection } from "./find-suspicions.ts";
import { type LeakedKeys, rowsByKeys } from "./leaked-key.ts";
import { maskNumber } from "./mask.ts";
import { findPeaks } from "./peaks.ts";
import type { SendColumns } from "./send-columns.ts";

const MAX_COUNTRIES = 10;
const MAX_EXAMPLES = 3;

/** Puts what the detectors found into the shape of the record: masked, bounded, rounded. */
export function buildReview(
  inspection: Inspection,
  { keys, coverage }: { readonly keys: LeakedKeys; readonly coverage: ReviewCoverage },
): SendReview {
  const { detection, suspicions, suspects } = inspection;
  const { columns, population, exposure, reference } = detection;
  const isIn = (row: number) => (columns.at[row] ?? 0) >= exposure.since;
  const sends = population.order.reduce((count, row) => count + (isIn(row) ? 1 : 0), 0);
  const cost = costOf(columns, suspects);
  const namesKeys = columns.keys.count > 1;
  const findings = suspicions
    .slice(0, MAX_REVIEW_FINDINGS)
    .map((suspicion, index) => buildFinding(columns, suspicion, index + 1));
  return {
    window: { since: textOf(exposure.since), until: textOf(exposure.until) },
    ...(reference.kind === "self"
      ? {}
      : { baseline: baselineOf(inspection, population.order.length - sends) }),
    sends,
    ...(namesKeys ? { leakedKeySends: rowsByKeys(detection, keys).length } : {}),
    suspect: { sends: suspects.size, ...(cost.length === 0 ? {} : { cost }) },
    countries: countriesOf(inspection),
    findings,
    moreFindings: suspicions.length - findings.length,
    peaks: findPeaks(detection, suspects),
    coverage,
  };
}

function baselineOf({ detection }: Inspection, sends: number): NonNullable<SendReview["baseline"]> {
  const { population, exposure } = detection;
  const since = population.known.firstAt.reduce((least, at) => Math.min(least, at), exposure.since);
  return { since: textOf(since), until: textOf(exposure.since), sends };
}

function buildFinding(columns: SendColumns, suspicion: Suspicion, rank: number): ReviewFinding {
  const { kind, severity, rows, expected, destination, reason } = suspicion;
  const times = rows.map((row) => columns.at[row] ?? 0);
  const numbers = new Map<number, number>();
  for (const row of rows) {
    const number = columns.number[row] ?? 0;
    if (number > 0) numbers.set(number, columns.digits[row] ?? 0);
  }
  const country = destination === undefined ? "" : columns.destinations.nameOf(destination);
  const cost = costOf(columns, rows);
  const examples = [...numbers].sort(([a], [b]) => a - b).slice(0, MAX_EXAMPLES);
  return {
    rank,
    kind,
    severity,
    count: rows.length,
    expected: tenths(expected),
    ...(numbers.size === 0 ? {} : { distinctNumbers: numbers.size }),
    since: textOf(times.reduce((least, at) => Math.min(least, at), Number.POSITIVE_INFINITY)),
    until: textOf(times.reduce((largest, at) => Math.max(largest, at), 0)),
    ...(isCountry(country) ? { country } : {}),
    ...(cost.length === 0 ? {} : { cost }),
    ...(numbers.size === 0
      ? {}
      : { numbers: examples.map(([number, digits]) => maskNumber(number, digits)) }),
    reason,
  };
}

function countriesOf({ detection }: Inspection): SendReview["countries"] {
  const { columns, population, exposure } = detection;
  const counts = new Map<number, number>();
  for (const row of population.order) {
    if ((columns.at[row] ?? 0) < exposure.since) continue;
    const destination = columns.destination[row] ?? 0;
    counts.set(destination, (counts.get(destination) ?? 0) + 1);
  }
  const before = new Map<number, number>();
  const seconds = { exposure: exposure.until - exposure.since, before: 0 };
  for (const row of population.order) {
    const at = columns.at[row] ?? 0;
    if (at >= exposure.since) continue;
    const destination = columns.destination[row] ?? 0;
    before.set(destination, (before.get(destination) ?? 0) + 1);
    seconds.before = Math.max(seconds.before, exposure.since - at);
  }
  const ratio = seconds.before === 0 ? 0 : seconds.exposure / seconds.before;
  return [...counts]
    .map(([destination, count]) => ({
      country: columns.destinations.nameOf(destination) || "unknown",
      count,
      expected: tenths((before.get(destination) ?? 0) * ratio),
    }))
    .sort((a, b) => b.count - a.count || (a.country < b.country ? -1 : 1))
    .slice(0, MAX_COUNTRIES);
}

type Cost = NonNullable<ReviewFinding["cost"]>;

function costOf(columns: SendColumns, rows: Iterable<number>): Cost {
  const amounts = new Map<number, number>();
  for (const row of rows) {
    const currency = columns.currency[row] ?? 0;
    if (currency !== 0) amounts.set(currency, (amounts.get(currency) ?? 0) + (columns.cost[row] ?? 0));
  }
  return [...amounts]
    .map(([currency, amount]) => ({
      amount: Math.round(amount * 100) / 100,
      currency: columns.currencies.nameOf(currency),
    }))
    .sort((a, b) => (a.currency < b.currency ? -1 : 1));
}

function isCountry(name: string): boolean {
  return /^[A-Z]{2}$/.test(name);
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}

function textOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
