import { describe, expect, it } from "vitest";
import { OutageWatch } from "../../rehearsal/watch/outage.ts";

const T = Date.parse("2026-04-14T08:00:00.000Z");

describe("the outage of a rotation in place", () => {
  it("lasts from the old key's first refusal to the last login that failed", () => {
    const outage = new OutageWatch();
    outage.noteRefusal(T);
    outage.noteRefusal(T + 400);
    for (const atMs of [T + 3, T + 900, T + 2_800]) outage.noteFailure(atMs);
    expect(outage.measure(5)).toEqual({ fromMs: T, toMs: T + 2_800, failed: 3, failedOutside: 0 });
  });

  it("does not take a failure for its own that came before it, or after all that the policy allows", () => {
    const outage = new OutageWatch();
    outage.noteFailure(T - 1);
    outage.noteRefusal(T);
    outage.noteFailure(T + 5_000);
    outage.noteFailure(T + 5_001);
    expect(outage.measure(5)).toEqual({ fromMs: T, toMs: T + 5_000, failed: 1, failedOutside: 2 });
  });

  it("is none where the old key was never refused and no login failed", () => {
    expect(new OutageWatch().measure(5)).toBeUndefined();
  });
});
