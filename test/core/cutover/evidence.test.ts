import { describe, expect, test } from "vitest";
import type { Policy } from "../../../contract/policy.ts";
import { decide } from "../../../core/cutover/decide.ts";
import type { Observation, UseLook } from "../../../core/cutover/observation.ts";
import {
  ACCEPTED,
  aListed,
  anObservation,
  aSecret,
  FENCE_MS,
  holding,
  holdsOf,
  listed,
  NOON,
  POLICY,
} from "./a-world.ts";

const MINUTE = 60_000;
const REPLACED_AT = NOON - 30 * MINUTE;

const replaced = { kind: "replaced", v8: "old00000", atMs: REPLACED_AT } as const;
const condemned = { kind: "condemned", v8: "old00000", atMs: NOON - FENCE_MS - 1 } as const;

const used = (count: number, agoMs?: number): UseLook => ({
  kind: "counted",
  count,
  ...(agoMs === undefined ? {} : { lastAtMs: NOON - agoMs }),
});
const unknown: UseLook = { kind: "unknown", because: "GET /messages: HTTP 500" };

/** A key that was replaced half an hour ago, with this use of it and of its successor. */
function inOverlap(old: UseLook, now: UseLook, over: Partial<Observation> = {}): Observation {
  const secret = aSecret([
    holding("old00000", "old", { labels: [replaced] }),
    holding("new00000", "new", { isCurrent: true }),
  ]);
  return anObservation(secret, {
    list: listed([aListed("old"), aListed("new")]),
    uses: { old00000: old, new00000: now },
    probes: { new00000: ACCEPTED },
    ...over,
  });
}

function decideRetirement(observation: Observation, policy: Policy = POLICY) {
  return decide(observation, { kind: "reconcile" }, policy, NOON);
}

describe("P3: no revoke without evidence", () => {
  test("condemns a key that nobody uses, when the new one is in use and works", () => {
    expect(decideRetirement(inOverlap(used(9, 20 * MINUTE), used(100, 0)))).toMatchObject({
      kind: "effect",
      effect: { kind: "attach", versionId: "old00000", label: { kind: "condemned", atMs: NOON } },
    });
  });

  test.each<[string, UseLook, UseLook, RegExp]>([
    ["no evidence on the replaced key", unknown, used(100, 0), /use is unknown: GET \/messages: HTTP 500/],
    ["no evidence on the new key", used(0), unknown, /use is unknown: GET \/messages: HTTP 500/],
    ["silence on both keys", used(0), used(0), /no key is in use: 0 uses .* Silence is not evidence/],
    [
      "one late use of the old key",
      used(1, MINUTE),
      used(100, 0),
      /used 60 s ago, and must be quiet for 300 s/,
    ],
  ])("holds with %s, and says so", (_, old, now, because) => {
    const decision = decideRetirement(inOverlap(old, now));
    expect(holdsOf(decision)).toMatchObject([{ versionId: "old00000", keyId: "old", alarm: false }]);
    expect(holdsOf(decision)[0]?.because).toMatch(because);
  });

  test("takes the provider's last-used time as a veto, since it shows uses that are no sends", () => {
    const list = listed([aListed("old", { lastUsedAtMs: NOON - MINUTE }), aListed("new")]);
    const [hold] = holdsOf(decideRetirement(inOverlap(used(0), used(100, 0), { list })));
    expect(hold?.because).toMatch(/was used 60 s ago/);
    expect(hold?.untilMs).toBe(NOON + 4 * MINUTE);
  });

  test("holds when the provider answers 500 to the list, and says so", () => {
    const list = { kind: "unknown", because: "GET /api-keys: HTTP 500", atMs: NOON } as const;
    const because = holdsOf(decideRetirement(inOverlap(used(0), used(100, 0), { list }))).map(
      (hold) => hold.because,
    );
    expect(because).toContain("the provider's list of keys is unknown: GET /api-keys: HTTP 500");
  });

  test("holds and raises an alarm when the current key does not work", () => {
    const probes = { new00000: { kind: "unknown", because: "HTTP 500", atMs: NOON, times: 1 } } as const;
    const decision = decideRetirement(inOverlap(used(0), used(100, 0), { probes }));
    expect(holdsOf(decision)).toMatchObject([
      {
        because:
          "the current key is not accepted: HTTP 500. If the key before works, go back to it: roll-back",
        alarm: true,
      },
    ]);
  });

  test("wants the sample that the policy names", () => {
    const policy = { ...POLICY, minSample: 50 };
    expect(holdsOf(decideRetirement(inOverlap(used(0), used(49, 0)), policy))[0]?.because).toMatch(
      /50 needed/,
    );
    expect(decideRetirement(inOverlap(used(0), used(50, 0)), policy).kind).toBe("effect");
  });

  test("waits for the minimum overlap before it looks at anything", () => {
    const policy = { ...POLICY, minOverlapSeconds: 1801 };
    const decision = decideRetirement(inOverlap(used(0), used(100, 0)), policy);
    expect(holdsOf(decision)).toMatchObject([
      { because: "the minimum overlap is not over", untilMs: NOON + 1000 },
    ]);
  });
});

