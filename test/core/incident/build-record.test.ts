import { describe, expect, it } from "vitest";
import type { Asked } from "../../../core/incident/build-record.ts";
import { anObservation, aSecret, aVersion, holding } from "../cutover/a-world.ts";
import { anEntry, at, iso, leaked, WatchedRun } from "./a-leak.ts";

const SECRET = aSecret([holding("11111111", "key-1", { isCurrent: true, labels: [leaked()] })]);
const OPEN = anObservation(SECRET);
const ASKED: Asked = { atMs: at(0), mode: "replace-first", reason: "INC-1" };
const CLOCK = { kind: "reconcile" } as const;
const aRun = () => new WatchedRun().see(1, OPEN);

describe("the time line of a record", () => {
  const make = anEntry({
    effect: "make-key",
    because: "it needs a successor",
    outcome: "not-applied",
    error: "HTTP 503",
  });
  const revoke = anEntry({ outcome: "not-applied", keyId: "key-1", error: "HTTP 503" });

  it("has one line for what was tried again and again, also in turns, with how often and when last", () => {
    const run = aRun();
    for (let second = 0; second < 53; second += 1) run.record(second, make).record(second + 0.5, revoke);
    expect(run.write().effects).toMatchObject([
      { effect: "make-key", at: iso(0), times: 53, lastAt: iso(52) },
      { effect: "revoke-key", at: iso(0.5), times: 53, lastAt: iso(52.5) },
    ]);
  });

  it("goes on with that line in the next run, and shows its newest error", () => {
    const record = aRun().record(2, make).write();
    const next = new WatchedRun()
      .see(300, OPEN, CLOCK)
      .record(301, { ...make, error: "HTTP 504" })
      .write(record);
    expect(next.effects).toMatchObject([{ at: iso(2), times: 2, lastAt: iso(301), failure: "HTTP 504" }]);
  });

  it("keeps apart what came to another end, or was done for another reason", () => {
    const run = aRun()
      .record(1, revoke)
      .record(2, { ...revoke, because: "it is late" });
    run.record(3, anEntry({ keyId: "key-1" })).record(4, anEntry({ keyId: "key-2" }));
    expect(run.write().effects).toHaveLength(4);
  });

  it("keeps how it began and how it ended, where there is no room for all of it", () => {
    const run = aRun();
    for (let second = 0; second < 500; second += 1) run.record(second, anEntry({ keyId: `key-${second}` }));
    const { effects } = run.write();
    expect(effects).toHaveLength(400);
    expect([effects[0], effects[99], effects[100], effects[399]].map((effect) => effect?.at)).toEqual(
      [0, 99, 200, 499].map(iso),
    );
  });

  it("tells once what was written when the run began, and again when it ended", () => {
    const run = aRun().record(1, anEntry({ effect: "attach", label: "leaked" }));
    const begun = run.write(undefined, { asked: ASKED });
    const ended = run.record(2, anEntry({ keyId: "key-1" })).write(begun, { asked: ASKED, outcome: "done" });
    expect(ended.effects.map(({ effect, times }) => [effect, times])).toEqual([
      ["attach", undefined],
      ["revoke-key", undefined],
    ]);
    expect(ended.runs).toMatchObject([
      { by: "responder", outcome: "done", reason: "INC-1", endedAt: iso(2) },
    ]);
  });
});

describe("a drill", () => {
  const drill = { asked: { ...ASKED, drill: true } } as const;

  it("is no drill any more when somebody joins it for whom it is real", () => {
    const record = aRun().write(undefined, drill);
    expect(record.drill).toBe(true);
    expect(aRun().write(record).drill).toBe(true);
    expect(aRun().write(record, { asked: ASKED }).drill).toBe(false);
  });

  it("takes nothing back when it joins a leak", () => {
    expect(aRun().write(aRun().write(undefined, { asked: ASKED }), drill).drill).toBe(false);
  });
});

describe("a record from before", () => {
  it("keeps what a newer version of dualkey has written", () => {
    const { keys, ...before } = aRun().write();
    const newer = { ...before, blast: "wide", keys: keys.map((key) => ({ ...key, seenIn: "a log" })) };
    const after = aRun().build(newer);
    expect(after).toMatchObject({ blast: "wide", keys: [{ seenIn: "a log" }] });
  });

  it("is of when the leak was first known, where two people know", () => {
    const record = aRun().write(undefined, { asked: { ...ASKED, leakedAt: iso(-60) } });
    const earlier = aRun().write(record, { asked: { ...ASKED, leakedAt: iso(-600) } });
    expect(earlier.exposure).toMatchObject({ since: iso(-600), sinceIs: "leaked-at" });
    expect(aRun().write(earlier, { asked: { ...ASKED, leakedAt: iso(-60) } }).exposure.since).toBe(iso(-600));
  });

  it("is not added to by the clock when it is closed, but for what is not owed any more", () => {
    const gone = anObservation(aSecret([aVersion("22222222", { isCurrent: true })]));
    const ended = aRun().see(2, gone);
    const closed = ended.write(undefined, { asked: ASKED, holds: [{ because: "a fence", alarm: false }] });
    expect(closed).toMatchObject({ state: "closed", held: [{ because: "a fence" }] });
    const tick = aRun()
      .see(2, gone)
      .record(300, anEntry({ effect: "detach", label: "leaked" }));
    expect(tick.write(closed)).toEqual({ ...closed, held: [] });
    expect(tick.write(closed, { asked: ASKED, startedAtMs: at(299) }).runs).toHaveLength(2);
  });

  it("keeps the first runs and the newest, where the clock has come back for days", () => {
    let record = aRun().write(undefined, { asked: ASKED });
    for (let hour = 1; hour <= 120; hour += 1) {
      const run = new WatchedRun()
        .see(hour * 3600, OPEN, CLOCK)
        .record(hour * 3600, anEntry({ keyId: `k${hour}` }));
      record = run.write(record, { startedAtMs: at(hour * 3600) });
    }
    expect(record.runs).toHaveLength(100);
    expect([record.runs[0]?.by, record.runs.at(-1)?.startedAt]).toEqual(["responder", iso(120 * 3600)]);
  });
});
