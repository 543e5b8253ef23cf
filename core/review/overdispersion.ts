import type { Reference } from "./reference.ts";
import { sumOf } from "./surprise.ts";

const DAY = 24 * 3600;
const MIN_DAYS = 5;
const USUAL_OVERDISPERSION = 0.25;
const MIN_OVERDISPERSION = 0.1;

/** By how much the reference's own days are off, beyond what chance alone does to such counts. */
export function overdispersionOf(reference: Reference, which: number): number {
  const { firstAt, destination, span, count } = reference;
  const days = Math.ceil((span.until - span.since) / DAY);
  if (reference.kind === "self" || days < MIN_DAYS || count === 0) return USUAL_OVERDISPERSION;
  const [own, all] = [new Float64Array(days), new Float64Array(days)];
  for (const [entry, at] of firstAt.entries()) {
    const day = Math.floor((at - span.since) / DAY);
    all[day] = (all[day] ?? 0) + 1;
    if (destination[entry] === which) own[day] = (own[day] ?? 0) + 1;
  }
  const total = sumOf(own);
  if (total < days) return USUAL_OVERDISPERSION;
  const excess = own.reduce((sum, seen, day) => {
    const expected = ((all[day] ?? 0) * total) / count;
    return sum + (seen - expected) ** 2 - expected;
  }, 0);
  const squares = all.reduce((sum, seen) => sum + ((seen * total) / count) ** 2, 0);
  return Math.min(1, Math.max(MIN_OVERDISPERSION, excess / squares));
}
