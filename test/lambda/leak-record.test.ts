import { describe, expect, it } from "vitest";
import { anObservation, aSecret, holding } from "../core/cutover/a-world.ts";
import { GOAL, leaked } from "../core/incident/a-leak.ts";
import { ARN, aResponder, NAME, NOW_MS } from "./a-rotator.ts";
import { OperatorsWorld } from "./an-operators-world.ts";

const LEAK = { operation: "leak-response" } as const;
const REQUEST = { ...LEAK, secret: ARN, reason: "INC-1" };

describe("the record of a leak", () => {
  it("is there while the provider does not answer yet", async () => {
    const world = await OperatorsWorld.start();
    const states: string[][] = [];
    const fault = world.sandbox.faults.add({ fault: { kind: "answer", status: 503, moment: "before" } });
    const { writeIncident } = world.records;
    world.records.writeIncident = async (...args) => {
      await writeIncident.apply(world.records, args);
      states.push(world.records.written.map(({ state }) => state));
      fault.remove();
    };
    await world.ask(LEAK);
    expect(states.slice(0, 2)).toEqual([["open"], ["open", "closed"]]);
  });

  it("is one where two people ask at once, each before the other's label is there", async () => {
    const world = await OperatorsWorld.start();
    const one = world.ask(LEAK);
    world.time.advance(700);
    await Promise.all([one, world.ask(LEAK)]);
    expect(world.records.incidents.size).toBe(1);
    await world.longEnough();
    expect([...world.records.incidents.values()]).toMatchObject([{ record: { state: "closed" } }]);
  });

  it("is short where the provider makes no key in the whole run", async () => {
    const world = await OperatorsWorld.start();
    const when = ({ route }: { readonly route?: string }) => route === "create-key";
    world.sandbox.faults.add({ when, fault: { kind: "answer", status: 503, moment: "before" } });
    const { incident, effects } = await world.ask(LEAK);
    expect(effects.length).toBeGreaterThan(20);
    expect(incident?.effects.length).toBeLessThan(10);
  });

  it("is written by the clock where the responder could not, and no second time is counted", async () => {
    const world = await OperatorsWorld.start();
    world.records.mood = "is down";
    await world.ask(LEAK);
    expect(world.counted.ContainmentSeconds).toBeDefined();
    delete world.counted.ContainmentSeconds;
    world.records.mood = "works";
    await world.minutes(1);
    expect(world.records.written).toMatchObject([
      { state: "closed", keys: [{ was: "current", state: "proven" }] },
    ]);
    expect(world.counted).not.toHaveProperty("ContainmentSeconds");
  });
});

describe("a leak response", () => {
  const observation = anObservation(
    aSecret([holding("11111111", "key-1", { isCurrent: true, labels: [leaked()] })]),
  );

  it("counts what it has seen alive although its run ends with an error", async () => {
    const { invoke, counted } = aResponder({
      run: async (_, { journal }) => {
        journal.see?.(observation, GOAL);
        throw new Error("a bug");
      },
    });
    await expect(invoke(REQUEST)).rejects.toThrow();
    expect(counted).toMatchObject({ LeakedKeysAlive: 1, Failures: 1 });
  });

  it("leaves a tenth of its time for its record", async () => {
    const long = aResponder();
    await long.invoke(REQUEST).catch(() => undefined);
    expect(long.runs[0]?.options.deadlineMs).toBe(NOW_MS + 107_100);
    const short = aResponder({ remainingMs: 21_000 });
    await short.invoke(REQUEST).catch(() => undefined);
    expect(short.runs[0]?.options.deadlineMs).toBe(NOW_MS + 18_000);
  });

  it("takes all of the time of a run that is for something else", async () => {
    const { invoke, runs } = aResponder();
    await invoke({ operation: "reconcile", secret: NAME, reason: "the role is mended" });
    expect(runs[0]?.options.deadlineMs).toBe(NOW_MS + 119_000);
  });
});
