import { describe, expect, test } from "vitest";
import { decide } from "../../../core/cutover/decide.ts";
import type { Goal, Observation } from "../../../core/cutover/observation.ts";
import {
  ACCEPTED,
  aListed,
  anObservation,
  aSecret,
  aVersion,
  holding,
  holdsOf,
  listed,
  NOON,
  POLICY,
  REJECTED,
} from "./a-world.ts";

const current = holding("current0", "key1", { isCurrent: true });
const empty = aVersion("token-01", { isPending: true, createdAtMs: NOON - 1000 });
const filled = holding("token-01", "key2", { isPending: true });
const STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const;

function step(kind: (typeof STEPS)[number], observation: Observation) {
  const goal: Goal = { kind, token: "token-01" };
  return decide(observation, goal, POLICY, NOON);
}

describe.each(STEPS)("%s", (kind) => {
  test.each([
    [
      "a wrong token",
      aSecret([current]),
      /no version token-01 with a label: its rotation was given up. Rotate again/,
    ],
    [
      "a version that is not in rotation",
      aSecret([current, { ...filled, isPending: false }]),
      /neither AWSPENDING nor AWSCURRENT/,
    ],
    [
      "rotation switched off",
      aSecret([current, empty], { rotationEnabled: false }),
      /rotation switched off. Turn it on/,
    ],
    [
      "a deleted secret",
      aSecret([current, empty], { isDeleted: true }),
      /scheduled for deletion. Restore it first/,
    ],
    [
      "a label that looks like ours and is not understood",
      aSecret([current, empty], { notUnderstood: ["dualkey:frozen"] }),
      /has the label "dualkey:frozen", .* Update dualkey if a newer one wrote it; else remove the label/,
    ],
  ])("refuses %s, and says what to do", (_, secret, because) => {
    const decision = step(kind, anObservation(secret));
    expect(decision).toMatchObject({ kind: "refuse", because: expect.stringMatching(because) });
  });

  test("has nothing to do when it is delivered after the end", () => {
    const secret = aSecret([{ ...filled, isPending: false, isCurrent: true }]);
    expect(step(kind, anObservation(secret))).toEqual({ kind: "done" });
  });
});

describe("createSecret", () => {
  const list = listed([aListed("key1")]);
  const settings = { key1: { kind: "read", settings: { allowedIps: ["192.0.2.1"] } } } as const;

  test("makes a key with the settings of the current one, after a list", () => {
    const secret = aSecret([current, empty]);
    expect(step("createSecret", anObservation(secret))).toEqual({
      kind: "look",
      look: { kind: "list", with: "current0" },
    });
    expect(step("createSecret", anObservation(secret, { list }))).toEqual({
      kind: "look",
      look: { kind: "settings", keyId: "key1", with: "current0" },
    });
    expect(step("createSecret", anObservation(secret, { list, settings }))).toMatchObject({
      kind: "effect",
      effect: { kind: "make-key", with: "current0", settings: { allowedIps: ["192.0.2.1"] } },
    });
  });

  test("makes no second key when it is delivered twice", () => {
    expect(step("createSecret", anObservation(aSecret([current, filled]), { list }))).toEqual({
      kind: "done",
    });
  });

  test("refuses while the previous key is retiring, by name", () => {
    const secret = aSecret([current, empty, holding("old00000", "key0")]);
    expect(step("createSecret", anObservation(secret, { list }))).toMatchObject({
      kind: "refuse",
      because: expect.stringMatching(/the previous key key0 is still retiring/),
    });
  });

  test("refuses when 12 labels are in use: leaks and recovery need the rest", () => {
    const secret = aSecret([current, empty], { labelCount: 12 });
    expect(step("createSecret", anObservation(secret, { list }))).toMatchObject({ kind: "refuse" });
  });

  test("refuses where the provider's list is full: that a key is gone could not be seen", () => {
    const full = { ...list, complete: false };
    expect(step("createSecret", anObservation(aSecret([current, empty]), { list: full }))).toMatchObject({
      kind: "refuse",
      because: expect.stringMatching(/Delete keys that nobody uses/),
    });
  });

  test.each([
    [
      "no first key",
      aSecret([empty]),
      /Make the first one in the vendor's console and hand it in: dualkey hand-in prod/,
    ],
    [
      "a value that cannot be read",
      aSecret([
        { ...current, content: { kind: "unreadable", because: "the value is not a JSON object" } },
        empty,
      ]),
      /the value is not a JSON object/,
    ],
  ])("refuses with %s, and says what to do", (_, secret, because) => {
    expect(step("createSecret", anObservation(secret))).toMatchObject({
      kind: "refuse",
      because: expect.stringMatching(because),
    });
  });

  test("never sends a key of one provider to another", () => {
    const key = current.content.kind === "key" ? current.content.key : undefined;
    const other = {
      ...current,
      content: { kind: "key", key: { ...key, fields: {}, provider: "vonage" } },
    } as const;
    expect(step("createSecret", anObservation(aSecret([other, empty])))).toMatchObject({ kind: "refuse" });
    expect(decide(anObservation(aSecret([other])), { kind: "reconcile" }, POLICY, NOON)).toMatchObject({
      kind: "wait",
    });
  });

  test("takes a key that was put there by hand into the ledger, with its real birth, before it makes another", () => {
    const byHand = aVersion("byhand00", {
      isCurrent: true,
      createdAtMs: NOON - 5000,
      content: current.content,
    });
    const born = listed([aListed("key1", { createdAtMs: NOON - 9000 })]);
    expect(step("createSecret", anObservation(aSecret([byHand, empty]), { list: born }))).toMatchObject({
      kind: "effect",
      effect: { kind: "attach", versionId: "byhand00", label: { kind: "live", atMs: NOON - 9000 } },
    });
  });
});

