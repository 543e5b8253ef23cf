import { describe, expect, it } from "vitest";
import type { Label } from "../../contract/labels.ts";
import type { TrueKey, TrueVersion, Truth } from "../../core/cutover/promises.ts";
import { PromiseWatch } from "../../rehearsal/watch/promise-watch.ts";

const T = Date.parse("2026-04-14T08:00:00.000Z");
const TERMS = { policy: { minOverlapSeconds: 5, quietForSeconds: 3 } };

const dated = (kind: "live" | "replaced" | "condemned", atMs: number): Label => ({ kind, v8: "v", atMs });

/** An old key that is retiring since T, its successor, and a stranger's key. */
function aTruth(
  change: { atMs?: number; keys?: Record<string, Partial<TrueKey>>; versions?: TrueVersion[] } = {},
): Truth {
  const key = (id: string, isOurs: boolean): TrueKey => {
    return { id, works: true, bornAtMs: T - 60_000, isOurs, ...change.keys?.[id] };
  };
  return {
    atMs: change.atMs ?? T + 10_000,
    keys: [key("old", false), key("new", true), key("strangers", false)],
    versions: change.versions ?? [
      version("old", { labels: [dated("live", T - 60_000), dated("replaced", T), dated("condemned", T)] }),
      version("new", { isCurrent: true, labels: [dated("live", T - 1_000)] }),
    ],
  };
}

function version(keyId: string, rest: Partial<TrueVersion>): TrueVersion {
  return { id: `version-of-${keyId}`, isCurrent: false, isPending: false, labels: [], keyId, ...rest };
}

function judge(...truths: Truth[]): string[] {
  const watch = new PromiseWatch(TERMS);
  for (const truth of truths) watch.observe(truth);
  return watch
    .verdicts()
    .flatMap(({ id, broken }) => broken.map((sentence) => `${id} ${sentence.slice(26)}`));
}

const DEAD = { works: false };

describe("the promise watch", () => {
  it("keeps silent while an old key is revoked as it should be", () => {
    expect(judge(aTruth(), aTruth({ keys: { old: DEAD } }))).toEqual([]);
  });

  it("catches a current key that does not work, from the first truth on (P1)", () => {
    expect(judge(aTruth({ keys: { new: DEAD } }))).toEqual(["P1 key new is current and does not work"]);
  });

  it("catches a working key that no version names any more (P2, P4)", () => {
    const forgotten = aTruth({ versions: [version("new", { isCurrent: true, labels: [dated("live", T)] })] });
    expect(judge(aTruth(), forgotten)).toEqual([
      "P2 key old works, and no version names it any more",
      "P4 key old was forgotten and works",
    ]);
  });

  it("catches a revoke in the overlap, and one under a consumer (P3)", () => {
    expect(judge(aTruth({ atMs: T + 4_000 }), aTruth({ atMs: T + 4_999, keys: { old: DEAD } }))).toEqual([
      "P3 key old was revoked in its overlap",
    ]);
    const used = aTruth({ keys: { old: { works: false, lastSendAtMs: T + 7_001 } } });
    expect(judge(aTruth(), used)).toEqual(["P3 key old was revoked while a consumer sent with it"]);
  });

  it("catches the revoke of a stranger's key (P8)", () => {
    expect(judge(aTruth(), aTruth({ keys: { strangers: DEAD } }))).toEqual([
      "P8 key strangers is a stranger's and was revoked",
    ]);
  });

  it("does not hold against dualkey what a person revokes at the vendor, but holds what follows", () => {
    const clean = [
      version("old", { labels: [dated("live", T - 60_000), dated("replaced", T)] }),
      version("new", { isCurrent: true, labels: [dated("live", T - 1_000)] }),
    ];
    const revoked = aTruth({ versions: clean, keys: { old: DEAD } });
    expect(judge(aTruth({ versions: clean }), revoked)).toEqual([
      "P1 key old is live and clean in the ledger, and does not work",
    ]);
    const watch = new PromiseWatch(TERMS, "by-hand");
    watch.observe(aTruth({ versions: clean }));
    watch.letPerson(() => void watch.observe(revoked));
    expect(watch.brokenCount).toBe(0);
    watch.observe(aTruth({ keys: { old: DEAD, new: DEAD } }));
    expect(watch.brokenCount).toBeGreaterThan(0);
  });

  it("lets an old key end by its successor alone where a rotation is in place, and says so", () => {
    const before = aTruth({
      versions: [
        version("old", { isCurrent: true, labels: [dated("live", T - 60_000)] }),
        version("new", { isPending: true, labels: [dated("live", T - 1_000)] }),
      ],
    });
    const replaced = { ...before, keys: aTruth({ keys: { old: DEAD } }).keys };
    expect(judge(before, replaced)).not.toEqual([]);
    const watch = new PromiseWatch(TERMS, "in-place");
    for (const truth of [before, replaced]) watch.observe(truth);
    expect(watch.brokenCount).toBe(0);
    const [first] = watch.verdicts();
    expect(first?.says).toContain("the outage that the policy allows begins there");
  });

  it("counts a change once, and what only time and traffic have changed not at all", () => {
    const watch = new PromiseWatch(TERMS);
    const seen = [
      aTruth(),
      aTruth({ atMs: T + 11_000, keys: { new: { lastSendAtMs: T } } }),
      aTruth({ keys: { old: DEAD } }),
    ];
    expect(seen.map((truth) => watch.observe(truth))).toEqual([true, false, true]);
    expect(watch.verdicts()[0]?.checked).toBe("2 changes of labels, versions and keys");
  });
});