describe("at the maximum overlap", () => {
  const overdue = { ...POLICY, maxOverlapSeconds: 1200 };

  test("holds with an alarm where the policy says hold", () => {
    expect(holdsOf(decideRetirement(inOverlap(unknown, used(100, 0)), overdue))).toMatchObject([
      { alarm: true },
    ]);
  });

  test.each([
    ["unknown", unknown, used(100, 0)],
    ["silent", used(0), used(0)],
  ])("goes on with %s evidence where the policy says revoke in words", (_, old, now) => {
    const decision = decideRetirement(inOverlap(old, now), { ...overdue, atMaxOverlap: "revoke" });
    expect(decision).toMatchObject({
      kind: "effect",
      effect: { kind: "attach", label: { kind: "condemned" } },
    });
  });

  test("never revokes a key that is in use, whatever the policy says", () => {
    const decision = decideRetirement(inOverlap(used(1, MINUTE), used(100, 0)), {
      ...overdue,
      atMaxOverlap: "revoke",
    });
    expect(holdsOf(decision)).toMatchObject([{ alarm: true }]);
  });
});

describe("a condemned key", () => {
  const labels = [replaced, condemned];
  const versions = [holding("old00000", "old", { labels }), holding("new00000", "new", { isCurrent: true })];

  test("is revoked through the current key when the fence is over and the evidence still holds", () => {
    const observation = inOverlap(used(0), used(100, 0), { secret: aSecret(versions) });
    const effect = { kind: "revoke-key", keyId: "old", with: "new00000" };
    expect(decideRetirement(observation)).toMatchObject({ kind: "effect", effect });
  });

  test("waits for the fence", () => {
    const late = { ...condemned, atMs: NOON - FENCE_MS + 1 };
    const young = [holding("old00000", "old", { labels: [replaced, late] }), ...versions.slice(1)];
    const observation = inOverlap(used(0), used(100, 0), { secret: aSecret(young) });
    expect(holdsOf(decideRetirement(observation))).toMatchObject([{ untilMs: NOON + 1 }]);
  });

  test("is spared when somebody used it after all", () => {
    const observation = inOverlap(used(1, MINUTE), used(100, 0), { secret: aSecret(versions) });
    expect(holdsOf(decideRetirement(observation))[0]?.because).toMatch(/was used 60 s ago/);
  });

  test("asks for fresh evidence, and does not probe the key before it has it: a probe would be a use", () => {
    const observation = anObservation(aSecret(versions), { list: listed([aListed("old"), aListed("new")]) });
    expect(decideRetirement(observation)).toMatchObject({
      kind: "look",
      look: { kind: "use", keyId: "old", sinceMs: REPLACED_AT },
    });
  });
});
