import { describe, expect, it } from "vitest";
import type { IncidentRecord } from "../../contract/incident-record.ts";
import type { Policy } from "../../contract/policy.ts";
import type { Asked } from "../../core/incident/build-record.ts";
import { keepDeaths } from "../../lambda/keep-deaths.ts";
import { keepIncidents } from "../../lambda/keep-incidents.ts";
import type { Facts, MetricName } from "../../lambda/telemetry.ts";
import { anObservation, aSecret, aVersion, holding } from "../core/cutover/a-world.ts";
import { accepted, anEntry, at, leaked, rejected, WatchedRun } from "../core/incident/a-leak.ts";
import { MemoryRecords } from "./memory-records.ts";

const CLOCK = { kind: "reconcile" } as const;
const ASKED: Asked = { atMs: at(0), mode: "replace-first", reason: "INC-1" };
const first = (...labels: ReturnType<typeof leaked>[]) =>
  holding("11111111", "key-1", { isCurrent: true, labels });
const SECRET = aSecret([first(leaked())]);
const REVOKED = anObservation(SECRET, { run: { revoked: ["key-1"] } });

/** What is behind a keeper: a bucket, a bus, and limits of time that a test ends. */
class Around {
  readonly records = new MemoryRecords();
  readonly told: IncidentRecord["state"][] = [];
  readonly counted: [MetricName, number | undefined][] = [];
  readonly logs: (Facts & { message: string })[] = [];
  readonly limitsMs: number[] = [];
  readonly #limit = new AbortController();
  announce: (record: IncidentRecord) => Promise<void> = async ({ state }) => void this.told.push(state);

  get parts() {
    return {
      incidents: {
        deployment: "keys",
        records: this.records,
        announcer: { announceIncident: (record: IncidentRecord) => this.announce(record) },
        timeout: (ms: number) => {
          this.limitsMs.push(ms);
          return this.#limit.signal;
        },
      },
      telemetry: {
        log: (_: string, message: string, facts: Facts) => void this.logs.push({ message, ...facts }),
        count: (metric: MetricName, value?: number) => void this.counted.push([metric, value]),
        flush: () => undefined,
      },
      signal: new AbortController().signal,
      now: () => at(9),
    };
  }

  endLimits(): void {
    this.#limit.abort();
  }

  keeper({ watch }: WatchedRun, asked?: Asked) {
    const policy = { environment: "production", provider: { id: "startmessaging" } } as Policy;
    const run = { watch, policy, secret: "prod/otp", startedAtMs: at(0), ...(asked ? { asked } : {}) };
    return keepIncidents(run, this.parts);
  }

  end(run: WatchedRun, asked?: Asked) {
    return this.keeper(run, asked).end({ kind: "done" });
  }

  count(metric: MetricName): readonly (number | undefined)[] {
    return this.counted.filter(([name]) => name === metric).map(([, value]) => value);
  }
}

describe("the record of a leak that a run is for", () => {
  it("is begun as soon as the run sees it, once, and told", async () => {
    const around = new Around();
    const run = new WatchedRun();
    const keeper = around.keeper(run, ASKED);
    keeper.begin();
    run.see(1, anObservation(SECRET));
    keeper.begin();
    keeper.begin();
    await expect.poll(() => around.records.written).toHaveLength(1);
    expect(around.records.written).toMatchObject([
      {
        state: "open",
        drill: false,
        keys: [{ keyId: "key-1" }],
        runs: [{ outcome: "wait", reason: "INC-1" }],
      },
    ]);
    expect(around.told).toEqual(["open"]);
    run.record(2, anEntry({ keyId: "key-1" })).see(2, REVOKED);
    await expect(keeper.end({ kind: "done" })).resolves.toMatchObject({ own: { state: "contained" } });
    expect(around.records.incidents.size).toBe(1);
    expect(around.records.written.at(-1)).toMatchObject({ runs: [{ outcome: "done" }], held: [] });
    expect(around.told).toEqual(["open", "contained"]);
  });

  it("says that its run has ended with an error", async () => {
    const around = new Around();
    await around.keeper(new WatchedRun().see(1, anObservation(SECRET))).end(undefined);
    expect(around.records.written).toMatchObject([{ runs: [{ outcome: "wait" }], held: [{ alarm: true }] }]);
  });

  it("is told while the bucket does not answer, and not waited for longer than 5 s a call", async () => {
    const around = new Around();
    around.records.mood = "hangs";
    const ended = around.end(new WatchedRun().see(1, anObservation(SECRET)));
    await expect.poll(() => around.limitsMs).toEqual([5_000]);
    around.endLimits();
    await expect(ended).resolves.toMatchObject({ incidents: [{ state: "open" }] });
    expect(around.told).toEqual(["open"]);
    expect(around.logs).toMatchObject([{ message: expect.stringMatching(/could not be written/) }]);
  });

  it("is told beside the write, which may take its time, and once by a run that cannot read what it has written", async () => {
    const around = new Around();
    const run = new WatchedRun().see(1, anObservation(SECRET));
    const keeper = around.keeper(run, ASKED);
    let write: () => void = () => undefined;
    around.records.writeIncident = () => new Promise((resolve) => (write = resolve));
    keeper.begin();
    await expect.poll(() => around.told).toEqual(["open"]);
    around.records.mood = "is down";
    write();
    await keeper.end({ kind: "done" });
    expect(around.told).toEqual(["open"]);
  });

  it("is written while the bus does not answer", async () => {
    const around = new Around();
    let answer: () => void = () => undefined;
    around.announce = () => new Promise((resolve) => (answer = resolve));
    const ended = around.end(new WatchedRun().see(1, anObservation(SECRET)));
    await expect.poll(() => around.records.written).toHaveLength(1);
    answer();
    await expect(ended).resolves.toMatchObject({ incidents: [{ state: "open" }] });
  });
});

