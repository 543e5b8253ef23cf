import type { Time } from "../../../rehearsal/aws/time.ts";

interface Timer {
  readonly dueMs: number;
  readonly run: () => void;
}

/** A clock that a test moves by hand. */
export class ManualTime implements Time {
  #nowMs = Date.parse("2026-03-01T00:00:00Z");
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#nowMs;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { dueMs: this.#nowMs + ms, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** How long until the earliest timer, or nothing where there is none. */
  nextInMs(): number | undefined {
    const due = [...this.#timers].map((timer) => timer.dueMs - this.#nowMs);
    return due.length > 0 ? Math.min(...due) : undefined;
  }

  /** Moves on, running what falls due on the way, in order. */
  advance(ms: number): void {
    const end = this.#nowMs + ms;
    for (;;) {
      const next = [...this.#timers]
        .filter((timer) => timer.dueMs <= end)
        .sort((a, b) => a.dueMs - b.dueMs)[0];
      if (!next) break;
      this.#timers.delete(next);
      this.#nowMs = next.dueMs;
      next.run();
    }
    this.#nowMs = end;
  }
}
