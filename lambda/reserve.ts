/** However much time there is, writing and answering take no more. */
const MAX_RESERVE_MS = 15_000;

/** Gives what is to be left of the time for what comes after: a share of what is left now, at most 15 s. */
export function reserveMs(
  { deadlineMs, now }: { readonly deadlineMs: number; readonly now: () => number },
  share: number,
): number {
  return Math.min(MAX_RESERVE_MS, Math.max(0, deadlineMs - now()) * share);
}
