import { setTimeout as sleep } from "node:timers/promises";
import { keyFor } from "../../client/index.ts";
import { startRotatedWorld } from "../_a-rotation.ts";
import { plainCache, powertools } from "../_references.ts";
import { type BenchResult, type BenchRow, compare } from "../row.ts";

const SIZES = {
  full: { cacheSeconds: 5, sendsPerSecond: 100 },
  tiny: { cacheSeconds: 1, sendsPerSecond: 10 },
};

/** The hardest case, which dualkey's own rotations avoid, and a leak is: the old key dies when it is replaced. */
export const rotation: BenchRow = {
  name: "rotation",
  title: "sends that fail while a key is replaced and its old one dies, a fifth into the cache time",
  run: async (size) => {
    const { cacheSeconds, sendsPerSecond } = SIZES[size];
    const world = await startRotatedWorld();
    const { secret, secretsManager, send } = world;
    const handle = keyFor(secret, { client: secretsManager, cacheSeconds, report: "none" });
    const references = [powertools, plainCache].map((make) => make({ secretsManager, secret, cacheSeconds }));
    const senders = [
      () => handle.use(({ apiKey }) => send(apiKey)),
      ...references.map(
        ({ read }) =>
          async () =>
            send((await read()).apiKey),
      ),
    ];
    try {
      await Promise.all(senders.map((sender) => sender()));
      const rotating = sleep(cacheSeconds * 200).then(() => world.rotate());
      const failed = await countFailures(senders, {
        forMs: cacheSeconds * 1200,
        everyMs: 1000 / sendsPerSecond,
      });
      await rotating;
      return references.map(({ name, referenceIs }, index): BenchResult => {
        const [ours = 0, reference = 0] = [failed[0], failed[index + 1]];
        return compare({ name: `rotation/${name}`, ours, reference, unit: "failed sends", referenceIs });
      });
    } finally {
      await world.close();
    }
  },
};

type Sender = () => Promise<Response>;

/** All senders send at the same times, so that they meet the same rotation. */
async function countFailures(
  senders: readonly Sender[],
  { forMs, everyMs }: { forMs: number; everyMs: number },
): Promise<number[]> {
  const failed = senders.map(() => 0);
  const under: Promise<void>[] = [];
  const end = performance.now() + forMs;
  while (performance.now() < end) {
    for (const [index, sender] of senders.entries()) {
      const done = sender().then(
        ({ ok }) => ok,
        () => false,
      );
      under.push(
        done.then((ok) => {
          if (!ok) failed[index] = (failed[index] ?? 0) + 1;
        }),
      );
    }
    await sleep(everyMs);
  }
  await Promise.all(under);
  return failed;
}
