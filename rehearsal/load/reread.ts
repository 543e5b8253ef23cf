import type { Fields, Login } from "../vendor.ts";

/** A key as a service holds it. */
export interface HeldKey {
  readonly fields: Fields;
  readonly versionId: string;
}

export interface RereadOptions<Held extends HeldKey> {
  /** What the vendor says where it rejects a key, for a service that then reads its key anew. @default it does not */
  readonly rereadsAt: string | undefined;
  /** Reads the key that is current, and holds it. */
  readonly read: () => Promise<Held>;
  readonly held: () => Held | undefined;
}

/** A key that stays refused is looked for no more often than this: milliseconds. */
const EVERY_MS = 200;
/** As the client does: one login is tried with no more keys than these. */
const MOST_KEYS = 3;

/** What a service does whose key the vendor refuses: it reads another one, once for all logins that ask, and sends again. */
export class Reread<Held extends HeldKey> {
  /** Logins in which a key was refused and another one was accepted. */
  saved = 0;
  readonly #options: RereadOptions<Held>;
  /** The last read on account of a refused version, which all logins share that meet it within the pause. */
  #look: { readonly refused: string; readonly atMs: number; readonly found: Promise<Held> } | undefined;

  constructor(options: RereadOptions<Held>) {
    this.#options = options;
  }

  /** Logs somebody in with the key that is held, and, where that is refused, with the next. */
  async login(held: Held, send: (held: Held) => Promise<Login>): Promise<Login> {
    const tried = new Set<string>();
    let next: Held | undefined = held;
    let result: Login | undefined;
    while (next !== undefined && !tried.has(next.versionId) && tried.size < MOST_KEYS) {
      tried.add(next.versionId);
      result = await send(next);
      if (result.ok && tried.size > 1) this.saved += 1;
      if (result.ok || result.because !== this.#options.rereadsAt) return result;
      next = await this.#otherThan(next);
    }
    return result ?? { ok: false, because: "no key" };
  }

  /** @returns another key than the refused one; undefined where there is none (yet) */
  async #otherThan({ versionId }: Held): Promise<Held | undefined> {
    const isOther = (held: Held | undefined) => held !== undefined && held.versionId !== versionId;
    const held = this.#options.held();
    if (isOther(held)) return held;
    // By the version: another key that dies a moment later is another reason to look.
    const isLookedFor = this.#look?.refused === versionId && Date.now() - this.#look.atMs < EVERY_MS;
    if (!isLookedFor) this.#look = { refused: versionId, atMs: Date.now(), found: this.#options.read() };
    const found = await this.#look?.found;
    return isOther(found) ? found : undefined;
  }
}
