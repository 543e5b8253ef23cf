import { describe, expect, it } from "vitest";
import type { Send } from "../../../core/cutover/key-provider.ts";
import { type ReadRequest, readSends } from "../../../core/review/read-sends.ts";
import { DAY, EXPOSURE, HOUR } from "./a-review.ts";

const PAGE: readonly Send[] = [{ atMs: EXPOSURE.sinceMs }];

/** Reads from a provider of two pages a day, each of which takes a second, and notes what was asked for. */
function aReading(
  overrides: Partial<ReadRequest> = {},
  {
    failOn = () => false,
    room = Number.POSITIVE_INFINITY,
  }: { failOn?: (sinceMs: number) => boolean; room?: number } = {},
) {
  const asked: string[] = [];
  let [pages, nowMs] = [0, EXPOSURE.untilMs];
  const request: ReadRequest = {
    list: async function* ({ sinceMs, untilMs }) {
      asked.push(`${dayOf(sinceMs)}..${dayOf(untilMs)}`);
      nowMs += 1000;
      yield PAGE;
      if (failOn(sinceMs)) throw new Error("startmessaging: got HTTP 503");
      nowMs += 1000;
      yield PAGE;
    },
    reviewer: {
      add: () => void pages++,
      get isFull() {
        return pages >= room;
      },
    },
    exposure: EXPOSURE,
    baselineWeeks: 1,
    now: () => nowMs,
    deadlineMs: EXPOSURE.untilMs + HOUR,
    ...overrides,
  };
  return { asked, request, pages: () => pages };
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(5, 13);
}

describe("the reading for a review", () => {
  it("begins with the exposure, the latest day first, and goes on backwards", async () => {
    const { asked, request, pages } = aReading();
    expect(await readSends(request)).toEqual({ kind: "complete" });
    expect(asked).toHaveLength(9);
    expect(asked.slice(0, 3)).toEqual(["06-02T00..06-03T00", "06-01T00..06-02T00", "05-31T00..06-01T00"]);
    expect(pages()).toBe(18);
  });

  it("keeps what it has when the time is over, and says from when on it is whole", async () => {
    const { asked, request, pages } = aReading({ deadlineMs: EXPOSURE.untilMs + 2500 });
    expect(await readSends(request)).toEqual({
      kind: "partial",
      readSince: "2026-06-02T00:00:00.000Z",
      because: "the time for the review was over",
    });
    expect(asked).toHaveLength(2);
    expect(pages()).toBe(3);
  });

  it("is complete where the time is over in the baseline: the review says what that was", async () => {
    const { request, pages } = aReading({ deadlineMs: EXPOSURE.untilMs + 5000 });
    expect(await readSends(request)).toEqual({ kind: "complete" });
    expect(pages()).toBe(5);
  });

  it("keeps the pages before one that failed, and reads the other days", async () => {
    const { asked, request, pages } = aReading(
      {},
      { failOn: (sinceMs) => sinceMs === EXPOSURE.sinceMs + DAY },
    );
    expect(await readSends(request)).toEqual({
      kind: "partial",
      because: "the provider's list of sends ended early: startmessaging: got HTTP 503",
    });
    expect(asked).toHaveLength(9);
    expect(pages()).toBe(17);
  });

  it("stops asking a provider that fails again and again", async () => {
    const exposure = { sinceMs: EXPOSURE.untilMs - 30 * DAY, untilMs: EXPOSURE.untilMs };
    const { asked, request } = aReading({ exposure }, { failOn: () => true });
    expect(await readSends(request)).toMatchObject({ kind: "partial" });
    expect(asked).toHaveLength(3);
  });

  it("asks first for the day that the provider is about to forget, and for nothing before it", async () => {
    const exposure = { sinceMs: EXPOSURE.untilMs - 5 * DAY, untilMs: EXPOSURE.untilMs };
    const { asked, request } = aReading({ exposure, reachHours: 60 });
    expect(await readSends(request)).toEqual({
      kind: "partial",
      readSince: "2026-05-31T12:00:00.000Z",
      because: "the provider goes back 60 hours, and the exposure began before",
    });
    expect(asked).toEqual(["05-31T12..06-01T00", "06-02T00..06-03T00", "06-01T00..06-02T00"]);
  });

  it("reads no baseline from before what the provider remembers", async () => {
    const { asked, request } = aReading({ reachHours: 72 });
    expect(await readSends(request)).toEqual({ kind: "complete" });
    expect(asked.at(-1)).toBe("05-31T00..06-01T00");
  });

  it("says so where there are more sends than a review keeps", async () => {
    const { asked, request } = aReading({}, { room: 1 });
    expect(await readSends(request)).toEqual({
      kind: "partial",
      because: "there were more sends than a review keeps",
    });
    expect(asked).toHaveLength(1);
  });

  it("asks for nothing where the time is over before it begins", async () => {
    const { asked, request } = aReading({ deadlineMs: EXPOSURE.untilMs });
    expect(await readSends(request)).toMatchObject({ because: "the time for the review was over" });
    expect(asked).toEqual([]);
  });
});
