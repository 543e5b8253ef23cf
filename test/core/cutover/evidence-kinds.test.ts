import { describe, expect, test } from "vitest";
import type { Policy } from "../../../contract/policy.ts";
import { type Evidence, judgeUse } from "../../../core/cutover/evidence.ts";
import type { ReportsLook, UseLook } from "../../../core/cutover/observation.ts";
import type { ReportedUse } from "../../../core/cutover/ports.ts";
import { NOON, POLICY } from "./a-world.ts";

const MINUTE = 60_000;
const REPLACED_AT = NOON - 30 * MINUTE;
const CUTOVER = { replaced: { id: "old" }, current: { id: "new" }, replacedAtMs: REPLACED_AT };

/** Two services that report under their names, and are quiet for five minutes before a key goes. */
const TERMS: Policy = {
  ...POLICY,
  consumers: [
    { kind: "self-refreshing", name: "login", cacheSeconds: 300, reports: true },
    { kind: "reporting", name: "billing" },
  ],
};

const counted = (count: number, agoMs?: number): UseLook => ({
  kind: "counted",
  count,
  ...(agoMs === undefined ? {} : { lastAtMs: NOON - agoMs }),
});
const sent = (sends: number, agoMs?: number): ReportedUse => ({
  sends,
  rejections: 0,
  ...(agoMs === undefined ? {} : { lastSendAtMs: NOON - agoMs }),
});
const reported = (
  byConsumer: Readonly<Record<string, Readonly<Record<string, ReportedUse>>>>,
  completeAgoMs = 3 * MINUTE,
): ReportsLook => ({
  kind: "read",
  completeUntilMs: NOON - completeAgoMs,
  reports: Object.entries(byConsumer).map(([consumer, byVersion]) => ({ consumer, byVersion })),
});
const judge = (evidence: Evidence, terms: Policy = TERMS) => judgeUse(evidence, CUTOVER, terms, NOON);

const moved = { new: sent(50, 4 * MINUTE) };

describe("the consumers' report", () => {
  test("shows that consumers have moved, when each has sent with the current key and none with the one before", () => {
    expect(judge({ reports: reported({ login: moved, billing: moved }) })).toEqual({ kind: "moved" });
  });

  test.each([
    ["no data at all", reported({}), /consumer login has reported nothing of the current key/],
    ["a consumer that never reports", reported({ login: moved }), /consumer billing has reported nothing/],
    [
      "reports that CloudWatch does not give",
      { kind: "unknown", because: "GetMetricData: HTTP 503" } as const,
      /consumers' reports are unknown: GetMetricData: HTTP 503/,
    ],
    [
      "reports that do not reach past the quiet time",
      reported({ login: moved, billing: moved }, 26 * MINUTE),
      /come late/,
    ],
  ])("is unknown with %s", (_, reports, because) => {
    expect(judge({ reports })).toMatchObject({ kind: "unknown", because: expect.stringMatching(because) });
  });

  test("is silence where a consumer has not sent often enough with the current key", () => {
    const reports = reported({ login: moved, billing: { new: sent(2, 4 * MINUTE) } });
    expect(judge({ reports }, { ...TERMS, minSample: 3 })).toMatchObject({
      kind: "silent",
      because: expect.stringMatching(/consumer billing reports 2 uses of the current key, 3 needed/),
    });
  });

  test("is a veto, with the name of the service, where a straggler sends with the key before at the last minute", () => {
    const reports = reported({ login: moved, billing: { ...moved, old: sent(1, 3 * MINUTE) } });
    expect(judge({ reports })).toEqual({
      kind: "in-use",
      because: "the replaced key was used by billing 180 s ago, and must be quiet for 300 s",
      quietAtMs: NOON + 2 * MINUTE,
    });
  });
});

