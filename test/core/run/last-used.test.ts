import { describe, expect, test } from "vitest";
import type { KeyProvider } from "../../../core/cutover/ports.ts";
import { type RunOptions, run } from "../../../core/run.ts";
import { modelPorts } from "../../model/ports.ts";
import { SCENARIOS } from "../../model/scenarios.ts";
import { POLICY, TIMES, type World } from "../../model/world.ts";

/** The provider of the model, which tells of each key when it was used last, in spans of 15 minutes, and nothing else. */
function coarse(provider: KeyProvider, usedAtMs: Readonly<Record<string, number>>): KeyProvider {
  const { sends: _, ...capabilities } = provider.capabilities;
  const { countSends: __, list, ...rest } = provider;
  return {
    ...rest,
    capabilities: { ...capabilities, lastUsed: { resolutionSeconds: 900, movedByProbe: true } },
    list: async (credential, call) => {
      if (list === undefined) throw new Error("the model's vendor lists keys");
      const found = await list(credential, call);
      const keys = found.keys.map((key) => {
        const { lastUsedAtMs: ___, ...listed } = key;
        const atMs = usedAtMs[key.id];
        return atMs === undefined ? listed : { ...listed, lastUsedAtMs: atMs };
      });
      return { ...found, keys };
    },
  };
}

/** Pursues all that is owed, until the minimum overlap is long over; the old key is used last before the cutover. */
async function reconcile(options: Pick<RunOptions, "lastUsedResolutionSeconds">): Promise<World> {
  const world = SCENARIOS["an adopted key"]?.start();
  if (world === undefined) throw new Error("no such scenario");
  const ports = modelPorts(
    world,
    async () => undefined,
    (apply) => apply(),
  );
  const usedAtMs = { key2: world.now - 10_000, key3: world.now + 60_000 };
  const provider = coarse(ports.provider, usedAtMs);
  const clock = {
    now: () => world.now,
    sleep: async (ms: number) => {
      world.now += ms;
    },
    timeout: () => new AbortController().signal,
  };
  const random = { nonce: () => "0000000000000000" };
  for (let minutes = 0; minutes < 10; minutes += 1) {
    const fence = { timeoutMs: 120_000, marginMs: TIMES.marginMs };
    const times = { fence, callMs: TIMES.callMs, deadlineMs: world.now + 120_000 };
    const policy: RunOptions["policy"] = {
      ...POLICY,
      consumers: [...POLICY.consumers],
      atMaxOverlap: "hold",
    };
    const parts = { ...ports, provider, clock, random, journal: { record: () => {} } };
    await run({ kind: "reconcile" }, parts, { policy, ...times, ...options });
    world.now += 60_000;
  }
  return world;
}

const isAlive = (world: World, wanted: string) => world.keys.find(({ id }) => id === wanted)?.works;

describe("a last-used time", () => {
  test("may stand for any use in its span, as coarse as the provider documents it: the key is not retired", async () => {
    expect(isAlive(await reconcile({}), "key2")).toBe(true);
  });

  test("is as fine as the options say where they do, which is for rehearsals", async () => {
    const world = await reconcile({ lastUsedResolutionSeconds: 1 });
    expect(isAlive(world, "key2")).toBe(false);
    expect(isAlive(world, "key3")).toBe(true);
  });
});
