/**
 * The two clocks that ages are measured with, for each fails in its own way: the monotonic one may stand still while a
 * machine sleeps or Lambda has frozen the function, and the other is set back and forth.
 */
export interface Clock {
  /** Milliseconds since any point in time. Never goes back. */
  readonly monotonicMs: () => number;
  /** Milliseconds since 1970. */
  readonly unixMs: () => number;
}

export const SYSTEM_CLOCK: Clock = { monotonicMs: () => performance.now(), unixMs: () => Date.now() };

/** A point in time on both clocks. */
export interface Moment {
  readonly monotonicMs: number;
  readonly unixMs: number;
}

export function momentOf(clock: Clock): Moment {
  return { monotonicMs: clock.monotonicMs(), unixMs: clock.unixMs() };
}

/**
 * How long ago something was: the longer of what the two clocks say, so that no key is taken for younger than it is.
 *
 * A clock that is set forward costs one read too many; one that is set back costs nothing.
 */
export function ageMs(clock: Clock, since: Moment): number {
  return Math.max(clock.monotonicMs() - since.monotonicMs, clock.unixMs() - since.unixMs);
}
