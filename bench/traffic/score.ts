import { findSuspicions } from "../../core/review/find-suspicions.ts";
import { SendColumns } from "../../core/review/send-columns.ts";
import { ATTACK_KINDS, type AttackKind } from "./attacks.ts";
import { findByThreshold } from "./threshold.ts";
import type { Trace } from "./trace.ts";

/** What a method flagged, for one trace: groups of indexes of sends, one for each finding. */
export type Flagged = readonly (readonly number[])[];
export type Method = (trace: Trace) => Flagged;

/**
 * - `recall`: of all sends of the attacks of a kind, the share that some finding is about.
 * - `precision`: of all sends that some finding is about, the share that are an attack's.
 * - `wrongFindings`: findings of which less than half of the sends are an attack's.
 */
export interface Score {
  readonly recall: ReadonlyMap<AttackKind, number>;
  readonly precision: number;
  readonly findings: number;
  readonly wrongFindings: number;
  /** Attacks of which less than half of the sends were flagged. */
  readonly missed: ReadonlyMap<AttackKind, number>;
  readonly attacks: ReadonlyMap<AttackKind, number>;
}

export const byReview: Method = (trace) => {
  const columns = new SendColumns();
  for (let index = 0; index < trace.size; index++) columns.add(trace.sendAt(index));
  const { sinceMs, untilMs } = trace.options.exposure;
  const exposure = { since: Math.floor(sinceMs / 1000), until: Math.ceil(untilMs / 1000) };
  return findSuspicions(columns, exposure, { ids: [], graceSeconds: 0 }).suspicions.map(({ rows }) => rows);
};

export const byThreshold: Method = findByThreshold;

/** Plays each trace to each method, and adds up. One trace is held at a time. */
export function score(cases: readonly (() => Trace)[], methods: readonly Method[]): Score[] {
  const tallies = methods.map(() => new Tally());
  for (const build of cases) {
    const trace = build();
    for (const [index, method] of methods.entries()) tallies[index]?.add(trace, method(trace));
  }
  return tallies.map((tally) => tally.score());
}

class Tally {
  readonly #sends = new Map<AttackKind, { all: number; flagged: number; attacks: number; missed: number }>();
  #flagged = 0;
  #right = 0;
  #findings = 0;
  #wrongFindings = 0;

  add({ options, labels }: Trace, flagged: Flagged): void {
    const suspects = new Set(flagged.flat());
    const isAttack = (index: number) => labels[index] !== 0;
    this.#flagged += suspects.size;
    for (const index of suspects) if (isAttack(index)) this.#right++;
    this.#findings += flagged.length;
    this.#wrongFindings += flagged.filter((rows) => rows.filter(isAttack).length * 2 < rows.length).length;
    const counts = new Map(options.attacks.map(({ label }) => [label, { all: 0, flagged: 0 }]));
    for (const [index, label] of labels.entries()) {
      const count = counts.get(label);
      if (count === undefined) continue;
      count.all++;
      if (suspects.has(index)) count.flagged++;
    }
    for (const { kind, label } of options.attacks) this.#addAttack(kind, counts.get(label));
  }

  #addAttack(kind: AttackKind, count = { all: 0, flagged: 0 }): void {
    const sum = this.#sends.get(kind) ?? { all: 0, flagged: 0, attacks: 0, missed: 0 };
    this.#sends.set(kind, sum);
    sum.all += count.all;
    sum.flagged += count.flagged;
    sum.attacks++;
    if (count.flagged * 2 < count.all) sum.missed++;
  }

  score(): Score {
    const kinds = ATTACK_KINDS.filter((kind) => this.#sends.has(kind));
    const mapOf = (
      value: (sum: { all: number; flagged: number; attacks: number; missed: number }) => number,
    ) =>
      new Map(
        kinds.map((kind) => [
          kind,
          value(this.#sends.get(kind) ?? { all: 0, flagged: 0, attacks: 0, missed: 0 }),
        ]),
      );
    return {
      recall: mapOf(({ all, flagged }) => (all === 0 ? 1 : flagged / all)),
      precision: this.#flagged === 0 ? 1 : this.#right / this.#flagged,
      findings: this.#findings,
      wrongFindings: this.#wrongFindings,
      attacks: mapOf(({ attacks }) => attacks),
      missed: mapOf(({ missed }) => missed),
    };
  }
}
