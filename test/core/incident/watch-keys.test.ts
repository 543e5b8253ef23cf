import { describe, expect, it } from "vitest";
import { aListed, anObservation, aSecret, aVersion, holding, listed } from "../cutover/a-world.ts";
import { accepted, anEntry, at, GOAL, iso, leaked, rejected, WatchedRun } from "./a-leak.ts";

const CLOCK = { kind: "reconcile" } as const;

/** A leaked key that AWSCURRENT has left, and the clean one that is current now. */
const LEAKED = holding("11111111", "key-1", { labels: [leaked()] });
const born = { kind: "live", v8: "22222222", atMs: at(1) } as const;
const CLEAN = { ...holding("22222222", "key-2", { isCurrent: true }), labels: [born] };
const MOVED = aSecret([LEAKED, CLEAN]);

describe("a key that is said to be dead", () => {
  const isRevoked = (probes = {}) => anObservation(MOVED, { probes, run: { revoked: ["key-1"] } });

  it("is revoked from when the provider answered, not from the look after it", () => {
    const run = new WatchedRun().see(1, anObservation(MOVED));
    run.record(2, anEntry({ keyId: "key-1" })).see(5, isRevoked());
    expect(run.write()).toMatchObject({
      state: "contained",
      keys: [{ revokedAt: iso(2) }],
      containmentSeconds: 2,
    });
  });

  it("is alive when the provider accepts it after it was revoked, and the incident is open", () => {
    const run = new WatchedRun().see(1, anObservation(MOVED));
    run
      .record(2, anEntry({ keyId: "key-1" }))
      .see(2, isRevoked())
      .see(3, isRevoked({ "11111111": accepted(3) }));
    expect(run.see(4, isRevoked()).states()).toEqual(["alive"]);
    expect(run.write()).toMatchObject({ state: "open" });
  });

  it("is alive when a later run finds that it works, and nothing is left of its containment", () => {
    const before = new WatchedRun().see(1, anObservation(MOVED)).record(2, anEntry({ keyId: "key-1" }));
    const record = before.see(2, isRevoked()).write();
    expect(record).toMatchObject({ state: "contained", containedAt: iso(2) });
    const later = new WatchedRun().see(
      300,
      anObservation(MOVED, { probes: { "11111111": accepted(300) } }),
      CLOCK,
    );
    const after = later.write(record);
    expect(after).toMatchObject({ state: "open", keys: [{ state: "alive" }] });
    expect(after).not.toHaveProperty("containedAt");
    expect(after).not.toHaveProperty("containmentSeconds");
    expect(after.keys[0]).not.toHaveProperty("revokedAt");
  });

  it("stays revoked where a later run sees nothing of it, or saw it work before it was revoked", () => {
    const record = new WatchedRun().see(1, anObservation(MOVED)).see(2, isRevoked()).write();
    const later = new WatchedRun().see(
      1,
      anObservation(MOVED, { probes: { "11111111": accepted(1) } }),
      CLOCK,
    );
    expect(later.write(record)).toMatchObject({ state: "contained", keys: [{ state: "revoked" }] });
  });

  it("is not brought back by the answer of a probe from before", () => {
    const probes = { "11111111": accepted(1) };
    const run = new WatchedRun().see(1, anObservation(MOVED, { probes }));
    run.record(2, anEntry({ keyId: "key-1" })).see(2, isRevoked(probes));
    expect(run.states()).toEqual(["revoked"]);
  });
});

describe("a probe that is rejected", () => {
  it("says nothing of a key by itself, nor where the current key is rejected, too", () => {
    const lone = anObservation(MOVED, { probes: { "11111111": rejected(1) } });
    const both = anObservation(MOVED, { probes: { "11111111": rejected(1), "22222222": rejected(1) } });
    expect(new WatchedRun().see(1, lone).states()).toEqual(["alive"]);
    expect(new WatchedRun().see(1, both).states()).toEqual(["alive"]);
  });

  it("says that the key is dead beside a current clean one that is accepted in the same minute", () => {
    const pair = { "11111111": rejected(1), "22222222": accepted(2) };
    expect(new WatchedRun().see(2, anObservation(MOVED, { probes: pair })).states()).toEqual(["revoked"]);
    const late = { "11111111": rejected(1), "22222222": accepted(62) };
    expect(new WatchedRun().see(62, anObservation(MOVED, { probes: late })).states()).toEqual(["alive"]);
  });
});

