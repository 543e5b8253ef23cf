import { describe, expect, test } from "vitest";
import { OutcomeUnknownError, ProviderUnavailableError } from "../../../contract/errors.ts";
import { type Ports, run } from "../../../core/run.ts";
import { execute } from "../../model/events.ts";
import { phasesOf } from "../../model/leak-phases.ts";
import { ordinary } from "../../model/scenarios.ts";
import { POLICY, TIMES, type World } from "../../model/world.ts";
import { portsOf } from "./model-ports.ts";

const TOKEN = "token1--0000";
const LIFE_MS = 120_000;

/** A rotation that has begun: its version is empty. */
function begun(): World {
  const world = ordinary();
  world.secret.versions.push({ id: TOKEN, createdAt: world.now, stages: ["AWSPENDING"], labels: [] });
  return world;
}

/** Runs createSecret while no store is answered until some time, and says when each was tried. */
async function create(world: World, untilMs: number, fail: () => Error) {
  const beganAtMs = world.now;
  const tries: number[] = [];
  const model = portsOf(world);
  const store: Ports["secrets"]["store"] = async (...args) => {
    tries.push(world.now - beganAtMs);
    if (world.now - beganAtMs < untilMs) throw fail();
    return model.secrets.store(...args);
  };
  const ports: Ports = { ...model, secrets: { ...model.secrets, store } };
  const policy = { ...POLICY, consumers: [...POLICY.consumers] };
  const fence = { timeoutMs: LIFE_MS, marginMs: TIMES.marginMs };
  const goal = { kind: "createSecret", token: TOKEN } as const;
  const outcome = await run(goal, ports, {
    policy,
    fence,
    callMs: TIMES.callMs,
    deadlineMs: beganAtMs + LIFE_MS,
  });
  const made = world.keys.filter(({ id }) => id.startsWith("key1") && id !== "key1");
  const holds = world.secret.versions.find(({ id }) => id === TOKEN)?.holds;
  return { outcome, tries, made, holds };
}

const unanswered = () => new OutcomeUnknownError("PutSecretValue: no answer");
const unavailable = () => new ProviderUnavailableError("PutSecretValue: HTTP 503");

describe("a key in hand, which is nowhere else", () => {
  test.each([
    ["is not answered", unanswered],
    ["is not available", unavailable],
  ])("is stored when the store %s for a minute, and no second one is made", async (_, fail) => {
    const { outcome, tries, made, holds } = await create(begun(), 60_000, fail);
    expect(outcome.kind).toBe("done");
    expect(made).toHaveLength(1);
    expect(holds).toBe(made[0]?.id);
    expect(tries.length).toBeLessThan(25);
  });

  test("is revoked by its own run where the store is not available for as long as that lives", async () => {
    const { tries, made, holds } = await create(begun(), LIFE_MS, unavailable);
    expect(holds).toBeUndefined();
    expect(made.map(({ works }) => works)).toEqual([false]);
    expect(Math.max(...tries)).toBeLessThan(LIFE_MS - TIMES.callMs);
  });

  test("is left to the clock where it may be stored", async () => {
    const { tries, made } = await create(begun(), LIFE_MS, unanswered);
    expect(made.map(({ works }) => works)).toEqual([true]);
    expect(Math.max(...tries)).toBeLessThan(LIFE_MS - TIMES.callMs);
  });
});

describe("a key that was made for a leak and could not be stored", () => {
  test("is revoked before another is made, whatever else was revoked meanwhile", async () => {
    const [phase] = await phasesOf("no names, two slots");
    if (phase === undefined) throw new Error("no phase");
    const outage = { calls: ["store"], fault: "unavailable", untilMs: phase.world.now + 600_000 } as const;
    const request = { role: "all", mode: "replace-first", operation: "leak-response" } as const;
    const { world } = await execute({ ...phase.world, outage }, request);
    const made = world.keys.filter(({ createdAt }) => createdAt > phase.world.now);
    expect(made.length).toBeGreaterThan(1);
    // The last one may be left: a timer may oversleep all the time that there is.
    expect(made.slice(0, -1).filter(({ works, isDisabled }) => works || isDisabled)).toEqual([]);
  });

  test("does not keep the leaked one, where the store takes no mark either", async () => {
    const [phase] = await phasesOf("admin credential");
    if (phase === undefined) throw new Error("no phase");
    const calls = ["attach leaked", "store"];
    const outage = { calls, fault: "unavailable", untilMs: phase.world.now + 600_000 } as const;
    const request = { role: "all", mode: "replace-first", operation: "leak-response" } as const;
    const { world } = await execute({ ...phase.world, outage }, request);
    expect(world.keys.find(({ id }) => id === "key2")?.works).toBe(false);
  });
});
