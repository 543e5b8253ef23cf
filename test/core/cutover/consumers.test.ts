import { describe, expect, test } from "vitest";
import type { Policy } from "../../../contract/policy.ts";
import { decide } from "../../../core/cutover/decide.ts";
import type { Goal, Observation } from "../../../core/cutover/observation.ts";
import {
  ACCEPTED,
  aListed,
  anObservation,
  aSecret,
  holding,
  holdsOf,
  listed,
  NOON,
  POLICY,
  REJECTED,
} from "./a-world.ts";

const MINUTE = 60_000;
const replaced = { kind: "replaced", v8: "old00000", atMs: NOON - 30 * MINUTE } as const;
const old = holding("old00000", "old", { labels: [replaced] });
const current = holding("new00000", "new", { isCurrent: true });

const ROLLED: Policy = {
  ...POLICY,
  consumers: [
    { kind: "self-refreshing", name: "login", cacheSeconds: 300 },
    { kind: "ecs-service", name: "billing", cluster: "prod", service: "billing" },
  ],
};

/** Half an hour after the cutover: nobody uses the old key, and the new one is in use. */
function afterCutover(over: Parameters<typeof anObservation>[1] = {}): Observation {
  return anObservation(aSecret([old, current]), {
    list: listed([aListed("old"), aListed("new")]),
    uses: {
      old00000: { kind: "counted", count: 3, lastAtMs: NOON - 29 * MINUTE },
      new00000: { kind: "counted", count: 100, lastAtMs: NOON },
    },
    probes: { new00000: ACCEPTED },
    ...over,
  });
}

function reconcile(observation: Observation, policy: Policy = ROLLED, now = NOON) {
  return decide(observation, { kind: "reconcile" }, policy, now);
}

describe("a consumer that reads its key at start", () => {
  test("is started anew after the cutover, and not before the canary's cache is old", () => {
    const rollouts = { billing: { kind: "not-started" } } as const;
    expect(reconcile(afterCutover({ rollouts }))).toMatchObject({
      kind: "effect",
      effect: { kind: "roll", consumer: { name: "billing" } },
    });
    const justNow = { ...replaced, atMs: NOON - 4 * MINUTE };
    const secret = aSecret([
      { ...old, labels: [...old.labels.filter(({ kind }) => kind === "live"), justNow] },
      current,
    ]);
    expect(holdsOf(reconcile({ ...afterCutover({ rollouts }), secret }))[0]?.because).toMatch(
      /the canary login may still have the key before/,
    );
  });

  test("is looked at before anything is started: a crash rolls nobody twice", () => {
    expect(reconcile(afterCutover())).toMatchObject({
      kind: "look",
      look: { kind: "rollout", sinceMs: replaced.atMs },
    });
    const run = { rolled: ["billing"] };
    const rollouts = { billing: { kind: "not-started" } } as const;
    expect(reconcile(afterCutover({ rollouts, run })).kind).toBe("wait");
  });

  test("lets the old key go when it is done", () => {
    expect(reconcile(afterCutover({ rollouts: { billing: { kind: "done" } } }))).toMatchObject({
      kind: "effect",
      effect: { kind: "attach", label: { kind: "condemned" } },
    });
  });

  test.each([
    ["never gets stable", { kind: "under-way", because: "1 of 2 tasks run" }, true],
    ["does not exist", { kind: "failed", because: "there is no function billing" }, false],
    ["may not be seen", { kind: "unknown", because: "allow ecs:DescribeServices", isRefused: true }, false],
  ] as const)("that %s keeps the old key, and the alarm has its name", (_, state, isLate) => {
    const now = isLate ? NOON + 86_400_000 : NOON;
    const [hold] = holdsOf(reconcile(afterCutover({ rollouts: { billing: state } }), ROLLED, now));
    expect(hold).toMatchObject({ alarm: true, because: expect.stringMatching(/consumer billing/) });
  });
});