describe("testSecret", () => {
  test("changes nothing on an empty version: the service runs it alone when rotation settings change", () => {
    expect(step("testSecret", anObservation(aSecret([current, empty])))).toEqual({ kind: "done" });
  });

  test("changes nothing on a copy of the current version", () => {
    const copy = { ...empty, content: current.content };
    expect(step("testSecret", anObservation(aSecret([current, copy])))).toEqual({ kind: "done" });
  });

  test("tries again while the new key propagates", () => {
    const observation = anObservation(aSecret([current, filled]), { probes: { "token-01": REJECTED } });
    expect(holdsOf(step("testSecret", observation))).toMatchObject([{ untilMs: NOON + 1000 }]);
    const accepted = anObservation(aSecret([current, filled]), { probes: { "token-01": ACCEPTED } });
    expect(step("testSecret", accepted)).toEqual({ kind: "done" });
  });
});

describe("finishSecret", () => {
  const probes = { "token-01": ACCEPTED };

  test("moves AWSCURRENT from the version that has it to one that a probe accepts", () => {
    const secret = aSecret([current, filled]);
    expect(step("finishSecret", anObservation(secret))).toMatchObject({
      kind: "look",
      look: { kind: "probe" },
    });
    expect(step("finishSecret", anObservation(secret, { probes }))).toMatchObject({
      kind: "effect",
      effect: { kind: "promote", from: "current0", to: "token-01" },
    });
  });

  test("looks at the labels once more after the probe", () => {
    const late = { ...ACCEPTED, atMs: NOON + 1 };
    const observation = anObservation(aSecret([current, filled]), { probes: { "token-01": late } });
    expect(step("finishSecret", observation)).toEqual({ kind: "look", look: { kind: "secret" } });
  });

  test.each(["condemned", "rejected"] as const)("never promotes a %s key", (kind) => {
    const dirty = { ...filled, labels: [...filled.labels, { kind, v8: "token-01", atMs: NOON }] };
    expect(step("finishSecret", anObservation(aSecret([current, dirty]), { probes }))).toMatchObject({
      kind: "refuse",
    });
  });

  test.each([
    ["named", "key2"],
    ["all", "all"],
  ])("never promotes a leaked key (%s)", (_, target) => {
    const leaked = { kind: "leaked", target, atMs: NOON, deadlineMs: NOON } as const;
    const secret = aSecret([{ ...current, labels: [...current.labels, leaked] }, filled]);
    expect(step("finishSecret", anObservation(secret, { probes }))).toMatchObject({ kind: "refuse" });
  });

  test("takes `replaced` and `condemned` off the current version before AWSCURRENT leaves it", () => {
    const stale = {
      ...current,
      labels: [...current.labels, { kind: "replaced", v8: "current0", atMs: 1 } as const],
    };
    expect(step("finishSecret", anObservation(aSecret([stale, filled]), { probes }))).toMatchObject({
      effect: { kind: "detach", versionId: "current0", label: { kind: "replaced" } },
    });
  });

  test("starts the overlap of the replaced key", () => {
    const secret = aSecret([
      { ...current, isCurrent: false },
      { ...filled, isCurrent: true, isPending: false },
    ]);
    expect(step("finishSecret", anObservation(secret))).toMatchObject({
      effect: { kind: "attach", versionId: "current0", label: { kind: "replaced", atMs: NOON } },
    });
  });
});

