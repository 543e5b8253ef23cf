import { describe, expect, it } from "vitest";
import { NAME } from "../core/rotation/rotated-secret.ts";
import { apiKeyIn, incidentsOf, LEAK, sha256 } from "./a-leak.ts";
import { OperatorsWorld } from "./an-operators-world.ts";

describe("a leak, with one key", () => {
  it("ends with the leaked key proven dead, and a clean one current, in one invocation", async () => {
    const world = await OperatorsWorld.start();
    const [before] = world.secret.versions();
    const answer = await world.ask(LEAK);
    expect(answer).toMatchObject({ outcome: "done", goesOn: true, held: [] });
    expect(answer.incident).toMatchObject({
      state: "closed",
      mode: "replace-first",
      target: "all",
      drill: false,
      keys: [{ was: "current", state: "proven", versionId: before?.id }],
      replacement: { versionId: expect.any(String), promotedAt: expect.any(String) },
      exposure: { sinceIs: "key-birth" },
      runs: [{ by: "responder", outcome: "done", reason: "INC-1: as agreed with the team" }],
      review: { coverage: { kind: "complete" }, findings: [] },
    });
    expect(world.accepts(before)).toBe(false);
    expect(world.accepts(world.secret.versions().find(({ labels }) => labels.includes("AWSCURRENT")))).toBe(
      true,
    );
    expect(world.counted).toMatchObject({ LeakedKeysAlive: 0, ContainmentSeconds: expect.any(Number) });
  });

  it("leaves no label behind when no run can know the leak from before, and the next rotation comes through", async () => {
    const world = await OperatorsWorld.start();
    await world.ask(LEAK);
    await world.longEnough();
    expect(world.secret.ledger()).toEqual({ current: ["live"], others: [] });
    expect(incidentsOf(world)).toHaveLength(1);
    await expect(world.secret.rotate()).resolves.toBe(true);
  });

  it("is one incident however often it is asked for", async () => {
    const world = await OperatorsWorld.start();
    const [first, second] = [await world.ask(LEAK), await world.ask(LEAK)];
    expect(second).toMatchObject({ outcome: "done" });
    expect(incidentsOf(world)).toHaveLength(1);
    expect(world.secret.versions().filter(({ value }) => value !== undefined)).toHaveLength(2);
    expect(first.incident?.replacement?.versionId).toBe(
      world.secret.versions().find(({ labels }) => labels.includes("AWSCURRENT"))?.id,
    );
  });

  it("is found by the hash of its value, and is no news when the key is dead", async () => {
    const world = await OperatorsWorld.start();
    const key = apiKeyIn(world.secret.value());
    const found = await world.ask({ operation: "find-key", sha256: sha256(key) });
    expect(found).toMatchObject({ found: [{ secret: NAME, phase: "current" }], goesOn: false });
    await expect(world.ask({ ...LEAK, which: sha256(key) })).resolves.toMatchObject({ outcome: "done" });
    expect(world.accepts(world.labelled("nothing"))).toBe(false);
    await world.longEnough();
    const again = await world.ask({ ...LEAK, which: sha256(key) });
    expect(again).toMatchObject({
      outcome: "done",
      proof: "proven",
      result: expect.stringMatching(/^no action/),
    });
    const dead = await world.ask({ operation: "find-key", sha256: sha256(key) });
    expect(dead).toMatchObject({ found: [{ secret: NAME, phase: "dead" }], proof: "proven" });
  });

  it("says so of a hash that matches nothing, and changes nothing", async () => {
    const world = await OperatorsWorld.start();
    const answer = await world.ask({ ...LEAK, which: sha256("another") });
    expect(answer).toMatchObject({
      outcome: "refuse",
      effects: [],
      result: expect.stringMatching(/nothing was changed/),
    });
    expect(world.secret.ledger().current).toEqual([]);
    await expect(world.ask({ operation: "find-key", sha256: sha256("another") })).resolves.toMatchObject({
      found: [],
      result: "none of the 1 secrets of the deployment holds it, and no record knows it",
    });
  });

  it("says so of an id that nobody knows, and changes nothing", async () => {
    const world = await OperatorsWorld.start();
    const answer = await world.ask({ ...LEAK, which: "3b1f2a60-0000-4000-8000-000000000000" });
    expect(answer).toMatchObject({ outcome: "refuse", effects: [] });
    expect(answer.result).toMatch(/lists none of this id/);
    expect(world.secret.ledger().current).toEqual([]);
  });

  it("is not asked for by the key's value", async () => {
    const world = await OperatorsWorld.start();
    const key = apiKeyIn(world.secret.value());
    const answer = await world.ask({ ...LEAK, which: key });
    expect(answer).toMatchObject({
      outcome: "refuse",
      result: expect.stringMatching(/is a key's value, and not its id/),
    });
    expect(JSON.stringify([answer, world.logs])).not.toContain(key);
  });

  it("is not revoked first where a key is needed to make a key", async () => {
    const world = await OperatorsWorld.start();
    const answer = await world.ask({ ...LEAK, mode: "revoke-first" });
    expect(answer).toMatchObject({ outcome: "refuse", effects: [] });
    expect(answer.because).toMatch(/Leave the mode out: replace-first/);
  });

  it("is practised in production only if that is said in words", async () => {
    const world = await OperatorsWorld.start();
    await expect(world.ask({ ...LEAK, drill: true })).resolves.toMatchObject({
      outcome: "refuse",
      effects: [],
    });
    const answer = await world.ask({ ...LEAK, drill: true, evenInProduction: true });
    expect(answer.incident).toMatchObject({ drill: true, state: "closed" });
    expect(world.counted).toHaveProperty("DrillContainmentSeconds");
  });
});

describe("a key that was in the secret before dualkey was", () => {
  it("is not called dead because no label says that it lives: it is found, ended and proven", async () => {
    const world = await OperatorsWorld.start();
    const old = world.labelled("AWSCURRENT");
    await world.secret.put({ apiKey: world.makeByHand().apiKey });
    world.time.advance(1000);
    const which = sha256(apiKeyIn(old?.value));
    const found = await world.ask({ operation: "find-key", sha256: which });
    expect(found).toMatchObject({ found: [{ phase: "unmanaged" }] });
    expect(found).not.toHaveProperty("proof");
    const answer = await world.ask({ ...LEAK, which });
    expect(answer.incident).toMatchObject({
      state: "closed",
      keys: [{ versionId: old?.id, state: "proven" }],
    });
    expect(world.accepts(old)).toBe(false);
    expect(world.accepts(world.labelled("AWSCURRENT"))).toBe(true);
  });

  it("is among every key", async () => {
    const world = await OperatorsWorld.start();
    const old = world.labelled("AWSCURRENT");
    await world.secret.put({ apiKey: world.makeByHand().apiKey });
    world.time.advance(1000);
    const answer = await world.ask(LEAK);
    expect(answer.incident).toMatchObject({ state: "closed" });
    expect(world.accepts(old)).toBe(false);
  });

  it("is named by the id that only the provider's list knows", async () => {
    const world = await OperatorsWorld.start();
    const { id, apiKey } = world.makeByHand();
    await world.secret.put({ apiKey });
    world.time.advance(1000);
    const answer = await world.ask({ ...LEAK, which: id });
    expect(answer.incident).toMatchObject({ state: "closed", target: id });
    expect(world.sandbox.truth.accepts({ apiKey })).toBe(false);
  });
});

describe("a leak, in mid-overlap", () => {
  it("of the retiring key ends that one, and moves nothing", async () => {
    const world = await OperatorsWorld.rotated();
    const retiring = world.labelled("AWSPREVIOUS");
    const current = world.labelled("AWSCURRENT");
    const { found } = await world.ask({ operation: "find-key", sha256: sha256(apiKeyIn(retiring?.value)) });
    const answer = await world.ask({ ...LEAK, which: found?.[0]?.keyId });
    expect(answer.incident).toMatchObject({ state: "closed", keys: [{ was: "retiring", state: "proven" }] });
    expect(answer.incident).not.toHaveProperty("replacement");
    expect([world.accepts(retiring), world.accepts(current)]).toEqual([false, true]);
    expect(world.labelled("AWSCURRENT")?.id).toBe(current?.id);
  });

  it("of every key ends both", async () => {
    const world = await OperatorsWorld.rotated();
    const [retiring, current] = [world.labelled("AWSPREVIOUS"), world.labelled("AWSCURRENT")];
    const answer = await world.ask(LEAK);
    expect(answer.incident?.keys).toHaveLength(2);
    expect(answer.incident).toMatchObject({ state: "closed" });
    expect([world.accepts(retiring), world.accepts(current)]).toEqual([false, false]);
    expect(world.accepts(world.labelled("AWSCURRENT"))).toBe(true);
  });
});

describe("a leak, when things go wrong", () => {
  it("stays red and marked while the provider is down, and the clock contains it when it is back", async () => {
    const world = await OperatorsWorld.start();
    const [leaked] = world.secret.versions();
    const fault = world.sandbox.faults.add({ fault: { kind: "answer", status: 503, moment: "before" } });
    const answer = await world.ask(LEAK);
    expect(answer).toMatchObject({ outcome: "wait", incident: { state: "open" }, goesOn: true });
    expect(answer.result).toMatch(/^a leaked key may still work/);
    expect(answer.held.some(({ alarm }) => alarm)).toBe(true);
    expect(world.counted.LeakedKeysAlive).toBe(1);
    expect(world.labelled("dualkey:leaked.all")).toBeDefined();
    fault.remove();
    await world.minutes(1);
    expect(world.accepts(leaked)).toBe(false);
    expect(incidentsOf(world)).toMatchObject([
      { state: "closed", runs: [{ by: "responder" }, { by: "clock" }] },
    ]);
  });

  it("is contained where its record cannot be written, and says so in the log", async () => {
    const world = await OperatorsWorld.start();
    world.records.stale = Number.POSITIVE_INFINITY;
    const answer = await world.ask(LEAK);
    expect(answer).toMatchObject({ outcome: "done", incident: { state: "closed" } });
    expect(world.logs.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/record could not be written/),
    );
  });

  it("marks nothing that no version holds while the provider cannot say whether it is there, and says so", async () => {
    const world = await OperatorsWorld.start();
    world.sandbox.faults.add({ fault: { kind: "answer", status: 503, moment: "before" } });
    const answer = await world.ask({ ...LEAK, which: "3b1f2a60-0000-4000-8000-000000000000" });
    expect(answer).toMatchObject({ outcome: "wait", goesOn: false });
    expect(answer.held).toMatchObject([
      { alarm: true, because: expect.stringContaining("Nothing is marked") },
    ]);
    expect(world.secret.ledger().current).toEqual([]);
  });

  it("goes on where a look fails once in its midst", async () => {
    const world = await OperatorsWorld.start();
    const [leaked] = world.secret.versions();
    world.failLookAfter("revoke-key");
    await expect(world.ask(LEAK)).resolves.toMatchObject({ outcome: "done", incident: { state: "closed" } });
    expect(world.accepts(leaked)).toBe(false);
  });

  it("keeps one record where two runs write at once", async () => {
    const world = await OperatorsWorld.start();
    world.records.stale = 2;
    await world.ask(LEAK);
    expect(incidentsOf(world)).toHaveLength(1);
  });

  it("ends a key that no version holds by its id, and says how far that is shown", async () => {
    const world = await OperatorsWorld.start();
    const stranger = world.makeByHand();
    const answer = await world.ask({ ...LEAK, which: stranger.id });
    expect(answer.incident).toMatchObject({
      state: "closed",
      keys: [{ was: "unheld", state: "listed-gone" }],
    });
    expect(answer.result).toMatch(/listed gone$/);
    expect(world.sandbox.truth.accepts({ apiKey: stranger.apiKey })).toBe(false);
    expect(world.accepts(world.labelled("AWSCURRENT"))).toBe(true);
  });

  it("reports the keys that nobody knows, and revokes none of them", async () => {
    const world = await OperatorsWorld.start();
    const stranger = world.makeByHand();
    const answer = await world.ask(LEAK);
    expect(answer.incident?.unknownKeys).toMatchObject([{ keyId: stranger.id }]);
    expect(answer.next).toContain(stranger.id);
    expect(world.sandbox.truth.accepts({ apiKey: stranger.apiKey })).toBe(true);
  });
});

