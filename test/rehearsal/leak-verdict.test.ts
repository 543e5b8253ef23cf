import { describe, expect, it } from "vitest";
import type { LeakReport } from "../../rehearsal/report/leak.ts";
import { judgeLeak } from "../../rehearsal/report/leak-checks.ts";
import { theLeak } from "./page/leaks.ts";
import { OLD } from "./page/reports.ts";

/** What is broken of P5, where the leaked key is dead at the vendor or works. */
function brokenIn(changed: Partial<LeakReport>, { works = false } = {}): readonly string[] {
  const life = { id: OLD, createdAtMs: 0, role: works ? "current" : "revoked" };
  const lives = { get: () => (works ? life : { ...life, revokedAtMs: 1 }) };
  const watch = { lives } as unknown as Parameters<typeof judgeLeak>[0]["watch"];
  return judgeLeak({ watch }, { ...theLeak, ...changed }).broken;
}

describe("P5, that a leaked key dies", () => {
  it("is kept where the key was dead in time, and nothing of the attacker's got through afterwards", () => {
    expect(brokenIn({})).toEqual([]);
  });

  it("is broken where the key died too late", () => {
    expect(brokenIn({ containmentSeconds: 60.1 })).toEqual([
      "the leaked key was not dead 60 s after the request",
    ]);
  });

  it("is broken where the key lives, and where a run calls that contained", () => {
    const alive = { containmentSeconds: null, containedAt: null };
    const open = { answer: { outcome: "wait", result: "", next: "" }, incident: null };
    expect(brokenIn({ ...alive, ...open }, { works: true })).toEqual([
      "the leaked key was not dead 60 s after the request",
    ]);
    expect(brokenIn(alive, { works: true })).toContain("it was called contained, and aaaaaaaa works");
  });

  it("is broken by one send of the attacker that was accepted after containment", () => {
    const attacker = { ...theLeak.attacker, acceptedAfterContainment: 1 };
    expect(brokenIn({ attacker })).toEqual(["1 sends of the attacker were accepted after containment"]);
  });
});
