import { describe, expect, test } from "vitest";
import { decide } from "../../../core/cutover/decide.ts";
import type { Observation } from "../../../core/cutover/observation.ts";
import {
  ACCEPTED,
  aKey,
  aListed,
  anObservation,
  aSecret,
  FENCE_MS,
  holding,
  holdsOf,
  listed,
  NOON,
  POLICY,
  REJECTED,
} from "./a-world.ts";

const MINUTE = 60_000;
const labels = [
  { kind: "replaced", v8: "old00000", atMs: NOON - 30 * MINUTE },
  { kind: "condemned", v8: "old00000", atMs: NOON - 10 * MINUTE },
] as const;
const old = holding("old00000", "old", { labels });
const current = holding("new00000", "new", { isCurrent: true });
const UNKNOWN = { kind: "unknown", because: "HTTP 500", atMs: NOON, times: 1 } as const;

/** A condemned key that the provider lists no more, and these probes. */
function revoked(probes: Observation["probes"], over: Parameters<typeof anObservation>[1] = {}): Observation {
  return anObservation(aSecret([old, current]), { list: listed([aListed("new")]), probes, ...over });
}

function reconcile(observation: Observation, policy = POLICY) {
  return decide(observation, { kind: "reconcile" }, policy, NOON);
}

describe("P4: revocation is durable", () => {
  test("forgets a key when its account does not list it, it is rejected, and the current one is accepted", () => {
    expect(reconcile(revoked({ old00000: REJECTED, new00000: ACCEPTED }))).toMatchObject({
      kind: "effect",
      effect: { kind: "detach", versionId: "old00000", label: { kind: "live" } },
    });
  });

  test.each([
    ["a lone rejection, which may be a suspended account", { old00000: REJECTED, new00000: REJECTED }],
    ["a control that is unknown", { old00000: REJECTED, new00000: UNKNOWN }],
    ["an answer that is unknown", { old00000: UNKNOWN, new00000: ACCEPTED }],
    ["a key that works although it is not listed", { old00000: ACCEPTED, new00000: ACCEPTED }],
    [
      "two probes more than a minute apart",
      { old00000: { ...REJECTED, atMs: NOON - MINUTE - 1 }, new00000: ACCEPTED },
    ],
  ])("does not take %s for a proof", (_, probes) => {
    expect(holdsOf(reconcile(revoked(probes)))).toMatchObject([{ versionId: "old00000", alarm: true }]);
  });

  test("does not take absence from a full list for a proof", () => {
    const list = listed([aListed("new")], { complete: false });
    const [hold] = holdsOf(reconcile(revoked({ old00000: REJECTED, new00000: ACCEPTED }, { list })));
    expect(hold?.because).toMatch(/list is full/);
  });

  test("does not take the word of another account", () => {
    const list = listed([aListed("new")], { account: "B" });
    const [hold] = holdsOf(reconcile(revoked({ old00000: REJECTED, new00000: ACCEPTED }, { list })));
    expect(hold?.because).toMatch(/belongs to account A, and the current key to B/);
  });

  test("holds a key of another account than the policy names, and says what to do", () => {
    const policy = { ...POLICY, provider: { id: "startmessaging", account: "B" } } as const;
    const [hold] = holdsOf(reconcile(revoked({ old00000: REJECTED, new00000: ACCEPTED }), policy));
    expect(hold).toMatchObject({ alarm: true, keyId: "old" });
    expect(hold?.because).toMatch(/Set the policy back until it is revoked, or retire it by hand/);
  });

  test("leaves a key whose id is not known to a person", () => {
    const { keyId: _, ...nameless } = aKey("old");
    const secret = aSecret([{ ...old, content: { kind: "key", key: nameless } }, current]);
    const [hold] = holdsOf(reconcile(revoked({ old00000: REJECTED, new00000: ACCEPTED }, { secret })));
    expect(hold?.because).toMatch(/Revoke it by hand in the vendor's console/);
  });

  test("forgets no key while one that was lost is listed: its label is what makes the clock look", () => {
    const lost = aListed("lost", { name: "dualkey/0123456789abcdef/0000000000000001", createdAtMs: NOON });
    const list = listed([aListed("new"), lost]);
    const holds = holdsOf(reconcile(revoked({ old00000: REJECTED, new00000: ACCEPTED }, { list })));
    expect(holds[0]).toMatchObject({ keyId: "old", because: "a lost key is waited for" });
  });

  test("waits where it has revoked the key and the list still shows it, instead of revoking again and again", () => {
    const list = listed([aListed("old"), aListed("new")]);
    const run = { revoked: ["old"] };
    expect(holdsOf(reconcile(revoked({}, { list, run })))[0]?.because).toMatch(
      /the provider's list still shows it/,
    );
  });

  test("sweeps the labels of a dead key only after `live` is off, and a leak's when no run can know it from before", () => {
    const leaked = { kind: "leaked", target: "old", atMs: NOON, deadlineMs: NOON } as const;
    const dead = { ...old, labels: [leaked, ...labels] };
    const pair = { old00000: REJECTED, new00000: ACCEPTED };
    expect(reconcile(anObservation(aSecret([dead, current]), { probes: pair }))).toMatchObject({
      kind: "effect",
      effect: { kind: "detach", label: { kind: "replaced" } },
    });
    const tidy = anObservation(aSecret([{ ...dead, labels: [leaked] }, current]), {
      list: listed([aListed("new")]),
      probes: pair,
    });
    expect(holdsOf(reconcile(tidy))).toMatchObject([{ untilMs: NOON + FENCE_MS, alarm: false }]);
    expect(decide(tidy, { kind: "reconcile" }, POLICY, NOON + FENCE_MS + 1)).toMatchObject({
      kind: "effect",
      effect: { kind: "detach", label: { kind: "leaked" } },
    });
  });
});

describe("P8: strangers are safe", () => {
  const ours = "dualkey/0123456789abcdef/00000000000000aa";

  function withKey(over: Parameters<typeof aListed>[1], secret = aSecret([current])) {
    return reconcile(anObservation(secret, { list: listed([aListed("new"), aListed("lost", over)]) }));
  }

  test("revokes a key of this secret's name that no version holds, once it is past the fence", () => {
    expect(withKey({ name: ours })).toMatchObject({
      kind: "effect",
      effect: { kind: "revoke-key", keyId: "lost" },
    });
  });

  test.each([
    ["a key made in the console", { name: "production" }],
    [
      "a key of another secret in the same vendor account",
      { name: "dualkey/fedcba9876543210/00000000000000aa" },
    ],
    ["a key without a name", {}],
  ])("never touches %s", (_, over) => {
    expect(withKey(over)).toEqual({ kind: "done" });
  });

  test("waits while a run may still be about to store it", () => {
    const decision = withKey({ name: ours, createdAtMs: NOON - 1 });
    expect(holdsOf(decision)).toMatchObject([{ keyId: "lost", untilMs: NOON - 1 + 300_000 }]);
  });

  test("takes nothing for an orphan while a version cannot be read", () => {
    const unread = holding("third000", "?", {
      content: { kind: "unreadable", because: "KMS says no" },
      labels: [],
    });
    const decision = withKey({ name: ours }, aSecret([current, { ...unread, labels: [] }]));
    expect(holdsOf(decision)).toMatchObject([{ keyId: "lost", alarm: true }]);
  });

  test("never revokes a key that somebody has put back under AWSCURRENT: the new version names it from then on", () => {
    const again = { ...current, content: { kind: "key", key: aKey("old") } } as const;
    const list = listed([aListed("old")]);
    expect(reconcile(anObservation(aSecret([old, again]), { list }))).toMatchObject({
      kind: "effect",
      effect: { kind: "detach", versionId: "old00000", label: { kind: "live" } },
    });
  });
});