describe("revoke", () => {
  const revoke = (keyId: string | undefined, more: object = {}) =>
    ({ operation: "revoke", keyId, ...more }) as const;

  async function idOf(world: OperatorsWorld, label: string): Promise<string | undefined> {
    const value = world.labelled(label)?.value;
    const { found } = await world.ask({ operation: "find-key", sha256: sha256(apiKeyIn(value)) });
    return found?.[0]?.keyId;
  }

  it("ends a retiring key before its overlap is over, one fence after it was named, proven by the clock", async () => {
    const world = await OperatorsWorld.rotated();
    const retiring = world.labelled("AWSPREVIOUS");
    const answer = await world.ask(revoke(await idOf(world, "AWSPREVIOUS")));
    expect(answer).toMatchObject({ outcome: "wait", goesOn: true });
    expect(world.accepts(retiring)).toBe(true);
    await world.minutes(7);
    expect(world.accepts(retiring)).toBe(false);
    expect(world.secret.ledger()).toEqual({ current: ["live"], others: [] });
  });

  it("refuses the current key, unless it is said that consumers may fail, and then promises no proof", async () => {
    const world = await OperatorsWorld.rotated();
    const current = world.labelled("AWSCURRENT");
    const keyId = await idOf(world, "AWSCURRENT");
    const refused = await world.ask(revoke(keyId));
    expect(refused).toMatchObject({ outcome: "refuse", effects: [] });
    expect(refused.because).toMatch(/every consumer uses it, and fails from then on/);
    const answer = await world.ask(revoke(keyId, { evenIfLoginsFail: true }));
    expect(answer).toMatchObject({ outcome: "done", proof: "unproven" });
    expect(answer.result).toMatch(/nothing is left that could prove it/);
    expect(world.accepts(current)).toBe(false);
  });

  it("ends a stranger's key that is named, as far as two lists can show", async () => {
    const world = await OperatorsWorld.start();
    const stranger = world.makeByHand();
    const answer = await world.ask(revoke(stranger.id));
    expect(answer).toMatchObject({ outcome: "done", proof: "listed-gone" });
    expect(world.sandbox.truth.accepts({ apiKey: stranger.apiKey })).toBe(false);
  });

  it("says so of an id that nobody knows, and changes nothing", async () => {
    const world = await OperatorsWorld.start();
    const answer = await world.ask(revoke("3b1f2a60-0000-4000-8000-000000000000"));
    expect(answer).toMatchObject({ outcome: "refuse", effects: [] });
    expect(answer.because).toMatch(/Nothing was changed/);
  });
});
