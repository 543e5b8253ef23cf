import { describe, expect, it } from "vitest";
import type { TrueVersion, Truth } from "../../core/cutover/promises.ts";
import type { Instance } from "../../rehearsal/load/instance.ts";
import { alarmsNaming, checkGoingBack, checkHeld, goingBackOf } from "../../rehearsal/report/trouble.ts";
import { badKey } from "../../rehearsal/scenarios/bad-key.ts";
import { straggler } from "../../rehearsal/scenarios/straggler.ts";
import type { Stage } from "../../rehearsal/stage.ts";
import type { GoingBack } from "../../rehearsal/watch/bad-key.ts";
import { KeyLives } from "../../rehearsal/watch/key-lives.ts";
import { phaseOfGoingBack } from "../../rehearsal/watch/phase.ts";

const T = Date.parse("2026-04-14T08:00:00.000Z");
const ALARM = "the replaced key was used by portal 0 s ago, and must be quiet for 3 s. Find who uses it";

interface Given {
  readonly scenario?: typeof badKey;
  readonly seen?: Partial<GoingBack>;
  readonly failed?: number;
  readonly failures?: Record<string, number>;
  readonly saved?: number;
  readonly lastFailedFromMs?: number;
  readonly alarms?: readonly string[];
  readonly lives?: KeyLives;
}

/** As much of a rehearsal as the checks look at: 10 sends refused, one saved, back 600 ms after the threshold. */
function aStage(given: Given = {}): Stage {
  const instance: Pick<Instance, "name" | "moves"> = {
    name: "portal-1",
    moves: [{ atMs: T + 8_000, versionId: "old" }],
  };
  const seen: GoingBack = {
    refusedSends: 10,
    firstRefusedAtMs: T + 4_000,
    thresholdAtMs: T + 6_000,
    backAtMs: T + 6_600,
    looks: 1,
    ...given.seen,
  };
  const scenario = given.scenario ?? badKey;
  return {
    request: { scenario },
    tempo: { sweepSeconds: 1 },
    world: { firstKey: { id: "old" }, vendor: { refusal: "HTTP 401" } },
    watch: {
      startedAtMs: T,
      badKey: scenario === badKey ? { seen } : undefined,
      lives: given.lives ?? livesOf(true),
      log: { alarms: given.alarms ?? [ALARM] },
    },
    load: {
      instances: [instance],
      failed: given.failed ?? 9,
      failures: given.failures ?? { "HTTP 401": 9 },
      saved: given.saved ?? 1,
      lastFailedFromMs: given.lastFailedFromMs ?? T + 7_900,
    },
  } as unknown as Stage;
}

const LIVE = { kind: "live", v8: "v", atMs: T } as const;
const REPLACED = { kind: "replaced", v8: "v", atMs: T + 2_000 } as const;

function version(keyId: string, rest: Partial<TrueVersion> = {}): TrueVersion {
  return { id: `of-${keyId}`, isCurrent: false, isPending: false, labels: [LIVE], keyId, ...rest };
}

function truth(atMs: number, versions: TrueVersion[], dead: readonly string[] = []): Truth {
  const keys = ["old", "new"].map((id) => {
    return { id, works: !dead.includes(id), bornAtMs: T, isOurs: id === "new" };
  });
  return { atMs, versions, keys };
}

const PROMOTED = truth(T + 3_000, [
  version("old", { labels: [LIVE, REPLACED] }),
  version("new", { isCurrent: true }),
]);
const BACK = truth(T + 6_600, [version("old", { isCurrent: true }), version("new")]);
const REVOKED = truth(T + 20_000, [version("old", { isCurrent: true }), version("new")], ["new"]);
const DEAD = truth(
  T + 21_000,
  [version("old", { isCurrent: true }), version("new", { labels: [] })],
  ["new"],
);

