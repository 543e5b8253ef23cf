import { describe, expect, test } from "vitest";
import { buildPage } from "../../../rehearsal/page/page.ts";
import { readAt } from "../../../rehearsal/page/readout.ts";
import { tellRun } from "../../../rehearsal/page/run.ts";
import type { LeakReport } from "../../../rehearsal/report/leak.ts";
import { CLEAN, cutoverAndLeak, leak, theLeak } from "./leaks.ts";
import { at, cutover, naive, OLD } from "./reports.ts";

/** What is there for somebody without JavaScript. */
const readable = (markup: string) =>
  markup
    .replace(/<(script|style)[^>]*>[\s\S]*?<\/\1>/g, "")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ");

const pageOf = async (changed: Partial<LeakReport> = {}) =>
  readable(await buildPage([{ ...leak, leak: { ...theLeak, ...changed } }]));

describe("the page of a leak", () => {
  test("says in its heading how soon the leaked key was dead, and that no login failed", async () => {
    expect(await pageOf()).toContain(
      "4,001 logins while a key leaked. 0 failed. The leaked key was dead in 700 ms.",
    );
  });

  test("answers at one glance when it leaked, how soon it was contained, and what it cost", async () => {
    const text = await pageOf();
    expect(text).toContain("Leaked at 3.0 s told at 5.0 s");
    expect(text).toContain("Contained after 700 ms 2 calls deep, proven after 4.0 s");
    expect(text).toContain("Attacker’s sends accepted after 0 80 before, 320 refused");
    expect(text).toContain("Logins failed 0 6 saved with the clean key");
  });

  test("lists the findings with masked numbers and their reasons", async () => {
    const text = await pageOf();
    expect(text).toContain("alarm unseen country 52 sends, 1 expected · LK · 13.00 INR");
    expect(text).toContain("to which this account sends never or rarely. +947•••••461");
  });

  test("lists the calls until the revocation, each with its depth", async () => {
    expect(await pageOf()).toContain("2 0.030 s StartMessaging: delete-key");
  });

  test("says it where the key lives, and where the attacker got through afterwards", async () => {
    const attacker = { ...theLeak.attacker, acceptedAfterContainment: 3 };
    expect(await pageOf({ containmentSeconds: null, containedAt: null })).toContain("Contained after never");
    expect(await pageOf({ attacker })).toContain("Attacker’s sends accepted after 3 77 before");
  });

  test("says that there is no review where the vendor does not list what was sent", async () => {
    expect(await pageOf({ review: null, findings: [] })).toContain("The vendor does not list what was sent");
  });

  test("tells how to play the same leak again", async () => {
    expect(await pageOf({ leaked: "retiring", phase: "overlap" })).toContain(
      "npm start -- leak --leaked retiring ",
    );
    expect(await pageOf({ mode: "revoke-first" })).toContain("npm start -- leak --mode revoke-first");
  });

  test("has none of it where nothing leaked", async () => {
    expect(readable(await buildPage([cutover, naive]))).not.toContain("Contained after");
  });

  test("takes whatever a finding says for text", async () => {
    const [finding] = theLeak.findings;
    const evil = { ...finding, reason: "<img src=x onerror=alert(1)>" } as LeakReport["findings"][number];
    const page = await buildPage([{ ...leak, leak: { ...theLeak, findings: [evil] } }]);
    expect(page).not.toContain("<img");
  });
});

describe("the chart of a leak", () => {
  test("calls the leaked key what it is, and the one after it clean", () => {
    expect(tellRun(leak).keys.map(({ name, hue }) => [name, hue])).toEqual([
      ["leaked key", "old"],
      ["clean key", "clean"],
    ]);
    expect(tellRun(cutoverAndLeak).keys.map(({ id, name }) => [id === CLEAN, name])).toEqual([
      [false, "old key"],
      [false, "leaked key"],
      [true, "clean key"],
    ]);
  });

  test("keeps two leaked keys apart", () => {
    const report = { ...cutoverAndLeak, leak: { ...theLeak, keys: [OLD, CLEAN], leakedAt: at(18.6) } };
    expect(tellRun(report).keys.map(({ name }) => name)).toEqual(["old key", "new key", "clean key"]);
  });

  test("numbers the phases of a leak from one, and after a cutover from where that ended", () => {
    const marksOf = (report: typeof leak) => tellRun(report).phases.flatMap(({ mark }) => mark ?? []);
    expect(marksOf(leak)).toEqual(["1", "2", "3"]);
    const phases = [...cutover.phases, ...leak.phases.slice(1)];
    expect(marksOf({ ...cutoverAndLeak, phases })).toEqual(["1", "3", "5", "7", "8", "9"]);
  });

  test("reads out what the attacker got through with, and what was refused", () => {
    const linesAt = (seconds: number) =>
      readAt(tellRun(leak), seconds).lines.flatMap(({ name, value, tone }) =>
        name.startsWith("attacker") ? [`${name}: ${value} (${tone})`] : [],
      );
    expect(linesAt(2.5)).toEqual([]);
    expect(linesAt(3.5)).toEqual([
      "attacker, accepted: 40 per s (fail)",
      "attacker, refused: 0 per s (none)",
    ]);
    expect(linesAt(7.5)).toEqual([
      "attacker, accepted: 0 per s (none)",
      "attacker, refused: 40 per s (none)",
    ]);
  });

  test("marks when the leaked key was dead", () => {
    expect(tellRun(leak).contained).toBe(5.7);
    expect(tellRun(cutover).contained).toBeNull();
  });
});
