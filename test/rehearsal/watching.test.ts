import { describe, expect, it } from "vitest";
import type { Label } from "../../contract/labels.ts";
import type { TrueVersion, Truth } from "../../core/cutover/promises.ts";
import type { LogLine } from "../../rehearsal/aws/lambda-fleet.ts";
import { FunctionLog } from "../../rehearsal/watch/function-log.ts";
import { KeyLives } from "../../rehearsal/watch/key-lives.ts";
import { phaseOf } from "../../rehearsal/watch/phase.ts";
import { SendSeries } from "../../rehearsal/watch/send-series.ts";

const T = Date.parse("2026-04-14T08:00:00.000Z");
const label = (kind: "live" | "replaced" | "condemned", atMs: number): Label => ({ kind, v8: "v", atMs });

function version(keyId: string | undefined, rest: Partial<TrueVersion> = {}): TrueVersion {
  const id = `version-of-${keyId}`;
  return { id, isCurrent: false, isPending: false, labels: [], ...(keyId ? { keyId } : {}), ...rest };
}

function truth(atMs: number, versions: TrueVersion[], dead: string[] = []): Truth {
  const keys = ["old", "new"].map((id) => ({
    id,
    works: !dead.includes(id),
    bornAtMs: T - 1_000,
    isOurs: id === "new",
  }));
  return { atMs, versions, keys };
}

const [LIVE, REPLACED, CONDEMNED] = [
  label("live", T),
  label("replaced", T + 2_000),
  label("condemned", T + 9_000),
];
const SUCCESSOR = version("new", { isCurrent: true, labels: [LIVE] });

/** A whole cutover, from one truth to the next, with the phase and the old key's role in each. */
const CUTOVER: [string, string, Truth][] = [
  ["steady", "current", truth(T, [version("old", { isCurrent: true })])],
  [
    "make",
    "current",
    truth(T + 500, [version("old", { isCurrent: true }), version(undefined, { isPending: true })]),
  ],
  [
    "verify",
    "current",
    truth(T + 1_000, [version("old", { isCurrent: true }), version("new", { isPending: true })]),
  ],
  ["overlap", "retiring", truth(T + 2_000, [version("old", { labels: [LIVE, REPLACED] }), SUCCESSOR])],
  ["evidence", "retiring", truth(T + 7_000, [version("old", { labels: [LIVE, REPLACED] }), SUCCESSOR])],
  [
    "fence",
    "condemned",
    truth(T + 9_000, [version("old", { labels: [LIVE, REPLACED, CONDEMNED] }), SUCCESSOR]),
  ],
  [
    "proof",
    "revoked",
    truth(T + 18_000, [version("old", { labels: [LIVE, REPLACED, CONDEMNED] }), SUCCESSOR], ["old"]),
  ],
  ["after", "dead", truth(T + 19_000, [version("old", { labels: [REPLACED] }), SUCCESSOR], ["old"])],
];

describe("watching a cutover", () => {
  it("tells each phase by what is true", () => {
    const phases = CUTOVER.map(([, , seen]) => phaseOf(seen, "old", { minOverlapSeconds: 5 }));
    expect(phases).toEqual(CUTOVER.map(([phase]) => phase));
  });

  it("writes down the role of a key and the times of its life", () => {
    const lives = new KeyLives();
    const roles = CUTOVER.map(([, , seen]) => {
      lives.observe(seen);
      return lives.get("old")?.role;
    });
    expect(roles).toEqual(CUTOVER.map(([, role]) => role));
    expect(lives.get("old")).toMatchObject({
      createdAtMs: T - 1_000,
      promotedAtMs: T,
      replacedAtMs: T + 2_000,
      condemnedAtMs: T + 9_000,
      revokedAtMs: T + 18_000,
      deadAtMs: T + 19_000,
    });
    expect(lives.get("new")).toMatchObject({ role: "current", promotedAtMs: T + 2_000 });
  });

  it("calls a key lost that dualkey made and no version holds", () => {
    const lives = new KeyLives();
    lives.observe(truth(T, [version("old", { isCurrent: true })]));
    expect(lives.get("new")?.role).toBe("lost");
  });
});

describe("the functions' log", () => {
  const line = (entry: object | string, invocationId = "one"): LogLine => {
    const text = typeof entry === "string" ? entry : JSON.stringify(entry);
    return { atMs: T, functionName: "rotator", invocationId, stream: "stdout", line: text };
  };

  it("tells effects with their reasons, and what the last run waits for", () => {
    const log = new FunctionLog();
    const effect = {
      message: "effect",
      goal: "reconcile",
      effect: "revoke-key",
      because: "consumers have moved",
      outcome: "applied",
    };
    expect(log.read(line({ ...effect, keyId: "0123456789" }))).toMatchObject({
      effect: "revoke-key",
      subject: "01234567",
    });
    log.read(line({ message: "something is owed and has to wait", because: "the overlap", untilMs: T + 5 }));
    log.read(line({ message: "refused", because: "no policy" }, "two"));
    expect(log.holds).toEqual([{ because: "no policy", untilMs: undefined }]);
  });

  it("lets pass what is no entry of ours", () => {
    const log = new FunctionLog();
    for (const text of ["", "not JSON", "null", '{"_aws":{}}']) expect(log.read(line(text))).toBeUndefined();
    expect(log.holds).toEqual([]);
  });
});

describe("the series of sends", () => {
  it("counts by second and key, and shows the last whole seconds", () => {
    const sends = new SendSeries(T);
    for (const atMs of [0, 999, 1_000, 3_500]) sends.countSend("old", T + atMs);
    sends.countFailure(T + 3_100);
    expect(sends.all().map(({ byKey, failed }) => [byKey.old ?? 0, failed])).toEqual([
      [2, 0],
      [1, 0],
      [0, 0],
      [1, 1],
    ]);
    expect(sends.recent("old", { seconds: 2, nowMs: T + 3_900 })).toEqual([1, 0]);
    expect(sends.total("old")).toBe(4);
  });
});
