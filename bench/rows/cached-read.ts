import { keyFor } from "../../client/index.ts";
import { startRotatedWorld } from "../_a-rotation.ts";
import { plainCache, powertools } from "../_references.ts";
import { type BenchResult, type BenchRow, compare, medianOf } from "../row.ts";

const SIZES = { full: { calls: 200_000, rounds: 7 }, tiny: { calls: 100, rounds: 1 } };

/** What a service pays on each send. */
export const cachedRead: BenchRow = {
  name: "cached-read",
  title: "the cost of a read that is answered from the cache",
  run: async (size) => {
    const { calls, rounds } = SIZES[size];
    const world = await startRotatedWorld();
    const { secret, secretsManager } = world;
    const about = { secretsManager, secret, cacheSeconds: 300 };
    const handle = keyFor(secret, { client: secretsManager, report: "none" });
    const references = [powertools(about), plainCache(about)];
    const reads = [() => handle.get(), ...references.map(({ read }) => read)];
    try {
      for (const read of reads) await time(read, calls);
      // In turn, so that what else the machine does meets all of them.
      const times = reads.map((): number[] => []);
      for (let round = 0; round < rounds; round++) {
        for (const [index, read] of reads.entries()) times[index]?.push(await time(read, calls));
      }
      const [ours = Number.NaN, ...others] = times.map(medianOf);
      return references.map(({ name, referenceIs }, index): BenchResult => {
        const reference = others[index] ?? Number.NaN;
        return compare({ name: `cached-read/${name}`, ours, reference, unit: "ns a call", referenceIs });
      });
    } finally {
      await world.close();
    }
  },
};

/** Nanoseconds a call, one after the other. */
async function time(read: () => Promise<unknown>, calls: number): Promise<number> {
  const start = performance.now();
  for (let call = 0; call < calls; call++) await read();
  return ((performance.now() - start) * 1e6) / calls;
}
