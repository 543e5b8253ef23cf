import { ageMs, type Clock, type Moment, momentOf } from "./_clock.ts";
import { READ_TIMEOUT_MS, type ReadKey } from "./_read-key.ts";

/** A key that was read, and when: the time is taken before the read, so that it is never younger than it seems. */
export interface HeldKey extends ReadKey {
  readonly readAt: Moment;
  /** At this age it is read again in the background. Jittered, so that instances that start together part. */
  readonly refreshAfterMs: number;
}

export interface KeyCacheOptions {
  readonly cacheMs: number;
  readonly staleMs: number;
  readonly clock: Clock;
  readonly read: () => Promise<ReadKey>;
}

/** A read that is under way, which all callers share. */
interface Reading {
  readonly startedAt: Moment;
  readonly done: Promise<HeldKey>;
  /** Whether it began after the provider had rejected the key that was held. */
  readonly isForced: boolean;
}

const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [1000, 30_000];
/** A key that stays rejected (a suspended account) is looked for no more often than this. */
const FORCED_PAUSE_MS = 1000;

/** Holds one key, and looks for the next. Sets no timer: it looks when it is asked, ahead of time where it can. */
export class KeyCache {
  readonly #options: KeyCacheOptions;
  readonly #longestMs: number;
  #held: HeldKey | undefined;
  #reading: Reading | undefined;
  /** The last read, where it has failed: for so long, none is tried in the background. */
  #failure: { readonly at: Moment; readonly pauseMs: number } | undefined;
  #forced: { readonly versionId: string; readonly at: Moment } | undefined;

  constructor(options: KeyCacheOptions) {
    this.#options = options;
    this.#longestMs = options.cacheMs + options.staleMs;
  }

  /** The key that may be used without a look, if there is one. */
  get usable(): HeldKey | undefined {
    return this.#held && this.#ageOf(this.#held) <= this.#longestMs ? this.#held : undefined;
  }

  /**
   * Gives the key to use: the held one where it is fresh; where it is not, a new one; where none can be read, the held one
   * until it is too old.
   */
  current(): HeldKey | Promise<HeldKey> {
    const held = this.#held;
    if (held === undefined) return this.#look();
    const age = this.#ageOf(held);
    if (age < held.refreshAfterMs) return held;
    const isFresh = age < this.#options.cacheMs;
    const isTolerated = age <= this.#longestMs && this.#isDown();
    if (!isFresh && !isTolerated) return this.#look();
    this.#readInBackground();
    return held;
  }

  async #look(): Promise<HeldKey> {
    try {
      return await this.#shareRead(false);
    } catch (error) {
      // Looked at again: the process may have been frozen while it waited.
      const { usable } = this;
      if (usable !== undefined) return usable;
      throw error;
    }
  }

  /**
   * Looks past the cache for another key than one that the provider has rejected; once, however many callers ask.
   *
   * @returns undefined where there is none
   */
  async otherThan(rejected: HeldKey): Promise<HeldKey | undefined> {
    const other = (held: HeldKey | undefined) =>
      held !== undefined && held.versionId !== rejected.versionId ? held : undefined;
    try {
      if (other(this.#held)) return other(await this.current());
      const reading = this.#joinable();
      if (reading !== undefined && !reading.isForced) {
        // It may have read just before the key was replaced.
        const found = other(await reading.done.catch(() => undefined));
        if (found !== undefined) return found;
      }
      if (!this.#joinable()?.isForced) {
        const last = this.#forced;
        const isSoon = last !== undefined && ageMs(this.#options.clock, last.at) < FORCED_PAUSE_MS;
        if (isSoon && last.versionId === rejected.versionId) return undefined;
        this.#forced = { versionId: rejected.versionId, at: momentOf(this.#options.clock) };
      }
      return other(await this.#shareRead(true));
    } catch {
      // The caller has an answer of the provider, which says more.
      return undefined;
    }
  }

  /** Whether a read has failed so recently that the next one is not worth waiting for. */
  #isDown(): boolean {
    const within = LONGEST_PAUSE_MS + READ_TIMEOUT_MS;
    return this.#failure !== undefined && ageMs(this.#options.clock, this.#failure.at) <= within;
  }

  #readInBackground(): void {
    if (this.#joinable() !== undefined) return;
    if (this.#failure && ageMs(this.#options.clock, this.#failure.at) < this.#failure.pauseMs) return;
    this.#shareRead(false).catch(() => undefined);
  }

  #shareRead(isForced: boolean): Promise<HeldKey> {
    const reading = this.#joinable() ?? this.#startRead(isForced);
    return reading.done;
  }

  /** A read that has been under way for too long was frozen with the process: its connection is gone. */
  #joinable(): Reading | undefined {
    const reading = this.#reading;
    if (reading === undefined) return undefined;
    return ageMs(this.#options.clock, reading.startedAt) <= READ_TIMEOUT_MS ? reading : undefined;
  }

  #startRead(isForced: boolean): Reading {
    const startedAt = momentOf(this.#options.clock);
    const done = this.#read(startedAt).finally(() => {
      if (this.#reading === reading) this.#reading = undefined;
    });
    const reading: Reading = { startedAt, done, isForced };
    this.#reading = reading;
    return reading;
  }

  async #read(startedAt: Moment): Promise<HeldKey> {
    const { cacheMs, clock, read } = this.#options;
    let readAt = startedAt;
    try {
      let answer = await read();
      if (ageMs(clock, readAt) > Math.max(this.#longestMs, READ_TIMEOUT_MS)) {
        // Frozen on the way: what it says is too old to be used.
        readAt = momentOf(clock);
        answer = await read();
      }
      const held = { ...answer, readAt, refreshAfterMs: cacheMs * (0.75 + 0.15 * Math.random()) };
      if (this.#isOvertaken(readAt) && this.#held !== undefined) return this.#held;
      this.#held = held;
      this.#failure = undefined;
      return held;
    } catch (error) {
      if (this.#isOvertaken(readAt)) throw error;
      const pauseMs = Math.min(2 * (this.#failure?.pauseMs ?? FIRST_PAUSE_MS / 2), LONGEST_PAUSE_MS);
      this.#failure = { at: momentOf(clock), pauseMs: pauseMs * (0.75 + 0.25 * Math.random()) };
      throw error;
    }
  }

  /** Whether a read that began later has given a key: this one knows less. */
  #isOvertaken(readAt: Moment): boolean {
    return this.#held !== undefined && this.#held.readAt.monotonicMs > readAt.monotonicMs;
  }

  #ageOf(held: HeldKey): number {
    return ageMs(this.#options.clock, held.readAt);
  }
}
