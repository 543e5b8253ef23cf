import { describe, expect, it } from "vitest";
import type { Label } from "../../../contract/labels.ts";
import { decide } from "../../../core/cutover/decide.ts";
import { markReplaced } from "../../../core/cutover/finish-cutover.ts";
import { unheldBy } from "../../../core/cutover/forget-leaks.ts";
import { asMarked } from "../../../core/cutover/mark-leak.ts";
import type { Observation } from "../../../core/cutover/observation.ts";
import type { Version } from "../../../core/cutover/ports.ts";
import { predict } from "../../../core/cutover/predict.ts";
import { wouldBreak } from "../../../core/cutover/would-break.ts";
import {
  ACCEPTED,
  aKey,
  aListed,
  anObservation,
  aSecret,
  aVersion,
  CLIENT_CHOSEN,
  FENCE_MS,
  holding,
  holdsOf,
  LEAK_GOAL,
  LEAKED,
  listed,
  NOON,
  POLICY,
  REJECTED,
} from "./a-world.ts";

/** Each closes a trace that the exhaustive test of leak response has found. */

const current = (labels: readonly Label[] = [LEAKED]) =>
  holding("current0", "key1", { isCurrent: true, labels });
const pending = () => holding("pending0", "key2", { isPending: true });
/** A key that was stored for the leak. */
const fresh = (id: string, key: Partial<Version> = {}) =>
  aVersion(id, {
    labels: [{ kind: "live", v8: id, atMs: NOON + 10 }],
    content: { kind: "key", key: aKey(`of-${id}`) },
    ...key,
  });
const unregistered = (id: string) => {
  const { keyId: _, ...key } = aKey(`of-${id}`);
  return fresh(id, { content: { kind: "key", key } });
};

const respond = (seen: Observation, now = NOON + 1_000, goal = LEAK_GOAL) => decide(seen, goal, POLICY, now);

describe("a leak response, where others are at work", () => {
  it("looks again before it revokes a pending key, when its look is older than the mark", () => {
    const secret = aSecret([current(), pending()], { readAtMs: NOON });
    const seen = anObservation(secret, { run: { markedAtMs: NOON + 5 } });
    expect(respond(seen)).toMatchObject({ kind: "look", look: { kind: "secret" } });
    const since = { ...seen, secret: { ...secret, readAtMs: NOON + 6 } };
    expect(respond(since)).toMatchObject({ effect: { kind: "revoke-key", keyId: "key2" } });
  });

  it("revokes what it was asked to, though its mark could not be written", () => {
    const seen = anObservation(aSecret([current([]), pending()]));
    const effect = { kind: "revoke-key", keyId: "key2", with: "current0" } as const;
    expect(wouldBreak(effect, seen)).toMatch(/^P8/);
    expect(wouldBreak(effect, asMarked(seen, LEAK_GOAL))).toBeUndefined();
  });

  it("revokes a key by the id that was named, though a pending version does not say whose it holds", () => {
    const leak = { ...LEAKED, target: "key2" };
    const seen = anObservation(aSecret([current([leak]), { ...unregistered("pending0"), isPending: true }]), {
      list: listed([aListed("key2", { is: () => undefined })]),
    });
    expect(wouldBreak({ kind: "revoke-key", keyId: "key2", with: "current0" }, seen)).toBeUndefined();
  });

  it("does not take a key that is to replace the leaked one for one that was replaced", () => {
    const seen = anObservation(aSecret([current(), fresh("fresh000")]));
    expect(markReplaced(seen, NOON + 1_000)).toBeUndefined();
  });

  it("spares the look after the leaked key is taken into the ledger", () => {
    const seen = anObservation(aSecret([current()]));
    const label = { kind: "live", v8: "current0", atMs: NOON } as const;
    expect(predict(seen, { kind: "attach", versionId: "current0", label }, seen.run)).toBeDefined();
    const id = { kind: "id", v8: "current0", keyId: "key1", provider: "vonage", account: "A" } as const;
    expect(predict(seen, { kind: "attach", versionId: "current0", label: id }, seen.run)).toBeUndefined();
  });
});

