const MAX_TRACKED = 50_000;

/** A fixed window from the first hit, as the usual throttles of HTTP frameworks are. */
export class Throttle {
  readonly #windowMs: number;
  readonly #windows = new Map<string, { count: number; endsAtMs: number }>();

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /**
   * Counts one hit.
   *
   * @param limit hits in one window; `Infinity` switches the throttle off
   * @returns seconds to wait where the hit is over the limit, else `undefined`
   */
  hit(key: string, { limit, nowMs }: { limit: number; nowMs: number }): number | undefined {
    if (limit === Number.POSITIVE_INFINITY) return undefined;
    let window = this.#windows.get(key);
    if (!window || nowMs >= window.endsAtMs) {
      if (this.#windows.size >= MAX_TRACKED) this.#prune(nowMs);
      window = { count: 0, endsAtMs: nowMs + this.#windowMs };
      this.#windows.set(key, window);
    }
    window.count += 1;
    return window.count > limit ? Math.max(1, Math.ceil((window.endsAtMs - nowMs) / 1000)) : undefined;
  }

  #prune(nowMs: number): void {
    for (const [key, window] of this.#windows) if (nowMs >= window.endsAtMs) this.#windows.delete(key);
    // Still full of open windows: the oldest half goes, for memory is bounded before it is exact.
    const excess = this.#windows.size - MAX_TRACKED / 2;
    let dropped = 0;
    for (const key of this.#windows.keys()) {
      if (dropped >= excess) break;
      this.#windows.delete(key);
      dropped += 1;
    }
  }
}