describe("a rotation that was given up", () => {
  const FENCE_AGO = NOON - 300_001;
  const TWO_FENCES_AGO = NOON - 600_001;
  const stuck = { ...empty, createdAtMs: TWO_FENCES_AGO };
  const list = listed([aListed("key1"), aListed("key2")]);
  const reconcile = (observation: Observation) => decide(observation, { kind: "reconcile" }, POLICY, NOON);

  test("loses AWSPENDING when its version is empty, so that the service can rotate again", () => {
    const observation = anObservation(aSecret([current, stuck]), { list });
    expect(reconcile(observation)).toMatchObject({ effect: { kind: "drop-pending", versionId: "token-01" } });
  });

  test("is left alone while it may be under way", () => {
    const observation = anObservation(aSecret([current, empty]), { list });
    expect(holdsOf(reconcile(observation))).toMatchObject([{ because: "a rotation may be under way" }]);
  });

  test("makes no key any more past the fence, and keeps AWSPENDING while one may be on its way", () => {
    const late = anObservation(aSecret([current, { ...empty, createdAtMs: FENCE_AGO }]), { list });
    expect(step("createSecret", late)).toMatchObject({
      kind: "refuse",
      because: expect.stringMatching(/its rotation is given up. Rotate again/),
    });
    const [hold] = holdsOf(reconcile(late));
    expect(hold).toMatchObject({
      because: "a run may still be making a key for it",
      untilMs: FENCE_AGO + 600_000,
    });
  });

  test("is not finished when somebody has switched rotation off", () => {
    const secret = aSecret([current, { ...filled, createdAtMs: TWO_FENCES_AGO }], { rotationEnabled: false });
    const probes = { "token-01": ACCEPTED };
    expect(reconcile(anObservation(secret, { list, probes }))).toMatchObject({
      effect: { kind: "drop-pending" },
    });
  });

  test("keeps AWSPENDING, which makes the clock look here, until a lost key is gone", () => {
    const lost = aListed("lost", { name: "dualkey/0123456789abcdef/00", createdAtMs: NOON });
    const observation = anObservation(aSecret([current, stuck]), { list: listed([...list.keys, lost]) });
    const holds = holdsOf(reconcile(observation));
    expect(holds.map(({ keyId, versionId }) => keyId ?? versionId)).toEqual(["lost", "token-01"]);
  });

  test("is finished when its key works", () => {
    const secret = aSecret([current, { ...filled, createdAtMs: FENCE_AGO }]);
    const probes = { "token-01": ACCEPTED };
    expect(reconcile(anObservation(secret, { list, probes }))).toMatchObject({ effect: { kind: "promote" } });
  });

  test("loses AWSPENDING when its key is rejected, and the key is retired like any other", () => {
    const secret = aSecret([current, { ...filled, createdAtMs: TWO_FENCES_AGO }]);
    const probes = { "token-01": REJECTED };
    expect(reconcile(anObservation(secret, { list, probes }))).toMatchObject({
      effect: { kind: "drop-pending" },
    });
  });
});