describe("an incident that has several labels", () => {
  const two = aSecret([first(leaked(), leaked("all", at(0.7)))]);
  const later = aSecret([first(leaked("all", at(0.7)))]);

  it("stays in the record of the older one when that label has come off first", async () => {
    const around = new Around();
    await around.end(new WatchedRun().see(1, anObservation(two), CLOCK));
    await around.end(new WatchedRun().see(300, anObservation(later, { run: { revoked: ["key-1"] } }), CLOCK));
    expect([...around.records.incidents.values()].map(({ record }) => record.state)).toEqual(["contained"]);
  });

  it("leaves no second record open, where both who asked had begun one", async () => {
    const around = new Around();
    await around.end(new WatchedRun().see(1, anObservation(later), CLOCK));
    const [begun] = around.records.written;
    await around.records.writeIncident({ ...(begun as IncidentRecord), id: "20260414T120000.000Z-all" }, {});
    const run = new WatchedRun().see(2, anObservation(two), CLOCK).record(3, anEntry({ keyId: "key-1" }));
    run.see(3, anObservation(two, { run: { revoked: ["key-1"] } }), CLOCK);
    await expect(around.end(run)).resolves.toMatchObject({ incidents: [{ id: "20260414T120000.000Z-all" }] });
    expect([...around.records.incidents.values()].map(({ record }) => record.state)).toEqual([
      "contained",
      "contained",
    ]);
  });
});

describe("an incident with no record under its own label", () => {
  const one = (mark: number) =>
    new WatchedRun().see(100, anObservation(aSecret([first(leaked("all", at(mark)))])), CLOCK);

  it("is kept in that of somebody who asked in the same moment, before or after", async () => {
    for (const [theirs, ours] of [
      [0, 0.7],
      [0.7, 0],
    ] as const) {
      const around = new Around();
      await around.end(one(theirs));
      await expect(around.end(one(ours))).resolves.toMatchObject({
        incidents: [{ id: around.records.written[0]?.id, startedAt: new Date(at(0)).toISOString() }],
      });
      expect(around.records.incidents.size).toBe(1);
    }
  });

  it("is another one where the older was over before it began", async () => {
    const around = new Around();
    await around.end(
      new WatchedRun()
        .see(1, anObservation(SECRET))
        .record(2, anEntry({ keyId: "key-1" }))
        .see(2, REVOKED),
    );
    await around.end(one(90));
    expect(around.records.incidents.size).toBe(2);
  });
});

describe("the alarm of a leak", () => {
  it("is not raised by a drill, and is when somebody joins it for whom it is real", async () => {
    const around = new Around();
    await around.end(new WatchedRun().see(1, anObservation(SECRET)), { ...ASKED, drill: true });
    expect(around.counted).toEqual([["DrillLeakedKeysAlive", 1]]);
    await around.end(new WatchedRun().see(2, anObservation(SECRET)), ASKED);
    expect(around.counted.slice(1)).toEqual([["LeakedKeysAlive", 1]]);
  });

  it("counts a key once that two leaks name", async () => {
    const around = new Around();
    const both = aSecret([first(leaked("key-1"), leaked("all", at(5)))]);
    await around.end(new WatchedRun().see(9, anObservation(both), CLOCK));
    expect(around.counted).toEqual([["LeakedKeysAlive", 1]]);
  });

  it("counts a key that was revoked and is seen to work", async () => {
    const around = new Around();
    await around.end(new WatchedRun().see(1, anObservation(SECRET)).see(2, REVOKED), ASKED);
    const probes = { "11111111": accepted(300) };
    await around.end(new WatchedRun().see(300, anObservation(SECRET, { probes }), CLOCK));
    expect(around.count("LeakedKeysAlive")).toEqual([0, 1]);
  });
});

describe("the time to containment", () => {
  it("is counted by the run that ends the last key, and by none after it", async () => {
    const around = new Around();
    const run = new WatchedRun()
      .see(1, anObservation(SECRET))
      .record(2, anEntry({ keyId: "key-1" }))
      .see(2, REVOKED);
    await around.end(run, ASKED);
    await around.end(new WatchedRun().see(3, REVOKED, CLOCK));
    expect(around.count("ContainmentSeconds")).toEqual([2]);
  });

  it("is not counted by a run that only finds a dead key, while the records are down", async () => {
    const around = new Around();
    around.records.mood = "is down";
    const born = { kind: "live", v8: "22222222", atMs: at(1) } as const;
    const dead = aVersion("11111111", { content: holding("11111111", "key-1").content, labels: [leaked()] });
    const secret = aSecret([dead, { ...holding("22222222", "key-2", { isCurrent: true }), labels: [born] }]);
    const probes = { "11111111": rejected(300), "22222222": accepted(300) };
    const kept = await around.end(new WatchedRun().see(300, anObservation(secret, { probes }), CLOCK));
    expect(kept.incidents).toMatchObject([{ state: "closed" }]);
    expect(around.counted).toEqual([["LeakedKeysAlive", 0]]);
  });
});

it("does not wait for a bucket to remember a dead key for longer than 5 s", async () => {
  const around = new Around();
  around.records.mood = "hangs";
  const death = { key: { versionId: "11111111", diedAtMs: at(1) }, sha256s: [] };
  const kept = keepDeaths([death, death], { secret: "prod/otp", provider: "startmessaging" }, around.parts);
  await expect.poll(() => around.limitsMs).toEqual([5_000, 5_000]);
  around.endLimits();
  await kept;
  expect(around.logs).toHaveLength(2);
});
