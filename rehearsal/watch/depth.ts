/** One call of a run, to AWS or to the vendor. Times in milliseconds of one clock that never steps back. */
export interface CallSpan {
  readonly service: string;
  readonly operation: string;
  /** When the request had arrived. */
  readonly fromMs: number;
  /** When it was answered. */
  readonly toMs: number;
}

/** A call with its place in the sequence: 1 is the first. */
export interface PlacedCall extends CallSpan {
  readonly depth: number;
}

/**
 * Gives every call its depth: one more than the deepest call that was answered before it arrived. Calls that overlap in
 * time were made side by side, and do not make each other deeper.
 *
 * @returns the calls in the order of their arrival
 */
export function placeCalls(calls: readonly CallSpan[]): readonly PlacedCall[] {
  const placed: PlacedCall[] = [];
  for (const call of calls.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const before = placed.filter(({ toMs }) => toMs <= call.fromMs);
    placed.push({ ...call, depth: 1 + Math.max(0, ...before.map(({ depth }) => depth)) });
  }
  return placed;
}

/**
 * The calls on the way to one of them, which is the last and the deepest: those that arrived before it did. What set off
 * while it was under way is none of them, however deep.
 */
export function callsUpTo(calls: readonly CallSpan[], last: CallSpan): readonly PlacedCall[] {
  const before = calls.filter((call) => call !== last && call.fromMs <= last.fromMs);
  return placeCalls([...before, last]);
}