describe("a key that is refused", () => {
  const REPORTING: Policy = {
    ...POLICY,
    consumers: [{ kind: "self-refreshing", name: "login", cacheSeconds: 300, reports: true }],
  };
  const reportsOf = (of: Readonly<Record<string, { sends: number; rejections: number }>>) => ({
    reports: {
      kind: "read",
      completeUntilMs: NOON,
      reports: [{ consumer: "login", byVersion: of }],
    } as const,
  });
  const refused = { new00000: { sends: 3, rejections: 5 }, old00000: { sends: 50, rejections: 0 } };

  test("by a probe, twice, is left for the key before", () => {
    const probes = { new00000: { ...REJECTED, times: 2 }, old00000: ACCEPTED };
    const list = { kind: "unknown", because: "HTTP 401", atMs: NOON, isRefused: true } as const;
    expect(reconcile(afterCutover({ probes, list }), POLICY)).toMatchObject({
      kind: "effect",
      effect: { kind: "attach", versionId: "new00000", label: { kind: "rejected" } },
    });
  });

  test("by one odd answer is asked again", () => {
    const list = { kind: "unknown", because: "HTTP 401", atMs: NOON, isRefused: true } as const;
    const probes = { new00000: REJECTED, old00000: ACCEPTED };
    expect(reconcile(afterCutover({ probes, list }), POLICY)).toMatchObject({
      kind: "look",
      look: { kind: "probe" },
    });
  });

  test("for sends, as consumers report, is left although it answers probes", () => {
    const probes = { new00000: ACCEPTED, old00000: ACCEPTED };
    expect(reconcile(afterCutover({ probes, ...reportsOf(refused) }), REPORTING)).toMatchObject({
      kind: "effect",
      effect: { kind: "attach", versionId: "new00000", label: { kind: "rejected" } },
    });
  });

  test.each([
    ["too few rejections", { new00000: { sends: 0, rejections: 4 } }],
    ["too small a share", { new00000: { sends: 100, rejections: 9 } }],
    [
      "the key before refused alike",
      { new00000: { sends: 0, rejections: 9 }, old00000: { sends: 0, rejections: 9 } },
    ],
  ])("is kept with %s", (_, of) => {
    const probes = { new00000: ACCEPTED, old00000: ACCEPTED };
    const decision = reconcile(afterCutover({ probes, ...reportsOf(of) }), REPORTING);
    expect(decision).not.toMatchObject({ effect: { label: { kind: "rejected" } } });
  });

  test("with the key before refused as well moves nothing, revokes nothing, and tells a person", () => {
    const probes = { new00000: { ...REJECTED, times: 2 }, old00000: REJECTED };
    const list = { kind: "unknown", because: "HTTP 401", atMs: NOON, isRefused: true } as const;
    const holds = holdsOf(reconcile(afterCutover({ probes, list }), POLICY));
    expect(holds[0]).toMatchObject({
      alarm: true,
      because: expect.stringMatching(/the key before is not accepted either/),
    });
  });

  test("goes on with a rollback that was begun, and then follows the move like any other", () => {
    const rejected = { kind: "rejected", v8: "new00000", atMs: NOON - MINUTE } as const;
    const begun = { ...current, labels: [...current.labels, rejected] };
    const probes = { old00000: ACCEPTED };
    const secret = aSecret([old, begun]);
    expect(reconcile({ ...afterCutover({ probes }), secret }, POLICY)).toMatchObject({
      kind: "effect",
      effect: { kind: "promote", from: "new00000", to: "old00000" },
    });
  });
});

describe("what operators ask for", () => {
  const ask = (goal: Goal, observation: Observation) => decide(observation, goal, POLICY, NOON);
  const paused = { ...current, labels: [...current.labels, { kind: "paused", atMs: NOON } as const] };

  test("a freeze is a label, and twice is as good as once", () => {
    expect(ask({ kind: "pause" }, afterCutover())).toMatchObject({ effect: { label: { kind: "paused" } } });
    const secret = aSecret([old, paused]);
    expect(ask({ kind: "pause" }, { ...afterCutover(), secret })).toEqual({ kind: "done" });
    expect(ask({ kind: "resume" }, { ...afterCutover(), secret })).toMatchObject({
      effect: { kind: "detach" },
    });
    expect(ask({ kind: "resume" }, afterCutover())).toEqual({ kind: "done" });
  });

  test("while there is a freeze, nothing is retired, and the reason names its end", () => {
    const secret = aSecret([old, paused]);
    const [hold] = holdsOf(reconcile({ ...afterCutover(), secret }, POLICY));
    expect(hold).toMatchObject({
      because: expect.stringMatching(/is paused.* Resume it/),
      versionId: "old00000",
    });
  });

  test("retire-now goes without evidence, but not past a use unless that was said", () => {
    const silent = {
      uses: { old00000: { kind: "counted", count: 0 }, new00000: { kind: "counted", count: 0 } },
    } as const;
    const waive = ask({ kind: "retire-now", scope: "unknown" }, afterCutover(silent));
    expect(waive).toMatchObject({ effect: { kind: "attach", label: { kind: "waived", scope: "unknown" } } });
    const waived = { kind: "waived", v8: "old00000", scope: "unknown", atMs: NOON } as const;
    const secret = aSecret([{ ...old, labels: [...old.labels, waived] }, current]);
    expect(reconcile({ ...afterCutover(silent), secret }, POLICY)).toMatchObject({
      effect: { kind: "attach", label: { kind: "condemned" } },
    });
    const used = {
      uses: { ...silent.uses, old00000: { kind: "counted", count: 1, lastAtMs: NOON } },
    } as const;
    expect(reconcile({ ...afterCutover(used), secret }, POLICY).kind).toBe("wait");
    const all = aSecret([{ ...old, labels: [...old.labels, { ...waived, scope: "used" }] }, current]);
    expect(reconcile({ ...afterCutover(used), secret: all }, POLICY)).toMatchObject({
      effect: { label: { kind: "condemned" } },
    });
  });

  test("roll-back needs a key to go back to", () => {
    const alone = { ...afterCutover(), secret: aSecret([current]) };
    expect(ask({ kind: "roll-back" }, alone)).toMatchObject({ kind: "refuse" });
    expect(ask({ kind: "roll-back" }, afterCutover({ probes: { old00000: ACCEPTED } }))).toMatchObject({
      effect: { kind: "attach", label: { kind: "rejected" } },
    });
  });
});
