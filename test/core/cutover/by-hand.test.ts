import { describe, expect, test } from "vitest";
import { Sensitive } from "../../../contract/sensitive.ts";
import { decide } from "../../../core/cutover/decide.ts";
import type { Observation } from "../../../core/cutover/observation.ts";
import type { Version } from "../../../core/cutover/ports.ts";
import { wouldBreak } from "../../../core/cutover/would-break.ts";
import {
  ACCEPTED,
  aKey,
  aListed,
  anObservation,
  aSecret,
  aVersion,
  holding,
  holdsOf,
  listed,
  NOON,
  POLICY,
} from "./a-world.ts";

const NAME = "dualkey/0123456789abcdef/1111111111111111";

/** A version as a raw string leaves it: the value says nothing but the key. */
function raw(id: string, value: string, over: Partial<Version> = {}): Version {
  const key = { fields: { apiKey: new Sensitive(value) } };
  return aVersion(id, { content: { kind: "key", key }, ...over });
}

/** A listed key that dualkey made for this secret, and that is known by its value. */
function ours(id: string) {
  const value = `value-of-${id}`;
  return aListed(id, { name: NAME, is: ({ apiKey }) => apiKey?.reveal() === value });
}

function reconcile(observation: Observation) {
  return decide(observation, { kind: "reconcile" }, POLICY, NOON);
}

describe("somebody takes labels off by hand", () => {
  const current = raw("current0", "value-of-key1", { isCurrent: true });

  test("a key whose value is current is no orphan, though nothing names its id any more", () => {
    const observation = anObservation(aSecret([current]), { list: listed([ours("key1")]) });
    expect(reconcile(observation)).toEqual({ kind: "done" });
  });

  test("and the last look before a revoke sees it, too", () => {
    const observation = anObservation(aSecret([current]), { list: listed([ours("key1")]) });
    const broken = wouldBreak({ kind: "revoke-key", keyId: "key1", with: "current0" }, observation);
    expect(broken).toMatch(/^P8/);
  });

  test("a key whose value is in any version at all is no orphan", () => {
    const previous = raw("previous", "value-of-key1");
    const secret = aSecret([previous, holding("current0", "key2", { isCurrent: true })]);
    const observation = anObservation(secret, { list: listed([ours("key1"), ours("key2")]) });
    expect(reconcile(observation)).toEqual({ kind: "done" });
  });
});

describe("the secret moves to another account while a rotation is under way", () => {
  const pending = holding("token-01", "key2", { isPending: true }); // of account A
  const content = { kind: "key", key: aKey("key3", { account: "B" }) } as const;
  const moved = holding("current0", "key3", { isCurrent: true, content });
  const observation = anObservation(aSecret([moved, pending]), {
    list: listed([aListed("key3")], { account: "B" }),
    probes: { "token-01": ACCEPTED },
  });

  test.each(["testSecret", "finishSecret"] as const)("%s refuses the old account's key", (kind) => {
    expect(decide(observation, { kind, token: "token-01" }, POLICY, NOON)).toEqual({
      kind: "refuse",
      because:
        "version token-01: its key was made by startmessaging, account A, and the secret has moved to " +
        "startmessaging, account B since. Rotate again",
    });
  });

  test("the clock does not promote it either: it makes room, and the key retires", () => {
    expect(reconcile(observation)).toMatchObject({ effect: { kind: "drop-pending", versionId: "token-01" } });
  });

  test("a key of another provider is not even probed", () => {
    const policy = { ...POLICY, provider: { id: "other" as never } };
    const unprobed = { ...observation, probes: {} };
    const goal = { kind: "testSecret", token: "token-01" } as const;
    expect(decide(unprobed, goal, policy, NOON)).toMatchObject({ kind: "refuse" });
  });
});

describe("somebody edits the value in the console, and leaves the old keyId in it", () => {
  const key = aKey("key2", { fields: { apiKey: new Sensitive("value-of-key3") } });
  const edited = aVersion("edited00", { isCurrent: true, content: { kind: "key", key } });
  const secret = aSecret([holding("old00000", "key2"), edited]);
  const observation = anObservation(secret, { list: listed([ours("key2"), ours("key3")]) });

  test("the key is not adopted under another's name: a person is told", () => {
    const replaced = { kind: "replaced", v8: "old00000", atMs: NOON } as const;
    const old = holding("old00000", "key2", { labels: [replaced] });
    const decision = reconcile({ ...observation, secret: aSecret([old, edited]) });
    expect(holdsOf(decision)).toContainEqual({
      because:
        "version edited00 says key key2, and its value is that of key key3: to trust either might revoke the wrong " +
        "one. Put the value again with the right keyId, or without one",
      versionId: "edited00",
      alarm: true,
    });
  });

  test("nor does it lend its settings or its place to a new one", () => {
    const pending = aVersion("token-01", { isPending: true, createdAtMs: NOON - 1000 });
    const goal = { kind: "createSecret", token: "token-01" } as const;
    const rotating = { ...observation, secret: aSecret([edited, pending]) };
    expect(decide(rotating, goal, POLICY, NOON)).toMatchObject({ kind: "wait", holds: [{ alarm: true }] });
  });
});

describe("a key that was retiring when the policy came to read values otherwise", () => {
  test("is held, with the reason why it cannot be read", () => {
    const labels = [
      { kind: "live", v8: "old00000", atMs: 0 },
      { kind: "replaced", v8: "old00000", atMs: 0 },
    ] as const;
    const content = { kind: "unreadable", because: "version old00000: apiSecret: is not a text" } as const;
    const secret = aSecret([
      aVersion("old00000", { labels, content }),
      holding("current0", "key2", { isCurrent: true }),
    ]);
    const observation = anObservation(secret, { list: listed([aListed("key2")]) });
    expect(holdsOf(reconcile(observation))).toMatchObject([
      { because: expect.stringMatching(/held: version old00000: apiSecret: is not a text/), alarm: true },
    ]);
  });
});

describe("a key is put by hand, and soon another", () => {
  const replaced = { kind: "replaced", v8: "byhand00", atMs: NOON - 3_600_000 } as const;
  const live = { kind: "live", v8: "byhand00", atMs: NOON - 7_200_000 } as const;
  const current = holding("current0", "key2", { isCurrent: true });

  test("the first is identified while it retires, though no run had the time before", () => {
    const first = raw("byhand00", "value-of-key1", { labels: [live, replaced] });
    const observation = anObservation(aSecret([first, current]), {
      list: listed([ours("key1"), ours("key2")]),
    });
    expect(reconcile(observation)).toMatchObject({
      effect: { kind: "attach", versionId: "byhand00", label: { kind: "id", keyId: "key1", account: "A" } },
    });
  });

  test("where it is the same key again, its overlap runs from the last time that it was replaced", () => {
    const again = { kind: "replaced", v8: "again000", atMs: NOON - 1_000 } as const;
    const secret = aSecret([
      holding("byhand00", "key1", { labels: [replaced] }),
      holding("again000", "key1", { labels: [again] }),
      current,
    ]);
    const list = listed([ours("key1"), ours("key2")]);
    const holds = holdsOf(reconcile(anObservation(secret, { list })));
    expect(holds).toContainEqual({
      because: "the minimum overlap is not over",
      versionId: "byhand00",
      untilMs: NOON - 1_000 + POLICY.minOverlapSeconds * 1000,
      alarm: false,
    });
  });
});
