import { stripVTControlCharacters, styleText } from "node:util";
import { describe, expect, it } from "vitest";
import { rehearse } from "../../rehearsal/rehearse.ts";
import { formsOf, holdsKey } from "../../rehearsal/report/secrecy.ts";
import { cutover } from "../../rehearsal/scenarios/cutover.ts";
import { naive } from "../../rehearsal/scenarios/naive.ts";
import { drawFrame } from "../../rehearsal/screen/frame.ts";
import type { Paint } from "../../rehearsal/screen/paint.ts";
import { summarize } from "../../rehearsal/screen/summary.ts";
import type { Stage } from "../../rehearsal/stage.ts";
import { startMessaging } from "../../rehearsal/vendors/startmessaging.ts";

const paint: Paint = (style, text) => styleText(style, text, { validateStream: false });
const REQUEST = { vendor: startMessaging, rate: 20, seconds: 5, seed: 1, json: undefined };
const signal = new AbortController().signal;
const widest = (text: string) =>
  Math.max(
    ...stripVTControlCharacters(text)
      .split("\n")
      .map((line) => line.length),
  );

describe.concurrent("what is shown", () => {
  it("fits into 80 columns, names every key by its id, and holds none", { timeout: 60_000 }, async () => {
    const frames: string[] = [];
    let stage: Stage | undefined;
    let timer: NodeJS.Timeout | undefined;
    const onStage = (set: Stage) => {
      stage = set;
      const draw = () => void frames.push(drawFrame(set, { columns: 80, nowMs: Date.now(), paint }));
      timer = setInterval(draw, 100);
    };
    const report = await rehearse({ ...REQUEST, scenario: naive }, { signal, onStage });
    clearInterval(timer);
    const shown = [...frames, summarize(report, paint, report)].join("\n");
    expect(frames.length).toBeGreaterThan(30);
    expect(widest(shown)).toBeLessThanOrEqual(80);
    expect(new Set(frames.map((frame) => frame.split("\n").length)).size).toBeLessThanOrEqual(2);
    expect(report.keys.length).toBe(3);
    for (const { id } of report.keys) expect(shown).toContain(id.slice(0, 8));
    const { firstKey, vendor } = stage?.world ?? {};
    const needles = [firstKey, vendor?.strangersKey].flatMap((key) => formsOf(key?.fields.apiKey ?? ""));
    expect(needles.length).toBeGreaterThan(0);
    expect(holdsKey(shown + JSON.stringify(report), needles, startMessaging.looksLike)).toBe(false);
  });

  it("says what it was waiting for when time runs out", { timeout: 60_000 }, async () => {
    const scenario = { ...cutover, limitSeconds: 14 };
    const report = await rehearse({ ...REQUEST, scenario }, { signal, onStage: () => undefined });
    const text = stripVTControlCharacters(summarize(report, paint));
    expect(report.passed).toBe(false);
    expect(text).toContain("FAILED");
    expect(text).toContain("Time ran out. It was waiting for:");
    expect(report.waitedFor.length).toBeGreaterThan(1);
    expect(report.logins.failed).toBe(0);
  });
});