function livesOf(isBack: boolean): KeyLives {
  const lives = new KeyLives();
  lives.observe(truth(T, [version("old", { isCurrent: true })]));
  for (const seen of isBack ? [PROMOTED, BACK, REVOKED, DEAD] : [PROMOTED]) lives.observe(seen);
  return lives;
}

const broken = (checks: readonly { readonly says: string; readonly holds: boolean }[]) =>
  checks.filter(({ holds }) => !holds).map(({ says }) => says);

describe("a rehearsal of a bad key", () => {
  it("passes where each failed login is a send with it that nothing could save", () => {
    expect(broken(checkGoingBack(aStage()))).toEqual([]);
    expect(goingBackOf(aStage())).toEqual({
      refusedSends: 10,
      saved: 1,
      firstRefused: "2026-04-14T08:00:04.000Z",
      threshold: "2026-04-14T08:00:06.000Z",
      back: "2026-04-14T08:00:06.600Z",
      looks: 1,
    });
  });

  it.each([
    [
      "a login failed for another reason",
      { failed: 10, failures: { "HTTP 401": 9, "no answer in 10 s": 1 } },
    ],
    ["a login failed with another key", { failed: 12, failures: { "HTTP 401": 12 } }],
    ["no login failed, and so nothing is shown", { failed: 0, failures: {}, seen: { refusedSends: 1 } }],
  ])("does not pass where %s", (_, given) => {
    expect(broken(checkGoingBack(aStage(given)))).toEqual([expect.stringContaining("are exactly the sends")]);
  });

  it.each([
    ["by a later look", { looks: 3 }],
    ["never", { backAtMs: undefined, looks: undefined }],
    ["before enough was reported", { thresholdAtMs: undefined }],
  ])("does not pass where the key before is back %s", (_, seen) => {
    expect(broken(checkGoingBack(aStage({ seen })))).toContainEqual(
      expect.stringContaining("AWSCURRENT was back after CloudWatch showed the threshold"),
    );
  });

  it("does not pass where a login fails that began after all services had the old key again", () => {
    const late = aStage({ lastFailedFromMs: T + 8_001 });
    expect(broken(checkGoingBack(late))).toEqual([
      "no login failed that began after every service had the old key again",
    ]);
  });

  it("does not pass where the bad key is left alive", () => {
    const lives = livesOf(false);
    lives.observe(BACK);
    expect(broken(checkGoingBack(aStage({ lives })))).toEqual([
      "the bad key was revoked, and is proven dead",
    ]);
  });

  it("tells the phases of going back by what is true of the bad key", () => {
    const phases = [BACK, REVOKED, DEAD].map((seen) => phaseOfGoingBack(seen, "old"));
    expect(phases).toEqual(["back", "proof", "after"]);
  });

  it("tells for how long the old key was away, and that it is current again", () => {
    const old = livesOf(true).get("old");
    expect(old).toMatchObject({ role: "current", away: { fromMs: T + 3_000, toMs: T + 6_600 } });
    expect(old?.replacedAtMs).toBeUndefined();
  });
});

describe("a rehearsal of a straggler", () => {
  const held = (given: Given) =>
    checkHeld(aStage({ scenario: straggler, failed: 0, lives: livesOf(false), ...given }));

  it("passes where an alarm names the service, and its key is neither condemned nor revoked", () => {
    expect(broken(held({}))).toEqual([]);
  });

  it("does not pass where the alarm names nobody, or another service", () => {
    const alarms = ["the replaced key was used 0 s ago", ALARM.replace("portal", "login")];
    expect(alarmsNaming(alarms, "portal")).toEqual([]);
    expect(broken(held({ alarms }))).toEqual(["an alarm says that portal uses the old key"]);
  });

  it("does not pass where the old key was revoked, or a login failed", () => {
    const lives = livesOf(false);
    lives.observe(truth(T + 9_000, PROMOTED.versions.slice(), ["old"]));
    expect(broken(held({ lives, failed: 1 }))).toEqual([
      "the old key was neither condemned nor revoked",
      "no login failed",
    ]);
  });
});