describe("a key that no version holds", () => {
  const stranger = leaked("stranger");
  const secret = aSecret([holding("22222222", "key-2", { isCurrent: true, labels: [stranger] })]);
  const twice = (ids: readonly string[], over: object = {}) => ({
    ...listed(ids.map((id) => aListed(id))),
    times: 2,
    atMs: at(300),
    ...over,
  });
  const named = () =>
    new WatchedRun().see(1, anObservation(secret, { list: listed([aListed("stranger")]) }), CLOCK);
  const revoked = () =>
    named()
      .see(2, anObservation(secret, { run: { revoked: ["stranger"] } }), CLOCK)
      .write();

  it("is gone when a later run's two lists agree, whoever has revoked it", () => {
    const later = new WatchedRun().see(300, anObservation(secret, { list: twice(["key-2"]) }), CLOCK);
    expect(later.write(revoked())).toMatchObject({
      state: "closed",
      keys: [{ state: "listed-gone", revokedAt: iso(2), provenAt: iso(300) }],
    });
    expect(
      named()
        .see(300, anObservation(secret, { list: twice(["key-2"]) }), CLOCK)
        .states(),
    ).toEqual(["listed-gone"]);
  });

  it.each([
    ["one list is all there is", twice(["key-2"], { times: 1 })],
    ["the lists are full", twice(["key-2"], { complete: false })],
    ["the lists show it", twice(["key-2", "stranger"])],
  ])("is not called gone where %s", (_, list) => {
    const later = new WatchedRun().see(300, anObservation(secret, { list }), CLOCK);
    expect(later.write(revoked())).toMatchObject({ state: "contained", keys: [{ state: "revoked" }] });
  });

  it("is gone by the lists of a later run also where every key was meant, and nothing names it any more", () => {
    const all = aSecret([holding("22222222", "key-2", { isCurrent: true, labels: [leaked()] })]);
    const lost = aListed("lost", { name: "dualkey/0123456789abcdef/aaaaaaaaaaaaaaaa" });
    const record = new WatchedRun()
      .see(1, anObservation(all, { list: listed([lost]) }), CLOCK)
      .see(2, anObservation(all, { run: { revoked: ["lost"] } }), CLOCK)
      .write();
    const later = new WatchedRun().see(300, anObservation(all, { list: twice(["key-2"]) }), CLOCK);
    expect(later.write(record).keys).toMatchObject([
      { keyId: "key-2", state: "alive" },
      { keyId: "lost", state: "listed-gone", revokedAt: iso(2), provenAt: iso(300) },
    ]);
  });

  it("is alive as long as nobody could be asked whether there is such a key", () => {
    const run = new WatchedRun().see(1, anObservation(secret), CLOCK);
    expect(run.write()).toMatchObject({
      state: "open",
      keys: [{ keyId: "stranger", was: "unheld", state: "alive" }],
    });
  });

  it("is one key with the version that holds it a moment later, in one run and in the record", () => {
    const held = aSecret([
      holding("22222222", "key-2", { isCurrent: true, labels: [stranger] }),
      holding("33333333", "stranger"),
    ]);
    const one = named().see(2, anObservation(held), CLOCK);
    expect(one.write().keys).toMatchObject([{ keyId: "stranger", versionId: "33333333", was: "retiring" }]);
    const later = new WatchedRun().see(300, anObservation(held), CLOCK);
    expect(later.write(named().write()).keys).toMatchObject([
      { keyId: "stranger", versionId: "33333333", was: "retiring" },
    ]);
  });
});

describe("keys that nobody knows", () => {
  const secret = aSecret([holding("11111111", "key-1", { isCurrent: true, labels: [leaked()] })]);
  const strange = listed([aListed("key-1"), aListed("strange")]);

  it("stay as they were known where a run did not list", () => {
    const record = new WatchedRun().see(1, anObservation(secret, { list: strange })).write();
    expect(record.unknownKeys).toMatchObject([{ keyId: "strange" }]);
    expect(new WatchedRun().see(300, anObservation(secret), CLOCK).write(record).unknownKeys).toHaveLength(1);
    const listedAgain = anObservation(secret, { list: listed([aListed("key-1")]) });
    expect(new WatchedRun().see(300, listedAgain, CLOCK).write(record).unknownKeys).toEqual([]);
  });

  it("are not those that a leak names", () => {
    const both = aSecret([
      holding("11111111", "key-1", { isCurrent: true, labels: [leaked(), leaked("strange", at(1))] }),
    ]);
    const run = new WatchedRun().see(2, anObservation(both, { list: strange }), CLOCK);
    expect(run.watch.incidents().map(({ unknownKeys }) => unknownKeys)).toEqual([[], []]);
  });
});

describe("a version outside the ledger", () => {
  const content = holding("11111111", "key-1").content;
  const current = holding("22222222", "key-2", { isCurrent: true, labels: [leaked("key-1")] });
  const outside = aVersion("11111111", { content });

  it("holds no dead key because no label says that it lives, but where a control pair does", () => {
    const secret = aSecret([current, outside]);
    expect(new WatchedRun().see(1, anObservation(secret), CLOCK).states()).toEqual(["alive"]);
    const pair = { "11111111": rejected(1), "22222222": accepted(1) };
    expect(new WatchedRun().see(1, anObservation(secret, { probes: pair }), CLOCK).states()).toEqual([
      "proven",
    ]);
  });

  it("is proven dead when its label came off in this run", () => {
    const before = aSecret([current, holding("11111111", "key-1")]);
    const run = new WatchedRun()
      .see(1, anObservation(before), CLOCK)
      .see(2, anObservation(aSecret([current, outside])), CLOCK);
    expect(run.states()).toEqual(["proven"]);
  });

  it("is on record again by the leak's own label, where every key is meant and no record was written", () => {
    const carrier = aVersion("11111111", { content, labels: [leaked()] });
    const secret = aSecret([carrier, CLEAN]);
    const pair = { "11111111": rejected(9), "22222222": accepted(9) };
    const run = new WatchedRun().see(9, anObservation(secret, { probes: pair }), CLOCK);
    expect(run.write()).toMatchObject({ state: "closed", keys: [{ was: "current", state: "proven" }] });
  });

  it("is none of every key's where it died long before", () => {
    const secret = aSecret([holding("22222222", "key-2", { isCurrent: true, labels: [leaked()] }), outside]);
    expect(new WatchedRun().see(1, anObservation(secret), CLOCK).write().keys).toHaveLength(1);
  });
});

it("names no leaked key as the clean one where the leak could not be marked", () => {
  const secret = aSecret([holding("11111111", "key-1", { isCurrent: true })]);
  const failed = { leaked: { because: "HTTP 503", atMs: at(1) } };
  const run = new WatchedRun().see(1, anObservation(secret, { run: { failed } }), GOAL);
  expect(run.write()).not.toHaveProperty("replacement");
});
