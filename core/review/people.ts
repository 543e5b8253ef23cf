import type { SendColumns } from "./send-columns.ts";

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
  const { at, number } = columns;
  const order = sortRows(columns, exposure.until);
  const starts: number[] = [];
  let knownCount = 0;
  for (let position = 0; position < order.length; position++) {
    const row = order[position] ?? 0;
    const phone = number[row] ?? 0;
    const isSame = position > 0 && phone !== 0 && phone === number[order[position - 1] ?? 0];
    if (isSame) continue;
    starts.push(position);
    if ((at[row] ?? 0) < exposure.since) knownCount++;
  }
  const known = emptyPeople(knownCount);
  const newcomers = emptyPeople(starts.length - knownCount);
  const filled = { known: 0, newcomers: 0 };
  for (const [index, start] of starts.entries()) {
    const row = order[start] ?? 0;
    const which = (at[row] ?? 0) < exposure.since ? "known" : "newcomers";
    const people = which === "known" ? known : newcomers;
    const entry = filled[which]++;
    people.number[entry] = number[row] ?? 0;
    people.firstAt[entry] = at[row] ?? 0;
    people.destination[entry] = columns.destination[row] ?? 0;
    people.start[entry] = start;
    people.end[entry] = starts[index + 1] ?? order.length;
  }
  return { order, known, newcomers };
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

/** By number, then by time, then by what else tells two sends apart: the pages' order must not show. */
function sortRows({ size, at, number, cost, key }: SendColumns, until: number): Uint32Array {
  let kept = 0;
  const order = new Uint32Array(size);
  for (let row = 0; row < size; row++) {
    if ((at[row] ?? 0) < until) order[kept++] = row;
  }
  return order
    .subarray(0, kept)
    .sort(
      (a, b) =>
        (number[a] ?? 0) - (number[b] ?? 0) ||
        (at[a] ?? 0) - (at[b] ?? 0) ||
        (cost[a] ?? 0) - (cost[b] ?? 0) ||
        (key[a] ?? 0) - (key[b] ?? 0),
    );
}
