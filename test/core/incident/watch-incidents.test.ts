import { describe, expect, it } from "vitest";
import { anObservation, aSecret, holding } from "../cutover/a-world.ts";
import { anEntry, at, GOAL, leaked, WatchedRun } from "./a-leak.ts";

const CLOCK = { kind: "reconcile" } as const;
const first = (...labels: ReturnType<typeof leaked>[]) =>
  holding("11111111", "key-1", { isCurrent: true, labels });
const bornAt = (seconds: number, id = "22222222") => ({
  ...holding(id, `key-of-${id}`),
  labels: [{ kind: "live", v8: id, atMs: at(seconds) } as const],
});

function incidentsIn(...versions: Parameters<typeof aSecret>[0]) {
  const run = new WatchedRun().see(10, anObservation(aSecret(versions)), CLOCK);
  return run.watch.incidents().map(({ target, atMs, marks }) => ({ target, atMs, marks: marks.length }));
}

describe("two marks of every key", () => {
  it("are one incident, the older one's, where two people asked in the same moment", () => {
    expect(incidentsIn(first(leaked("all", at(0.7)), leaked()), bornAt(2))).toEqual([
      { target: "all", atMs: at(0), marks: 2 },
    ]);
  });

  it("are one also where the other's, older label is shown later than one's own", () => {
    const own = { ...GOAL, atMs: at(0.7) };
    const run = new WatchedRun().see(1, anObservation(aSecret([first(leaked("all", at(0.7)))])), own);
    run.see(2, anObservation(aSecret([first(leaked("all", at(0.7)), leaked())])), own);
    run.see(3, anObservation(aSecret([first(leaked("all", at(0.7)))])), own);
    expect(run.watch.incidents()).toMatchObject([{ atMs: at(0), deadlineMs: at(60), marks: [{}, {}] }]);
  });

  it("are two where a key was born in between: the replacement has leaked, too", () => {
    expect(incidentsIn(first(leaked(), leaked("all", at(90))), bornAt(2))).toEqual([
      { target: "all", atMs: at(0), marks: 1 },
      { target: "all", atMs: at(90), marks: 1 },
    ]);
  });
});

describe("two marks of one key", () => {
  it("are one incident, whatever was born in between", () => {
    expect(incidentsIn(first(leaked("key-1"), leaked("key-1", at(90))), bornAt(2))).toHaveLength(1);
  });
});

describe("a mark of one key beside one of every key", () => {
  it("is part of it where that covers the key", () => {
    expect(incidentsIn(first(leaked(), leaked("key-1", at(5))))).toEqual([
      { target: "all", atMs: at(0), marks: 2 },
    ]);
  });

  it("is another leak where the key is younger, or was named before", () => {
    expect(incidentsIn(first(leaked(), leaked("key-of-22222222", at(5))), bornAt(2))).toHaveLength(2);
    expect(incidentsIn(first(leaked("key-1"), leaked("all", at(5))))).toHaveLength(2);
  });
});

it("tells what the leak response goes by, and nothing of the clock's runs", () => {
  const observation = anObservation(aSecret([first(leaked())]));
  expect(new WatchedRun().see(1, observation).watch.goal()).toEqual(GOAL);
  expect(new WatchedRun().see(1, observation, CLOCK).watch.goal()).toBeUndefined();
});

it("is about the key that a version of the secret is named by, and of none that only was there", () => {
  const run = new WatchedRun().see(1, anObservation(aSecret([first(leaked("key-1")), bornAt(-60)])), CLOCK);
  run.record(2, anEntry({ keyId: "key-of-22222222" }));
  expect(run.watch.incidents()).toMatchObject([{ keys: [{ keyId: "key-1" }] }]);
  expect(run.watch.incidents()[0]?.keys).toHaveLength(1);
});
