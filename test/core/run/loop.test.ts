import { describe, expect, test } from "vitest";
import { ProviderRejectedError } from "../../../contract/errors.ts";
import type { Goal } from "../../../core/cutover/observation.ts";
import type { SecretView } from "../../../core/cutover/ports.ts";
import { type Ports, run } from "../../../core/run.ts";
import { SCENARIOS } from "../../model/scenarios.ts";
import { POLICY, TIMES, type World } from "../../model/world.ts";
import { portsOf } from "./model-ports.ts";

const RECONCILE: Goal = { kind: "reconcile" };
const policy = { ...POLICY, consumers: [...POLICY.consumers] };

function runIn(world: World, goal: Goal, ports: Ports, lifeMs = 120_000) {
  const fence = { timeoutMs: lifeMs, marginMs: TIMES.marginMs };
  return run(goal, ports, { policy, fence, callMs: TIMES.callMs, deadlineMs: world.now + lifeMs });
}

/** A secret whose reads show what it was some time ago, however often it has been written since. */
function lagging(ports: Ports, world: World, lagMs: number): Ports {
  const views: { at: number; view: SecretView }[] = [];
  const read: Ports["secrets"]["read"] = async (call) => {
    views.push({ at: world.now, view: await ports.secrets.read(call) });
    return (views.findLast(({ at }) => at <= world.now - lagMs) ?? views[0])?.view as SecretView;
  };
  return { ...ports, secrets: { ...ports.secrets, read } };
}

/** A rotation whose pending key is stored, and which the provider does not know yet. */
function propagating(): World {
  const world = must(SCENARIOS["an ordinary rotation"]).start();
  const labels = [{ kind: "live", v8: "token1--", atMs: world.now } as const];
  world.secret.versions.push({
    id: "token1--0000",
    createdAt: world.now,
    stages: ["AWSPENDING"],
    labels,
    holds: "late",
    isNamed: true,
  });
  world.keys.push({ id: "late", account: "A", name: "", createdAt: world.now, works: false });
  return world;
}

describe("the loop", () => {
  test.each([500, 5_000, 30_000])("attaches a label once, though reads are %i ms late", async (lagMs) => {
    const world = must(SCENARIOS["an adopted key"]).start();
    const ports = lagging(portsOf(world), world, lagMs);
    for (let ticks = 0; ticks < 3; ticks += 1) await runIn(world, RECONCILE, ports);
    const labels = world.secret.versions.flatMap((version) => version.labels.map(({ kind }) => kind));
    expect(labels.filter((kind) => kind === "replaced").length).toBeLessThanOrEqual(3); // one a run at the most
  });

  test("waits for a slow provider as long as it lives: waiting is no going round in circles", async () => {
    const world = propagating();
    const goal = { kind: "testSecret", token: "token1--0000" } as const;
    const outcome = await runIn(world, goal, portsOf(world), 600_000);
    expect(outcome).toMatchObject({
      kind: "wait",
      holds: [{ because: expect.stringMatching(/does not accept the new key yet/) }],
    });
  });

  test("goes back to the key before when the current one is refused: logins fail, or soon will", async () => {
    const world = must(SCENARIOS["an adopted key"]).start();
    for (const key of world.keys) if (key.id === "key3") key.works = false;
    expect((await runIn(world, RECONCILE, portsOf(world))).kind).toBe("done");
    expect(world.secret.versions.find(({ stages }) => stages.includes("AWSCURRENT"))?.holds).toBe("key2");
  });

  test("tells a person when the current key is refused and so is the one before: nothing is moved", async () => {
    const world = must(SCENARIOS["an adopted key"]).start();
    for (const key of world.keys) if (key.id === "key3" || key.id === "key2") key.works = false;
    const { kind, ...outcome } = await runIn(world, RECONCILE, portsOf(world));
    expect(kind).toBe("wait");
    expect(outcome).toMatchObject({
      holds: expect.arrayContaining([
        { because: expect.stringMatching(/HTTP 401/), versionId: "byhand00-3", alarm: true },
      ]),
    });
  });

  test("stores no key that lacks a setting of the current one, and leaves none behind: an IP rule is not lost", async () => {
    const world = must(SCENARIOS["an ordinary rotation"]).start();
    const token = "token1--0000";
    world.secret.versions.push({ id: token, createdAt: world.now, stages: ["AWSPENDING"], labels: [] });
    const ports = portsOf(world);
    const { make } = ports.provider;
    if (make === undefined) throw new Error("the model's vendor makes keys");
    const provider: Ports["provider"] = {
      ...ports.provider,
      settings: async () => ({ allowedIps: ["192.0.2.1"] }),
      make: async (request, call) => ({ ...(await make(request, call)), settings: { allowedIps: null } }),
    };
    const outcome = await runIn(world, { kind: "createSecret", token }, { ...ports, provider });
    expect(outcome).toMatchObject({ kind: "refuse", because: expect.stringMatching(/without the settings/) });
    expect(world.secret.versions.find(({ id }) => id === token)?.holds).toBeUndefined();
    expect(world.keys.find(({ id }) => id === "key11")?.works).toBe(false);
  });

  test("tells a person when an effect is refused, for a retry cannot help", async () => {
    const world = must(SCENARIOS["an adopted key"]).start();
    const ports = portsOf(world);
    const attach = async () => {
      throw new ProviderRejectedError("A secret holds 20 labels");
    };
    const outcome = await runIn(world, RECONCILE, { ...ports, secrets: { ...ports.secrets, attach } });
    expect(outcome).toMatchObject({
      kind: "wait",
      holds: [{ because: "A secret holds 20 labels", alarm: true }],
    });
  });
});

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("no such scenario");
  return value;
}
