import type { SendColumns } from "./send-columns.ts";

const RADIX = 2 ** 16;

/** Whole seconds since 1970, the end exclusive. */
export interface Span {
  readonly since: number;
  readonly until: number;
}

/**
 * The distinct numbers among some sends, with when each was first seen; a send without a number counts as one. Sorted
 * by number. The sends of entry `i` are the rows `order[start[i]]` to `order[end[i] - 1]`, in the order of their times.
 */
export interface People {
  readonly count: number;
  readonly number: Float64Array;
  readonly firstAt: Uint32Array;
  readonly destination: Uint16Array;
  readonly start: Uint32Array;
  readonly end: Uint32Array;
}

export interface Population {
  /** Rows by number, then by time. */
  readonly order: Uint32Array;
  /** Those whom the account had sent to before the exposure. */
  readonly known: People;
  /** Those whom the exposure saw first. Whoever abuses a key rarely sends to its owner's customers. */
  readonly newcomers: People;
}

/** Groups the rows before the exposure's end by number. */
export function groupByNumber(columns: SendColumns, exposure: Span): Population {
  const order = sortRows(columns, exposure.until);
  const isKnown = (start: number) => (columns.at[order[start] ?? 0] ?? 0) < exposure.since;
  const counts = { known: 0, newcomers: 0 };
  eachNumber(columns, order, (start) => counts[isKnown(start) ? "known" : "newcomers"]++);
  const known = emptyPeople(counts.known);
  const newcomers = emptyPeople(counts.newcomers);
  const filled = { known: 0, newcomers: 0 };
  eachNumber(columns, order, (start, end) => {
    const row = order[start] ?? 0;
    const people = isKnown(start) ? known : newcomers;
    const entry = filled[isKnown(start) ? "known" : "newcomers"]++;
    people.number[entry] = columns.number[row] ?? 0;
    people.firstAt[entry] = columns.at[row] ?? 0;
    people.destination[entry] = columns.destination[row] ?? 0;
    people.start[entry] = start;
    people.end[entry] = end;
  });
  return { order, known, newcomers };
}

function eachNumber(
  { number }: SendColumns,
  order: Uint32Array,
  visit: (start: number, end: number) => void,
): void {
  for (let start = 0; start < order.length; ) {
    const phone = number[order[start] ?? 0] ?? 0;
    let end = start + 1;
    while (phone !== 0 && end < order.length && number[order[end] ?? 0] === phone) end++;
    visit(start, end);
    start = end;
  }
}

function emptyPeople(count: number): People {
  return {
    count,
    number: new Float64Array(count),
    firstAt: new Uint32Array(count),
    destination: new Uint16Array(count),
    start: new Uint32Array(count),
    end: new Uint32Array(count),
  };
}

/**
 * By number, then by time: a radix sort, as a comparator's takes three times the memory. What is alike in both stays in
 * the order of the pages, which nothing looks at.
 */
function sortRows({ size, at, number }: SendColumns, until: number): Uint32Array {
  let kept = 0;
  let order = new Uint32Array(size);
  for (let row = 0; row < size; row++) {
    if ((at[row] ?? 0) < until) order[kept++] = row;
  }
  order = order.subarray(0, kept);
  let spare = new Uint32Array(kept);
  const counts = new Uint32Array(RADIX + 1);
  for (const digitOf of [
    (row: number) => (at[row] ?? 0) % RADIX,
    (row: number) => Math.floor((at[row] ?? 0) / RADIX),
    (row: number) => (number[row] ?? 0) % RADIX,
    (row: number) => Math.floor((number[row] ?? 0) / RADIX) % RADIX,
    (row: number) => Math.floor((number[row] ?? 0) / RADIX ** 2) % RADIX,
    (row: number) => Math.floor((number[row] ?? 0) / RADIX ** 3),
  ]) {
    counts.fill(0);
    for (const row of order) counts[digitOf(row) + 1] = (counts[digitOf(row) + 1] ?? 0) + 1;
    for (let digit = 1; digit <= RADIX; digit++)
      counts[digit] = (counts[digit] ?? 0) + (counts[digit - 1] ?? 0);
    for (const row of order) {
      const digit = digitOf(row);
      const place = counts[digit] ?? 0;
      spare[place] = row;
      counts[digit] = place + 1;
    }
    [order, spare] = [spare, order];
  }
  return order;
}
