import { describe, expect, it } from "vitest";
import { decide } from "../../../core/cutover/decide.ts";
import type { Observation } from "../../../core/cutover/observation.ts";
import { predict } from "../../../core/cutover/predict.ts";
import { joinLeak } from "../../../core/leak-target.ts";
import {
  ACCEPTED,
  aKey,
  aListed,
  anObservation,
  aSecret,
  aVersion,
  FENCE_MS,
  holding,
  holdsOf,
  listed,
  NOON,
  POLICY,
  REJECTED,
  SELF_SERVICE,
  UNKNOWN,
} from "./a-world.ts";

const DEADLINE = NOON + 60_000;
const leak = (target: string) => ({ kind: "leaked", target, atMs: NOON, deadlineMs: DEADLINE }) as const;
const reconcile = (observation: Observation, now: number) =>
  decide(observation, { kind: "reconcile" }, POLICY, now);

describe("a leak stays marked, and red, while a key of it may work", () => {
  const current = holding("current0", "key1", { isCurrent: true, labels: [leak("stranger")] });
  const late = NOON + FENCE_MS + 10;

  it("where a key that no version holds cannot be revoked", () => {
    const failed = { stranger: { because: "HTTP 503", atMs: late - 1 } };
    const list = { ...listed([aListed("key1"), aListed("stranger")]), times: 2 };
    const seen = anObservation(aSecret([current]), { list, run: { failed } });
    expect(holdsOf(reconcile(seen, late))).toMatchObject([{ alarm: true }]);
  });

  it("where the list is full, and so shows no absence; and it is not asked for again and again", () => {
    const list = { ...listed([aListed("key1")], { complete: false }), times: 9 };
    const [hold] = holdsOf(reconcile(anObservation(aSecret([current]), { list }), late));
    expect(hold).toMatchObject({ alarm: true });
    expect(hold?.because).toContain("list is full");
  });
});

describe("past the deadline", () => {
  const fresh = holding("fresh000", "fresh", { labels: [] });
  const young = { ...fresh, labels: [{ kind: "live", v8: "fresh000", atMs: NOON + 1 }] as const };
  const current = holding("current0", "key1", { isCurrent: true, labels: [leak("all")] });
  const secret = aSecret([current, young]);
  const seen = (run: object, probes: Observation["probes"] = { fresh000: ACCEPTED }) =>
    anObservation(secret, {
      settings: { key1: { kind: "read", settings: {} } },
      probes,
      list: { ...listed([aListed("key1"), aListed("fresh")]), times: 2 },
      run,
    });
  const failedAt = (atMs: number) => ({ failed: { move: { because: "throttled", atMs, times: 5 } } });

  it("a leaked key is revoked where the store takes no move, with the new key's credential", () => {
    expect(reconcile(seen(failedAt(DEADLINE + 1)), DEADLINE + 2)).toMatchObject({
      effect: { kind: "revoke-key", keyId: "key1", with: "fresh000" },
    });
  });

  it("a move that failed before is tried first", () => {
    expect(reconcile(seen(failedAt(DEADLINE - 1)), DEADLINE + 2)).toMatchObject({
      effect: { kind: "promote", to: "fresh000" },
    });
  });

  it("no other key is made while nobody says that the new one is refused", () => {
    const decision = reconcile(seen({}, { fresh000: UNKNOWN, current0: ACCEPTED }), NOON + 3_600_000);
    expect(decision).toMatchObject({ effect: { kind: "revoke-key", keyId: "key1" } });
    const refused = { fresh000: UNKNOWN, current0: ACCEPTED };
    const failed = { failed: { key1: { because: "HTTP 503", atMs: NOON + 3_600_000 } } };
    expect(reconcile(seen(failed, refused), NOON + 3_600_000).kind).toBe("wait");
  });
});

it("a claim is not predicted: it is made to see who else has one", () => {
  const secret = aSecret([holding("current0", "key1", { isCurrent: true })]);
  const label = { kind: "making", target: "next0000", nonce: "00", atMs: NOON } as const;
  const observation = anObservation(secret);
  const effect = { kind: "attach", versionId: "current0", label } as const;
  expect(predict(observation, effect, observation.run)).toBeUndefined();
});

it("a key that was put there after the mark is not part of that incident", () => {
  const put = aVersion("byhand00", {
    isCurrent: true,
    createdAtMs: NOON + 60_000,
    labels: [leak("all")],
    content: { kind: "key", key: aKey("key2") },
  });
  const goal = {
    kind: "leak-response",
    target: "key2",
    atMs: NOON + 90_000,
    deadlineMs: NOON + 150_000,
    mode: "replace-first",
    isDrill: false,
    evenInProduction: false,
    evenIfLoginsFail: false,
  } as const;
  expect(joinLeak(goal, [put])).toEqual(goal);
});

describe("a current key whose id nobody knows", () => {
  const raw = aVersion("current0", {
    isCurrent: true,
    labels: [{ kind: "live", v8: "current0", atMs: NOON - 1000 }],
    content: { kind: "key", key: { fields: aKey("key1").fields } },
  });

  it("is not revoked by the id that the list knows it by, without the words for it", () => {
    const list = listed([aListed("key1", { is: () => true })]);
    const decision = decide(
      anObservation(aSecret([raw]), { list }),
      { kind: "revoke", keyId: "key1", evenIfLoginsFail: false },
      POLICY,
      NOON,
    );
    expect(decision).toMatchObject({ kind: "refuse" });
  });

  it("is told from the others before one is revoked by its id alone", () => {
    const capabilities = { ...SELF_SERVICE, source: "client", list: { names: false } } as const;
    const keys = [aListed("key1", { is: () => undefined }), aListed("other", { is: () => undefined })];
    const decision = decide(
      anObservation(aSecret([{ ...raw, labels: [...raw.labels, leak("key1")] }]), {
        list: { ...listed(keys), times: 2 },
        probes: { current0: REJECTED },
        run: { capabilities },
      }),
      { kind: "reconcile" },
      POLICY,
      NOON + 10,
    );
    expect(decision).not.toMatchObject({ effect: { kind: "revoke-key" } });
  });
});
