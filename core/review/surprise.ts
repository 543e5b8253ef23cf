/**
 * Says how far a count is above what was expected: the log of the likelihood ratio, in which 20 stands for some one in
 * a billion. Counts of people scatter more than dice do; `overdispersion` is the square of how much the expected
 * value itself is off, as a share (0.25: by a half), and lowers the surprise at large counts.
 */
export function surpriseOf(count: number, expected: number, overdispersion: number): number {
  if (count <= expected) return 0;
  const poisson = count * Math.log(count / expected) - (count - expected);
  return poisson / (1 + overdispersion * expected);
}

/** The mean of the middle half: as sure as a mean, and a quarter of the values may be anything. */
export function middleMean(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const cut = Math.floor(sorted.length / 4);
  const middle = sorted.slice(cut, sorted.length - cut);
  return middle.length === 0 ? 0 : middle.reduce((sum, value) => sum + value, 0) / middle.length;
}

/** The middle one, or the mean of the middle two; 0 of none. */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return ((sorted[Math.ceil(half) - 1] ?? 0) + (sorted[Math.floor(half)] ?? 0)) / 2;
}

export function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** How many of the sorted values are at most `value`. */
export function upperBound(sorted: ArrayLike<number>, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
