import type { People, Population, Span } from "./people.ts";
import { medianOf } from "./surprise.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;
/** Below this a baseline says less than the exposure's own quiet half does. */
const MIN_BASELINE_NUMBERS = 100;
/** Less than a day and a night says little of who travels. */
const LONG_BASELINE_SECONDS = 20 * HOUR;
const MIN_REFERENCE_NUMBERS = 200;

/** Newcomers of a time that is taken for usual: what the exposure's newcomers are compared with. */
export interface Reference {
  /**
   * `baseline`: the sends before the exposure. `self`: there are too few, and the exposure's quieter half stands in, as an
   * attack makes the time in which it happens a loud one.
   */
  readonly kind: "baseline" | "self";
  readonly span: Span;
  /** Whether it has seen so little of who travels that some travel to anywhere must be reckoned with. */
  readonly isShort: boolean;
  readonly count: number;
  readonly number: Float64Array;
  readonly firstAt: Uint32Array;
  readonly destination: Uint16Array;
  /** All numbers known from that time, sorted: more than its newcomers, so they measure small shares better. */
  readonly everyone: Pick<People, "count" | "number" | "destination">;
}

export function chooseReference({ known, newcomers }: Population, exposure: Span): Reference {
  const since = known.firstAt.reduce((least, at) => Math.min(least, at), exposure.since);
  return known.count >= MIN_BASELINE_NUMBERS
    ? newcomersOf(known, { since, until: exposure.since })
    : quietHalfOf(newcomers, exposure);
}

/**
 * The numbers that the baseline's later half saw first. In its earlier half every regular customer is new, in the
 * exposure only those who have just come: their mix is another, travellers above all.
 */
function newcomersOf(known: People, baseline: Span): Reference {
  const isShort = baseline.until - baseline.since < LONG_BASELINE_SECONDS;
  const middle = Math.floor((baseline.since + baseline.until) / 2);
  const late = pick(known, ({ firstAt }) => firstAt >= middle);
  return late.count >= MIN_REFERENCE_NUMBERS
    ? { kind: "baseline", isShort, span: { since: middle, until: baseline.until }, ...late, everyone: known }
    : { kind: "baseline", isShort, span: baseline, ...pick(known, () => true), everyone: known };
}

function quietHalfOf(newcomers: People, exposure: Span): Reference {
  const length = exposure.until - exposure.since >= 6 * DAY ? DAY : HOUR;
  const periodOf = (at: number) => Math.floor((at - exposure.since) / length);
  const counts = new Map<number, number>();
  for (const at of newcomers.firstAt) counts.set(periodOf(at), (counts.get(periodOf(at)) ?? 0) + 1);
  const usual = medianOf([...counts.values()]);
  const quiet = pick(newcomers, ({ firstAt }) => (counts.get(periodOf(firstAt)) ?? 0) <= usual);
  return { kind: "self", isShort: true, span: exposure, ...quiet, everyone: quiet };
}

function pick(people: People, isIn: (entry: { readonly firstAt: number }) => boolean) {
  const kept = new Uint32Array(people.count);
  let count = 0;
  for (let entry = 0; entry < people.count; entry++) {
    if (isIn({ firstAt: people.firstAt[entry] ?? 0 })) kept[count++] = entry;
  }
  const number = new Float64Array(count);
  const firstAt = new Uint32Array(count);
  const destination = new Uint16Array(count);
  for (let index = 0; index < count; index++) {
    const entry = kept[index] ?? 0;
    number[index] = people.number[entry] ?? 0;
    firstAt[index] = people.firstAt[entry] ?? 0;
    destination[index] = people.destination[entry] ?? 0;
  }
  return { count, number, firstAt, destination };
}
