/** One measurement of ours beside a reference, both taken in the same run. */
export interface BenchResult {
  /** The row's name, then what is compared with: `rotation/powertools`. */
  readonly name: string;
  readonly ours: number;
  readonly reference: number;
  readonly unit: string;
  /** Ours by the reference's, as far as it can be divided by. */
  readonly ratio: number | null;
  /** What the reference is, with its version where it is a package. */
  readonly referenceIs: string;
}

/** How much is measured. */
export type BenchSize = "full" | "tiny";

/** One file of `bench/rows/`: measurements that belong together. */
export interface BenchRow {
  /** What `npm run bench NAME` picks it by. */
  readonly name: string;
  /** What is measured, in a sentence without its end. */
  readonly title: string;
  /** `tiny` measures too little to be of use: it is for tests. */
  run(size: BenchSize): Promise<readonly BenchResult[]>;
}

/** Compares two measurements. Fewer is better in each unit that is used here. */
export function compare(measured: Omit<BenchResult, "ratio">): BenchResult {
  const { name, ours, reference, unit, referenceIs } = measured;
  const ratio = reference === 0 ? null : round(ours / reference);
  return { name, ours: round(ours), reference: round(reference), unit, ratio, referenceIs };
}

/** The middle one; the mean of the middle two, where there is none. @throws where there are none at all */
export function medianOf(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  if (low === undefined || high === undefined) throw new RangeError("bench: there is no median of nothing");
  return (low + high) / 2;
}

/** Three significant digits: more would be noise. */
function round(number: number): number {
  return Number(number.toPrecision(3));
}