describe("a leak response, where the client chooses the key", () => {
  const run = { capabilities: CLIENT_CHOSEN };

  it("promotes the key that is accepted, before it registers another", () => {
    const known = fresh("fresh000");
    const secret = aSecret([current(), known, unregistered("fresh001")]);
    const probes = { fresh000: ACCEPTED, fresh001: REJECTED, current0: ACCEPTED };
    const seen = anObservation(secret, {
      run,
      probes,
      list: listed([aListed("key1"), aListed("of-fresh000")]),
    });
    expect(respond(seen)).toMatchObject({ effect: { kind: "promote", to: "fresh000" } });
  });

  it("frees a slot that it had not seen was taken, before it registers the key that it has stored", () => {
    const old = holding("old00000", "key0", {
      labels: [{ kind: "rejected", v8: "old00000", atMs: NOON - 9 }],
    });
    const secret = aSecret([current([{ ...LEAKED, target: "key1" }]), old, unregistered("fresh000")]);
    const seen = anObservation(secret, {
      run,
      probes: { fresh000: REJECTED },
      list: listed([aListed("key1"), aListed("key0")]),
    });
    expect(respond(seen, NOON + 1_000, { ...LEAK_GOAL, target: "key1" })).toMatchObject({
      effect: { kind: "revoke-key", keyId: "key0" },
    });
  });

  it("tells the key that is accepted from another that was never registered", () => {
    const other = { ...unregistered("pending0"), isPending: true };
    const taken = { ...other, labels: [{ kind: "live", v8: "pending0", atMs: NOON - 9 }] as const };
    const secret = aSecret([current(), taken, unregistered("fresh000")]);
    const keys = listed([aListed("key1"), aListed("new", { createdAtMs: NOON + 20, is: () => undefined })]);
    const seen = anObservation(secret, { run, probes: { fresh000: ACCEPTED }, list: keys });
    expect(respond(seen)).toMatchObject({ kind: "look", look: { kind: "probe", versionId: "pending0" } });
    const told = { ...seen, probes: { ...seen.probes, pending0: REJECTED } };
    expect(respond(told)).toMatchObject({
      effect: { kind: "attach", versionId: "fresh000", label: { kind: "id", keyId: "new" } },
    });
  });
});

describe("the end of a leak", () => {
  it("is waited for where a look shows no key yet in the version that was named", () => {
    const empty = aVersion("pending0", { isPending: true });
    const leak = { ...LEAKED, target: "pending0" };
    const seen = anObservation(aSecret([current([leak]), empty]), { list: listed([aListed("key1")]) });
    const goal = { ...LEAK_GOAL, target: "pending0" };
    const twice = { ...seen, list: { ...listed([aListed("key1")]), times: 2 } };
    expect(respond(twice, NOON + 1_000, goal)).toMatchObject({ kind: "wait" });
  });

  it("is red when the deadline has passed and the key may work", () => {
    const settings = { key1: { kind: "unknown", because: "HTTP 503", isRefused: false } } as const;
    const list = { kind: "unknown", because: "HTTP 503", atMs: NOON } as const;
    const seen = anObservation(aSecret([current()]), { list, settings });
    const holds = holdsOf(respond(seen, NOON + 61_000));
    expect(holds.length).toBeGreaterThan(0);
    expect(holds.every(({ alarm }) => alarm)).toBe(true);
  });

  it("takes no key for one that leaked that was made in the second after it, where the vendor tells whole seconds", () => {
    const name = "dualkey/0123456789abcdef/69e000000000000a";
    const secret = aSecret([{ ...fresh("fresh000"), isCurrent: true }]);
    const leak = { target: "all", atMs: NOON + 400 };
    const namedBy = (createdAtMs: number) => {
      const keys = [aListed("made", { name, createdAtMs })];
      return unheldBy(leak, { keys }, anObservation(secret)).map(({ id }) => id);
    };
    expect(namedBy(NOON)).toEqual([]);
    expect(namedBy(NOON + 399)).toEqual(["made"]);
    expect(namedBy(NOON - 1000)).toEqual(["made"]);
  });

  it("is not forgotten while a key that its response has lost is still listed", () => {
    const name = "dualkey/0123456789abcdef/69e000000000000a";
    const keys = (more: readonly ReturnType<typeof aListed>[]) => listed([aListed("of-fresh000"), ...more]);
    const secret = aSecret([
      { ...fresh("fresh000"), isCurrent: true },
      aVersion("current0", { labels: [LEAKED], content: { kind: "key", key: aKey("key1") } }),
    ]);
    const now = NOON + FENCE_MS + 1;
    const young = aListed("lost", { name, createdAtMs: now - 1_000 });
    const tick = (list: ReturnType<typeof listed>) => {
      const probes = { current0: REJECTED, fresh000: ACCEPTED };
      const seen = anObservation(secret, { probes, list: { ...list, times: 2 } });
      return decide(seen, { kind: "reconcile" }, POLICY, now);
    };
    expect(tick(keys([young]))).toMatchObject({ kind: "wait" });
    expect(tick(keys([]))).toMatchObject({ effect: { kind: "detach", label: { kind: "leaked" } } });
  });
});
