import { describe, expect, it } from "vitest";
import { NAME } from "../core/rotation/rotated-secret.ts";
import { OperatorsWorld } from "./an-operators-world.ts";

const PAUSE = { operation: "pause" } as const;
const RESUME = { operation: "resume" } as const;
const ROLL_BACK = { operation: "roll-back" } as const;
const RETIRE_NOW = { operation: "retire-now" } as const;

describe("an operator who pauses a secret", () => {
  it("has its scheduled rotation refused, by a text that names resume", async () => {
    const world = await OperatorsWorld.start();
    const before = world.secret.value();
    await expect(world.ask(PAUSE)).resolves.toMatchObject({
      operation: "pause",
      secret: NAME,
      outcome: "done",
      result: "the secret is paused: its rotations and retirements wait, leaks and rollbacks do not",
      next: expect.stringContaining("Send resume"),
      held: [],
      effects: [{ effect: "attach", label: "paused", outcome: "applied" }],
    });
    expect(await world.secret.rotate()).toBe(false);
    expect(world.failure).toMatch(/createSecret is refused: .*is paused.*[Rr]esume/);
    await world.longEnough();
    expect(world.secret.value()).toBe(before);
    expect(world.secret.isPending()).toBe(false);
  });

  it("can have it rotated again after resume", async () => {
    const world = await OperatorsWorld.start();
    const before = world.secret.value();
    await world.ask(PAUSE);
    await world.secret.rotate();
    await world.longEnough();
    await expect(world.ask(RESUME)).resolves.toMatchObject({
      outcome: "done",
      result: "the freeze is over: rotations and retirements go on",
      effects: [{ effect: "detach", label: "paused", outcome: "applied" }],
    });
    expect(await world.secret.rotate()).toBe(true);
    expect(world.secret.value()).not.toBe(before);
  });

  it("has a rotation in flight wait with its key made, and promoted after resume", async () => {
    const world = await OperatorsWorld.start();
    const before = world.secret.value();
    world.beforeStep = async (step) => (step === "testSecret" ? world.ask(PAUSE) : undefined);
    expect(await world.secret.rotate()).toBe(false);
    expect(world.failure).toMatch(/finishSecret is refused: .*is paused/);
    const pending = world.labelled("AWSPENDING");
    await world.longEnough();
    expect(world.secret.value()).toBe(before);
    expect(world.labelled("AWSPENDING")?.id).toBe(pending?.id);
    expect(world.accepts(pending)).toBe(true);
    await world.ask(RESUME);
    await world.minutes(1);
    expect(world.labelled("AWSCURRENT")?.id).toBe(pending?.id);
  });

  it("has the retiring key work until resume, however long consumers have moved", async () => {
    const world = await OperatorsWorld.rotated();
    const old = world.labelled("AWSPREVIOUS");
    await world.ask(PAUSE);
    await world.send(world.labelled("AWSCURRENT"));
    await world.longEnough();
    expect(world.accepts(old)).toBe(true);
    await world.ask(RESUME);
    await world.longEnough();
    expect(world.accepts(old)).toBe(false);
    expect(world.secret.ledger()).toEqual({ current: ["live"], others: [] });
  });

  it("has one freeze however often it is asked for, and none after one resume", async () => {
    const world = await OperatorsWorld.start();
    await world.ask(PAUSE);
    const label = world.labelled("dualkey:paused")?.labels.find((text) => text.startsWith("dualkey:paused"));
    world.time.advance(60_000);
    await expect(world.ask(PAUSE)).resolves.toMatchObject({
      outcome: "done",
      result: "the secret was paused already, and stays so: nothing was changed",
      effects: [],
    });
    expect(world.secret.ledger().current.filter((kind) => kind.startsWith("paused"))).toHaveLength(1);
    expect(world.labelled(label ?? "")).toBeDefined();
    await world.ask(RESUME);
    await expect(world.ask(RESUME)).resolves.toMatchObject({
      outcome: "done",
      result: "the secret was not paused: nothing was changed",
      effects: [],
    });
    expect(world.labelled("dualkey:paused")).toBeUndefined();
  });

  it("can still go back to the key before", async () => {
    const world = await OperatorsWorld.rotated();
    const old = world.labelled("AWSPREVIOUS");
    await world.ask(PAUSE);
    await expect(world.ask(ROLL_BACK)).resolves.toMatchObject({ outcome: "done" });
    expect(world.labelled("AWSCURRENT")?.id).toBe(old?.id);
    expect((await world.ask(RESUME)).effects).toMatchObject([{ effect: "detach", label: "paused" }]);
  });
});