describe("the provider's last-used time", () => {
  const lastUsed = { resolutionSeconds: 60 };

  test("shows one use of the current key where it is later than any probe before the cutover can have made it", () => {
    const evidence = { ...lastUsed, replacedAtMs: REPLACED_AT, currentAtMs: REPLACED_AT + 61_000 };
    expect(judge({ lastUsed: evidence })).toEqual({ kind: "moved" });
  });

  test("shows nothing where a probe has moved it: the one before the cutover counts for nobody", () => {
    const evidence = { ...lastUsed, replacedAtMs: REPLACED_AT, currentAtMs: REPLACED_AT + 60_000 };
    expect(judge({ lastUsed: evidence })).toMatchObject({ kind: "silent" });
    expect(judge({ lastUsed })).toMatchObject({ kind: "silent" });
  });

  test("stands for uses up to its resolution later", () => {
    const evidence = { resolutionSeconds: 900, replacedAtMs: NOON - 16 * MINUTE, currentAtMs: NOON };
    expect(judge({ lastUsed: evidence })).toMatchObject({ kind: "in-use", quietAtMs: NOON + 4 * MINUTE });
  });

  test("is not enough where the policy wants more than one use", () => {
    const evidence = { ...lastUsed, replacedAtMs: REPLACED_AT, currentAtMs: NOON };
    expect(judge({ lastUsed: evidence }, { ...TERMS, minSample: 2 })).toMatchObject({ kind: "unknown" });
  });
});

describe("several kinds at once", () => {
  const sends = { replaced: counted(9, 20 * MINUTE), current: counted(50, 0) };

  test("the strongest answers: a weaker one that knows nothing takes nothing away", () => {
    expect(judge({ sends, lastUsed: { resolutionSeconds: 60 }, reports: reported({}) })).toEqual({
      kind: "moved",
    });
  });

  test("the strongest answers: a weaker one does not stand in for it while it is down", () => {
    const unknown = { kind: "unknown", because: "HTTP 500" } as const;
    const reports = reported({ login: moved, billing: moved });
    expect(judge({ sends: { replaced: unknown, current: unknown }, reports })).toMatchObject({
      kind: "unknown",
    });
  });

  test("any use of the key before is a veto, from whichever kind", () => {
    const reports = reported({ login: moved, billing: { old: sent(1, MINUTE) } });
    expect(judge({ sends, reports })).toMatchObject({ kind: "in-use" });
    const late = { replaced: counted(9, 0), current: counted(50, 0) };
    expect(judge({ sends: late, reports })).toMatchObject({
      because: "the replaced key was used by billing 0 s ago, and must be quiet for 300 s",
    });
    const lastUsed = { resolutionSeconds: 60, replacedAtMs: NOON - MINUTE };
    expect(judge({ sends, lastUsed })).toMatchObject({ kind: "in-use" });
  });

  test.each([
    ["replaced", { replaced: counted(0), current: counted(50, 0) }, { old: sent(7, 20 * MINUTE), ...moved }],
    ["current", { replaced: counted(9, 20 * MINUTE), current: counted(0) }, moved],
  ] as const)("a contradiction about the %s key holds, and says where to look", (which, lists, billing) => {
    const verdict = judge({ sends: lists, reports: reported({ login: moved, billing }) });
    expect(verdict).toMatchObject({ kind: "contradiction" });
    expect(verdict.kind === "contradiction" && verdict.because).toMatch(
      new RegExp(`sends with the ${which} key since the cutover, and the provider lists none`),
    );
  });

  test("the last sends in the minute of the cutover are no contradiction", () => {
    const atCutover = { sends: 3, rejections: 0, lastSendAtMs: REPLACED_AT + MINUTE };
    const lists = { replaced: counted(0), current: counted(50, 0) };
    expect(judge({ sends: lists, reports: reported({ login: { ...moved, old: atCutover } }) })).toEqual({
      kind: "moved",
    });
  });

  test("no kind at all is unknown", () => {
    expect(judge({})).toMatchObject({
      kind: "unknown",
      because: expect.stringMatching(/no consumer reports/),
    });
  });
});
