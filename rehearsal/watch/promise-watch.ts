import { type KeptPromise, PROMISES, type Terms, type Truth } from "../../core/cutover/promises.ts";
import { fingerprintOf } from "./truth.ts";

/** What a promise came to. */
export interface Verdict {
  readonly id: string;
  readonly says: string;
  /** What it was held against: how many of what. */
  readonly checked: string;
  /** A sentence for each time that it was broken. */
  readonly broken: readonly string[];
}

/** What a rotation in place can promise, in its own words: there is an outage, and nothing else gives way. */
const IN_PLACE: Readonly<Partial<Record<KeptPromise["id"], string>>> = {
  P1: "The provider accepts the key under AWSCURRENT, but between the instant at which the new key takes its place and that at which AWSCURRENT follows: the outage that the policy allows begins there",
  P3: "No key ends but by its successor, which takes its place: there is no overlap",
  P8: "No stranger's key is revoked, and none that is under AWSCURRENT or AWSPENDING but by its successor",
};

/** Judges every promise at every change of a world, from one truth to the next. */
export class PromiseWatch {
  readonly #terms: Terms;
  readonly #broken = new Map<string, string[]>(PROMISES.map(({ id }) => [id, []]));
  #last: Truth | undefined;
  #lastFingerprint = "";
  #changes = 0;
  #isPersons = false;

  constructor(terms: Terms) {
    this.#terms = terms;
  }

  /** How many sentences there are by now. */
  get brokenCount(): number {
    return [...this.#broken.values()].flat().length;
  }

  /**
   * Looks on while a person does something at the vendor, of which dualkey can only learn afterwards: P1 is about what
   * dualkey does.
   */
  letPerson(act: () => void): void {
    this.#isPersons = true;
    try {
      act();
    } finally {
      this.#isPersons = false;
    }
  }

  /**
   * Takes the next truth. The first one is judged against itself: a world may be wrong from the start.
   *
   * @returns whether anything has changed since the last one
   */
  observe(truth: Truth): boolean {
    const fingerprint = fingerprintOf(truth);
    if (fingerprint === this.#lastFingerprint) return false;
    const change = { before: this.#last ?? truth, after: truth };
    this.#last = truth;
    this.#lastFingerprint = fingerprint;
    this.#changes += 1;
    for (const { id, brokenBy } of PROMISES) {
      if (id === "P1" && this.#isPersons) continue;
      const sentence = brokenBy(change, this.#terms);
      if (sentence) this.#broken.get(id)?.push(`${new Date(truth.atMs).toISOString()}: ${sentence}`);
    }
    return true;
  }

  verdicts(): Verdict[] {
    const checked = `${this.#changes} changes of labels, versions and keys`;
    return PROMISES.map(({ id, says }) => {
      const said = this.#terms.isInPlace ? (IN_PLACE[id] ?? says) : says;
      return { id, says: said, checked, broken: this.#broken.get(id) ?? [] };
    });
  }
}
