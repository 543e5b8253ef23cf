import { describe, expect, it } from "vitest";
import { apiKeyIn, incidentsOf, LEAK, sha256 } from "./a-leak.ts";
import { OperatorsWorld } from "./an-operators-world.ts";

describe("a leak, and another one", () => {
  const newKeyLeaks = async (world: OperatorsWorld, seconds: number, more: object = {}) => {
    world.time.advance(seconds * 1000);
    const leaked = world.labelled("AWSCURRENT");
    const answer = await world.ask({ ...LEAK, ...more });
    return { leaked, answer };
  };

  it("is a new incident when the new key is in the same log a minute later", async () => {
    const world = await OperatorsWorld.start();
    await world.ask(LEAK);
    const { leaked, answer } = await newKeyLeaks(world, 60);
    expect(answer.incident).toMatchObject({
      state: "closed",
      keys: [{ was: "current", versionId: leaked?.id }],
    });
    expect(world.accepts(leaked)).toBe(false);
    expect(incidentsOf(world)).toHaveLength(2);
  });

  it("is the same one where a request is repeated that was first made before it began", async () => {
    const world = await OperatorsWorld.start();
    const requestedAt = new Date(world.time.now()).toISOString();
    const first = await world.ask({ ...LEAK, requestedAt });
    const { leaked, answer } = await newKeyLeaks(world, 60, { requestedAt });
    expect(answer.incident?.id).toBe(first.incident?.id);
    expect(answer.result).toMatch(/revoked after/);
    expect(world.accepts(leaked)).toBe(true);
  });

  describe("where the clock has ended it meanwhile, and its label is off", () => {
    const endedByTheClock = async () => {
      const world = await OperatorsWorld.start();
      const requestedAt = new Date(world.time.now()).toISOString();
      const first = await world.ask({ ...LEAK, requestedAt });
      await world.longEnough();
      expect(world.secret.ledger()).toEqual({ current: ["live"], others: [] });
      return { world, requestedAt, first, current: world.labelled("AWSCURRENT") };
    };

    it("is the same one where its request is repeated, and nothing is done", async () => {
      const { world, requestedAt, first, current } = await endedByTheClock();
      const again = await world.ask({ ...LEAK, requestedAt });
      expect(again).toMatchObject({ outcome: "done", effects: [], incident: { id: first.incident?.id } });
      expect(again.result).toMatch(/revoked after .*proven dead.*nothing was looked at/);
      expect(again.next).toMatch(/For a new leak, leave requestedAt out/);
      expect(world.labelled("AWSCURRENT")?.id).toBe(current?.id);
      expect(world.accepts(current)).toBe(true);
      expect(incidentsOf(world)).toHaveLength(1);
    });

    it("is answered anew where its record cannot be read: one key more is replaced, and none is spared", async () => {
      const { world, requestedAt, current } = await endedByTheClock();
      world.records.mood = "is down";
      const again = await world.ask({ ...LEAK, requestedAt });
      expect(again.outcome).not.toBe("refuse");
      const done = again.effects.map(({ effect }) => effect);
      expect(done.indexOf("revoke-key")).toBeGreaterThan(done.indexOf("promote"));
      expect(world.accepts(current)).toBe(false);
      expect(world.accepts(world.labelled("AWSCURRENT"))).toBe(true);
    });

    it("is a new one where the first request is older than any repeat of it: the time is a slip of the pen", async () => {
      const { world, requestedAt, current } = await endedByTheClock();
      world.time.advance(6 * 3_600_000);
      const again = await world.ask({ ...LEAK, requestedAt });
      expect(again.incident).toMatchObject({ state: "closed", keys: [{ versionId: current?.id }] });
      expect(world.accepts(current)).toBe(false);
    });

    it("is a new one where a key was made since a request that nobody has heard", async () => {
      const world = await OperatorsWorld.start();
      const requestedAt = new Date(world.time.now()).toISOString();
      await world.secret.rotate();
      world.time.advance(6 * 60_000);
      const current = world.labelled("AWSCURRENT");
      await world.ask({ ...LEAK, requestedAt });
      expect(world.accepts(current)).toBe(false);
    });

    it("is a new one where it was a drill, and this is none", async () => {
      const world = await OperatorsWorld.start();
      const requestedAt = new Date(world.time.now()).toISOString();
      await world.ask({ ...LEAK, drill: true, evenInProduction: true });
      await world.longEnough();
      const current = world.labelled("AWSCURRENT");
      world.time.advance(1000);
      const leaked = new Date(world.time.now()).toISOString();
      await world.ask({ ...LEAK, requestedAt: leaked });
      expect(world.accepts(current)).toBe(false);
      expect(incidentsOf(world).map(({ drill }) => drill)).toEqual([true, false]);
      const again = await world.ask({ ...LEAK, requestedAt });
      expect(again.incident?.drill).not.toBe(true);
    });

    it("is a new one where somebody asks anew", async () => {
      const { world, current } = await endedByTheClock();
      const anew = await world.ask({ ...LEAK, requestedAt: new Date(world.time.now()).toISOString() });
      expect(anew.incident).toMatchObject({ state: "closed", keys: [{ versionId: current?.id }] });
      expect(world.accepts(current)).toBe(false);
    });
  });

  it("is contained as any other where nobody has heard the first request: a clean key comes first", async () => {
    const world = await OperatorsWorld.start();
    const leaked = world.labelled("AWSCURRENT");
    const requestedAt = new Date(world.time.now()).toISOString();
    world.time.advance(10 * 60_000);
    const answer = await world.ask({ ...LEAK, requestedAt });
    expect(answer.incident).toMatchObject({ state: "closed", keys: [{ versionId: leaked?.id }] });
    const done = answer.effects.filter(({ outcome }) => outcome === "applied").map(({ effect }) => effect);
    expect(done.indexOf("promote")).toBeGreaterThan(-1);
    expect(done.indexOf("revoke-key")).toBeGreaterThan(done.indexOf("promote"));
    // A run that began before the mark may still be about to bring a key back, however old the leak is.
    await world.minutes(2);
    expect(world.secret.versions().some(({ labels }) => labels.some((any) => /leaked/.test(any)))).toBe(true);
    await world.longEnough();
    expect(world.secret.ledger()).toEqual({ current: ["live"], others: [] });
  });

  it("of one key is part of the open incident of every key", async () => {
    const world = await OperatorsWorld.rotated();
    const fault = world.sandbox.faults.add({ fault: { kind: "answer", status: 503, moment: "before" } });
    const open = await world.ask(LEAK);
    fault.remove();
    const which = sha256(apiKeyIn(world.labelled("AWSCURRENT")?.value));
    const answer = await world.ask({ ...LEAK, which });
    expect(answer.incident).toMatchObject({ id: open.incident?.id, target: "all", state: "closed" });
    expect(incidentsOf(world)).toHaveLength(1);
  });

  it("is refused where it is to have begun in the future, so that no repeat begins another", async () => {
    const world = await OperatorsWorld.start();
    const leakedAt = new Date(world.time.now() + 5.5 * 3_600_000).toISOString();
    const answer = await world.ask({ ...LEAK, leakedAt });
    expect(answer).toMatchObject({ outcome: "refuse", effects: [] });
    expect(answer.because).toContain(leakedAt);
  });
});
