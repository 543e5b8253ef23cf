import type { KeyReport } from "../report/key-report.ts";

/** A time in which a login service sent with one key, in seconds since logins began. */
export interface ServiceSpan {
  readonly key: string;
  readonly from: number;
  readonly to: number;
  /** Whether the vendor accepted that key. */
  readonly works: boolean;
}

interface Terms {
  readonly keys: readonly KeyReport[];
  readonly at: (time: string) => number;
  /** When it was stopped, or the end of the time line. */
  readonly end: number;
}

/** Tells which key a service used when, and from when on that key was a dead one. */
export function serviceSpansOf(
  moves: readonly { readonly at: string; readonly key: string }[],
  { keys, at, end }: Terms,
): ServiceSpan[] {
  return moves.flatMap(({ at: time, key }, index) => {
    const next = moves[index + 1];
    const span = { key, from: at(time), to: Math.min(end, next ? at(next.at) : end) };
    const revoked = keys.find(({ id }) => id === key)?.revoked ?? null;
    return splitAt(span, revoked === null ? Number.POSITIVE_INFINITY : at(revoked));
  });
}

function splitAt({ key, from, to }: Omit<ServiceSpan, "works">, revoked: number): ServiceSpan[] {
  const spans = [
    { key, from, to: Math.min(to, revoked), works: true },
    { key, from: Math.max(from, revoked), to, works: false },
  ];
  return spans.filter((span) => span.to > span.from);
}