describe("an operator who rolls back", () => {
  it("has AWSCURRENT at the key before, and the one that it left marked; it retires like any other", async () => {
    const world = await OperatorsWorld.rotated();
    const [bad, good] = [world.labelled("AWSCURRENT"), world.labelled("AWSPREVIOUS")];
    const answer = await world.ask(ROLL_BACK);
    expect(answer).toMatchObject({
      outcome: "done",
      result: "AWSCURRENT is back at the key before, and the key that it left is marked as rejected",
      next: expect.stringContaining("retires like any other"),
    });
    expect(answer.effects.map(({ effect, label }) => label ?? effect)).toEqual([
      "rejected",
      "promote",
      "replaced",
    ]);
    expect(world.labelled("AWSCURRENT")?.id).toBe(good?.id);
    expect(world.labelled("dualkey:rejected")?.id).toBe(bad?.id);
    for (let minute = 0; minute < 40; minute += 1) {
      await world.send(world.labelled("AWSCURRENT"));
      await world.minutes(1);
    }
    expect(world.accepts(bad)).toBe(false);
    expect(world.accepts(good)).toBe(true);
    expect(world.secret.ledger()).toEqual({ current: ["id", "live"], others: [] });
  });

  it("hears that it is done when it is asked for twice, and nothing moves", async () => {
    const world = await OperatorsWorld.rotated();
    await world.ask(ROLL_BACK);
    const before = world.secret.value();
    await expect(world.ask(ROLL_BACK)).resolves.toMatchObject({
      outcome: "done",
      result: "it was rolled back already: AWSCURRENT is at the key before",
      effects: [],
    });
    expect(world.secret.value()).toBe(before);
  });

  it("is refused where no key is retiring, and told so", async () => {
    const world = await OperatorsWorld.start();
    await expect(world.ask(ROLL_BACK)).resolves.toMatchObject({
      outcome: "refuse",
      because: expect.stringContaining("no key to go back to"),
      result: expect.stringContaining("roll-back is refused, and nothing was changed"),
      effects: [],
    });
  });

  it("is refused where the key before is condemned, and told so", async () => {
    const world = await OperatorsWorld.rotated();
    await world.ask(RETIRE_NOW);
    await world.minutes(11);
    expect(world.labelled("dualkey:condemned")).toBeDefined();
    const before = world.secret.value();
    await expect(world.ask(ROLL_BACK)).resolves.toMatchObject({
      outcome: "refuse",
      because: expect.stringContaining("none is retiring, live and clean"),
      effects: [],
    });
    expect(world.secret.value()).toBe(before);
  });

  it("has nothing moved where the key before does not work either", async () => {
    const world = await OperatorsWorld.rotated();
    const before = world.secret.value();
    world.suspend();
    await expect(world.ask(ROLL_BACK)).resolves.toMatchObject({
      outcome: "wait",
      result: "AWSCURRENT has not moved",
      next: expect.stringContaining("Nothing goes on with it by itself"),
      held: [{ alarm: true, because: expect.stringContaining("nothing is moved") }],
      effects: [],
    });
    expect(world.secret.value()).toBe(before);
  });
});

describe("an operator who retires a key now", () => {
  it("has it revoked by the clock without evidence, after the overlap and the fence", async () => {
    const world = await OperatorsWorld.rotated();
    const old = world.labelled("AWSPREVIOUS");
    await world.longEnough();
    expect(world.accepts(old)).toBe(true);
    const answer = await world.ask(RETIRE_NOW);
    expect(answer).toMatchObject({
      outcome: "wait",
      result: "the retiring key goes without evidence; something has to wait",
      next: expect.stringContaining("The clock goes on with it"),
      held: [{ alarm: false, until: expect.stringMatching(/Z$/), versionId: old?.id }],
    });
    expect(answer.effects.map(({ label }) => label)).toEqual(["waived", "condemned"]);
    await world.minutes(4);
    expect(world.accepts(old)).toBe(true);
    await world.minutes(6);
    expect(world.accepts(old)).toBe(false);
    expect(world.secret.ledger()).toEqual({ current: ["live"], others: [] });
  });

  it("is refused where no key is retiring", async () => {
    const world = await OperatorsWorld.start();
    await expect(world.ask(RETIRE_NOW)).resolves.toMatchObject({
      outcome: "refuse",
      because: expect.stringContaining("no key is retiring"),
      effects: [],
    });
  });

  it("does not pass a key that is in use, and hears that it is", async () => {
    const world = await OperatorsWorld.rotated();
    const old = world.labelled("AWSPREVIOUS");
    await world.longEnough();
    expect(await world.send(old)).toBe(201);
    await expect(world.ask(RETIRE_NOW)).resolves.toMatchObject({
      outcome: "wait",
      next: expect.stringContaining("A key that is seen in use stays, unless the request says evenIfUsed"),
      held: [{ because: expect.stringContaining("the replaced key was used") }],
    });
    for (let minute = 0; minute < 40; minute += 1) {
      expect(await world.send(old)).toBe(201);
      await world.minutes(1);
    }
    expect(world.accepts(old)).toBe(true);
  });

  it("passes a key that is in use only where the request says so", async () => {
    const world = await OperatorsWorld.rotated();
    const old = world.labelled("AWSPREVIOUS");
    await world.longEnough();
    await world.send(old);
    const answer = await world.ask({ ...RETIRE_NOW, evenIfUsed: true });
    expect(answer.effects.map(({ label }) => label)).toEqual(["waived", "condemned"]);
    for (let minute = 0; minute < 10; minute += 1) {
      await world.send(old);
      await world.minutes(1);
    }
    expect(world.accepts(old)).toBe(false);
    expect(world.accepts(world.labelled("AWSCURRENT"))).toBe(true);
  });

  it("waits for resume where the secret is paused, and hears so", async () => {
    const world = await OperatorsWorld.rotated();
    const old = world.labelled("AWSPREVIOUS");
    await world.ask(PAUSE);
    await expect(world.ask(RETIRE_NOW)).resolves.toMatchObject({
      outcome: "wait",
      held: [{ because: expect.stringMatching(/is paused.*[Rr]esume/) }],
    });
    await world.longEnough();
    expect(world.accepts(old)).toBe(true);
  });
});

it("every request leaves who is asked for what and why in the log, and never a key", async () => {
  const world = await OperatorsWorld.rotated();
  const key = JSON.parse(world.secret.value() ?? "{}").apiKey as string;
  for (const operation of ["pause", "resume", "retire-now", "roll-back"] as const) {
    const answer = await world.ask({ operation }, `${key} was in a ticket`);
    expect(JSON.stringify(answer)).not.toContain(key);
    expect(world.logs.find((entry) => entry.operation === operation)).toMatchObject({
      message: "an operator asks",
      secret: NAME,
      reason: `[${key.length} characters withheld] was in a ticket`,
    });
  }
  expect(JSON.stringify(world.logs)).not.toContain(key);
});
