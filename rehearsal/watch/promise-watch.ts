import type { Named } from "../../core/cutover/named-keys.ts";
import { type KeptPromise, PROMISES, type Terms, type Truth } from "../../core/cutover/promises.ts";
import type { Vendor } from "../vendor.ts";
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

type Words = Readonly<Partial<Record<KeptPromise["id"], string>>>;

/** What a rotation in place can promise, in its own words: there is an outage, and nothing else gives way. */
const IN_PLACE: Words = {
  P1: "The provider accepts the key under AWSCURRENT, but between the instant at which the new key takes its place and that at which AWSCURRENT follows: the outage that the policy allows begins there",
  P3: "No key ends but by its successor, which takes its place: there is no overlap",
  P8: "No stranger's key is revoked, and none that is under AWSCURRENT or AWSPENDING but by its successor",
};

/** Where people revoke, dualkey sees it afterwards. */
const BY_HAND: Words = {
  P1: "At every instant, the provider accepts the key under AWSCURRENT, and every key that may be promoted, but for one that a person has revoked a moment ago because an alarm asked for it",
};

const WORDS: Readonly<Record<Vendor["cutover"], Words>> = {
  beside: {},
  "in-place": IN_PLACE,
  "by-hand": BY_HAND,
};

/** Judges every promise at every change of a world, from one truth to the next. */
export class PromiseWatch {
  readonly #terms: Terms;
  readonly #words: Words;
  readonly #broken = new Map<string, string[]>(PROMISES.map(({ id }) => [id, []]));
  #last: Truth | undefined;
  #lastFingerprint = "";
  #changes = 0;
  #isPersons = false;
  #named: readonly Named[] = [];

  constructor(terms: Pick<Terms, "policy">, cutover: Vendor["cutover"] = "beside") {
    this.#terms = { ...terms, isInPlace: cutover === "in-place" };
    this.#words = WORDS[cutover];
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

  /** An operator names keys: from now on they may end before their time. */
  noteRequest(named: Named): void {
    this.#named = [...this.#named, named];
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
      const sentence = brokenBy(change, { ...this.#terms, named: this.#named });
      if (sentence) this.#broken.get(id)?.push(`${new Date(truth.atMs).toISOString()}: ${sentence}`);
    }
    return true;
  }

  verdicts(): Verdict[] {
    const checked = `${this.#changes} changes of labels, versions and keys`;
    return PROMISES.map(({ id, says }) => {
      return { id, says: this.#words[id] ?? says, checked, broken: this.#broken.get(id) ?? [] };
    });
  }
}
