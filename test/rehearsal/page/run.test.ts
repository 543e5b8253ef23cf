import { expect, test } from "vitest";
import { readAt } from "../../../rehearsal/page/readout.ts";
import { tellRun } from "../../../rehearsal/page/run.ts";
import { at, badKey, cutover, inPlace, NEW, naive, OLD } from "./reports.ts";

test("tells the life of a key without a gap, from the first login to the last", () => {
  const [old, next] = tellRun(cutover).keys;
  expect(old).toEqual({
    id: OLD,
    name: "old key",
    hue: "old",
    spans: [
      { state: "current", from: 0, to: 3 },
      { state: "retiring", from: 3, to: 9 },
      { state: "condemned", from: 9, to: 18 },
      { state: "revoked", from: 18, to: 18.5 },
      { state: "dead", from: 18.5, to: 20 },
    ],
  });
  expect(next?.spans).toEqual([
    { state: "made", from: 2.5, to: 3 },
    { state: "current", from: 3, to: 20 },
  ]);
});

test("calls a key revoked, and nothing else, from when its successor has taken its place", () => {
  const [old] = tellRun(inPlace).keys;
  expect(old?.spans).toEqual([
    { state: "current", from: 0, to: 3 },
    { state: "revoked", from: 3, to: 12 },
    { state: "dead", from: 12, to: 20 },
  ]);
});

test("shows that a key that was gone back to was retiring in between", () => {
  const [old, bad] = tellRun(badKey).keys;
  expect(old?.spans).toEqual([
    { state: "current", from: 0, to: 3 },
    { state: "retiring", from: 3, to: 6.6 },
    { state: "current", from: 6.6, to: 20 },
  ]);
  expect(bad?.spans.map(({ state }) => state)).toEqual(["made", "current", "retiring", "revoked", "dead"]);
});

test("ends the lane of a task where it was stopped", () => {
  const [first, ...others] = cutover.services;
  const services = first ? [{ ...first, until: at(5) }, ...others] : [];
  const [stopped, running] = tellRun({ ...cutover, services }).services;
  expect([stopped?.spans.at(-1)?.to, running?.spans.at(-1)?.to]).toEqual([5, 20]);
});

test("draws no stranger's key", () => {
  expect(tellRun(cutover).keys.map(({ name }) => name)).toEqual(["old key", "new key"]);
});

test("calls the key that took the old one's place new, whatever else was made", () => {
  const lost = { ...cutover.keys[2], id: "dddddddd", promoted: null };
  const report = { ...cutover, keys: [...cutover.keys, lost] } as typeof cutover;
  expect(tellRun(report).keys.map(({ name }) => name)).toEqual(["old key", "new key", "key 3"]);
});

test("shows from when on a service sent with a dead key", () => {
  expect(tellRun(naive).services[1]?.spans).toEqual([
    { key: OLD, from: 1, to: 3.01, works: true },
    { key: OLD, from: 3.01, to: 6, works: false },
    { key: NEW, from: 6, to: 20, works: true },
  ]);
});

test("leaves out the last second, which the end of the load cuts short", () => {
  expect(tellRun(cutover).seconds).toBe(20);
});

test("keeps a last second in which a login failed", () => {
  const sends = cutover.sends.map((one) => (one.second === 20 ? { ...one, failed: 1 } : one));
  expect(tellRun({ ...cutover, sends }).sends.at(-1)?.failed).toBe(1);
});

test("numbers the phases in the order of a cutover, and leaves what is before and after it unnumbered", () => {
  const phases = tellRun(cutover).phases.map(({ name, mark }) => [name, mark]);
  expect(phases).toEqual([
    ["steady", null],
    ["make", "1"],
    ["overlap", "3"],
    ["fence", "5"],
    ["after", null],
  ]);
});

test("takes what a script does for one moment", () => {
  expect(tellRun(naive).phases).toMatchObject([{ name: "script", from: 2.99, to: 3.01 }]);
});

test("reads an instant out: states, services, logins and failures", () => {
  const { title, lines } = readAt(tellRun(cutover), 4.5);
  expect(title).toBe("4.5 s, overlap");
  expect(lines.map(({ name, value }) => `${name}: ${value}`)).toEqual([
    "old key: retiring",
    "new key: current",
    "services, old key: 1",
    "services, new key: 1",
    "logins, new key: 200 per s",
    "failed logins: 0 per s",
  ]);
});

test("reads out who sends with a dead key, and how many logins that fails", () => {
  const { lines } = readAt(tellRun(naive), 3.5);
  expect(lines.filter(({ tone }) => tone === "fail").map(({ name, value }) => `${name}: ${value}`)).toEqual([
    "services, dead key: 2",
    "failed logins: 150 per s",
  ]);
});

test("reads out a fault near the cursor, and none that is far from it", () => {
  const fault = { at: at(5), kind: "fault", what: "GetSecretValue", because: "killed before it was applied" };
  const run = tellRun({ ...cutover, events: [fault] });
  const faultsAt = (seconds: number) => readAt(run, seconds).lines.filter(({ tone }) => tone === "fault");
  expect(faultsAt(5.1).map(({ value }) => value)).toEqual(["GetSecretValue: killed before it was applied"]);
  expect(faultsAt(6)).toEqual([]);
});
