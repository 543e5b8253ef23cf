import type { Fields } from "../vendor.ts";

/** A key as a service holds it. */
export interface HeldKey {
  readonly fields: Fields;
  readonly versionId: string;
}

/** A key that stays refused is looked for no more often than this: milliseconds. */
const EVERY_MS = 200;

/** Reads a key anew when the vendor has refused the one that is held: once, however many logins ask. */
export class Reread<Held extends HeldKey> {
  readonly #read: () => Promise<Held>;
  #reading: Promise<Held> | undefined;
  #last: { readonly held: Held; readonly atMs: number } | undefined;

  constructor(read: () => Promise<Held>) {
    this.#read = read;
  }

  /** @returns another key than the refused one; undefined where there is none (yet) */
  async otherThan(refused: HeldKey): Promise<Held | undefined> {
    const last = this.#last;
    if (last && last.held.versionId !== refused.versionId) return last.held;
    if (last && Date.now() - last.atMs < EVERY_MS) return undefined;
    this.#reading ??= this.#readAnew();
    const held = await this.#reading;
    return held.versionId === refused.versionId ? undefined : held;
  }

  async #readAnew(): Promise<Held> {
    try {
      const held = await this.#read();
      this.#last = { held, atMs: Date.now() };
      return held;
    } finally {
      this.#reading = undefined;
    }
  }
}
