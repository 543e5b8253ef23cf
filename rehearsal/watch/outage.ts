/** A time in which logins failed, measured. Times in milliseconds since 1970. */
export interface Outage {
  /** The old key's first refusal. */
  readonly fromMs: number;
  /** The last login that failed within what the policy allows. */
  readonly toMs: number;
  /** Failed logins in this time. */
  readonly failed: number;
  /** Failed logins before it, or after all that the policy allows. */
  readonly failedOutside: number;
}

/** Measures the outage of a rotation in place: from the old key's first refusal to the last login that failed. */
export class OutageWatch {
  readonly #failures: number[] = [];
  #firstRefusalMs: number | undefined;

  /** The vendor has refused a send with the old key. */
  noteRefusal(atMs: number): void {
    this.#firstRefusalMs ??= atMs;
  }

  /** A login has failed, whatever the reason. */
  noteFailure(atMs: number): void {
    this.#failures.push(atMs);
  }

  /** @returns nothing where the old key was never refused and no login has failed */
  measure(allowedSeconds: number): Outage | undefined {
    const fromMs = this.#firstRefusalMs ?? this.#failures[0];
    if (fromMs === undefined) return undefined;
    const inside = this.#failures.filter((atMs) => atMs >= fromMs && atMs <= fromMs + allowedSeconds * 1000);
    const failedOutside = this.#failures.length - inside.length;
    return { fromMs, toMs: Math.max(fromMs, ...inside), failed: inside.length, failedOutside };
  }
}
