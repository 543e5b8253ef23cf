import { keyFor } from "../../client/index.ts";
import { startRotatedWorld } from "../_a-rotation.ts";
import { plainCache, powertools } from "../_references.ts";
import { type BenchResult, type BenchRow, compare } from "../row.ts";

const CALLERS = { full: 1000, tiny: 5 };

/** A process that has just started, and all its callers want the key. */
export const coldReads: BenchRow = {
  name: "cold-reads",
  title: "calls of GetSecretValue for 1,000 callers at once, with nothing cached",
  run: async (size) => {
    const world = await startRotatedWorld();
    const { secret, secretsManager } = world;
    const about = { secretsManager, secret, cacheSeconds: 300 };
    const count = async (read: () => Promise<unknown>) => {
      const before = world.reads();
      await Promise.all(Array.from({ length: CALLERS[size] }, read));
      return world.reads() - before;
    };
    try {
      const handle = keyFor(secret, { client: secretsManager, report: "none" });
      const ours = await count(() => handle.get());
      const results: BenchResult[] = [];
      for (const { name, referenceIs, read } of [powertools(about), plainCache(about)]) {
        const reference = await count(read);
        results.push(compare({ name: `cold-reads/${name}`, ours, reference, unit: "calls", referenceIs }));
      }
      return results;
    } finally {
      await world.close();
    }
  },
};
