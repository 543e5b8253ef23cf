/** What was sent in one second. */
export interface Second {
  /** Seconds since logins began. */
  readonly second: number;
  /** Accepted sends by key id. */
  readonly byKey: Readonly<Record<string, number>>;
  readonly failed: number;
}

/** Counts sends by second and by key. */
export class SendSeries {
  readonly #startMs: number;
  readonly #lastAtMs = new Map<string, number>();
  readonly #seconds: { byKey: Record<string, number>; failed: number }[] = [];

  /** @param startMs when logins began, in milliseconds since 1970 */
  constructor(startMs: number) {
    this.#startMs = startMs;
  }

  countSend(keyId: string, atMs: number): void {
    this.#lastAtMs.set(keyId, atMs);
    const { byKey } = this.#at(atMs);
    byKey[keyId] = (byKey[keyId] ?? 0) + 1;
  }

  countFailure(atMs: number): void {
    this.#at(atMs).failed += 1;
  }

  all(): Second[] {
    return this.#seconds.map((counted, second) => ({ second, ...counted }));
  }

  /** Sends of one key in each of the last whole seconds, oldest first. */
  recent(keyId: string, { seconds, nowMs }: { readonly seconds: number; readonly nowMs: number }): number[] {
    const end = Math.max(0, Math.floor((nowMs - this.#startMs) / 1000));
    return this.#seconds.slice(Math.max(0, end - seconds), end).map(({ byKey }) => byKey[keyId] ?? 0);
  }

  /** When this key was last used to send; undefined where it never was. */
  lastAtMs(keyId: string): number | undefined {
    return this.#lastAtMs.get(keyId);
  }

  total(keyId: string): number {
    return this.#seconds.reduce((sum, { byKey }) => sum + (byKey[keyId] ?? 0), 0);
  }

  #at(atMs: number): { byKey: Record<string, number>; failed: number } {
    const second = Math.max(0, Math.floor((atMs - this.#startMs) / 1000));
    while (this.#seconds.length <= second) this.#seconds.push({ byKey: {}, failed: 0 });
    return this.#seconds[second] ?? { byKey: {}, failed: 0 };
  }
}
