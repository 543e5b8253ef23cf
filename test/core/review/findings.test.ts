import { describe, expect, it } from "vitest";
import type { Send } from "../../../core/cutover/key-provider.ts";
import {
  attack,
  customer,
  DAY,
  EXPOSURE,
  HOUR,
  kindsOf,
  ordinary,
  ordinaryWeeks,
  review,
  send,
} from "./a-review.ts";

/** A number of Sri Lanka that shares no range with the next one. */
const scattered = (index: number, atMs: number) =>
  send(atMs, `+9477${(1_000_000 + index * 611_953) % 10_000_000}`.padEnd(12, "0"), { country: "LK" });

describe("a review of sends", () => {
  it("finds nothing in a service that goes on as ever", () => {
    const { findings, suspect, sends } = review(ordinaryWeeks());
    expect(findings).toEqual([]);
    expect(suspect).toEqual({ sends: 0 });
    expect(sends).toBe(48 * 20 + 16);
  });

  it("finds a country to which the account has never sent", () => {
    const { findings } = review([...ordinaryWeeks(), ...attack(60, scattered)]);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({
      rank: 1,
      kind: "unseen-country",
      severity: "alarm",
      country: "LK",
      count: 60,
      distinctNumbers: 60,
      since: "2026-06-02T06:00:00.000Z",
      until: "2026-06-02T08:57:00.000Z",
    });
    expect(findings[0]?.expected).toBeLessThan(1);
    expect(findings[0]?.reason).toBe(
      "60 sends to 60 numbers of LK, to which this account sends never or rarely.",
    );
  });

  it("takes a few people in a new country for travellers", () => {
    expect(review([...ordinaryWeeks(), ...attack(6, scattered)]).findings).toEqual([]);
  });

  it("finds a drip of a few an hour over many countries, none of which stands out", () => {
    const countries = ["LT", "EE", "LV", "UZ", "AZ", "TJ", "SN", "TN", "CU", "SO"];
    const drip = attack(
      60,
      (index, atMs) =>
        send(atMs, `+37${10_000_000 + index * 611_953}`, { country: countries[index % 10] ?? "LT" }),
      17,
    );
    const { findings } = review([...ordinaryWeeks(), ...drip]);
    expect(findings).toMatchObject([{ kind: "unseen-country", count: 60 }]);
    expect(findings[0]).not.toHaveProperty("country");
    expect(findings[0]?.reason).toContain("spread over 10 rare countries");
  });

  it("finds satellites, which no country has", () => {
    const satellites = attack(40, (index, atMs) => {
      const { country: _, ...rest } = send(atMs, `+88167${1_000_000 + index * 61_195}`);
      return rest;
    });
    const { findings } = review([...ordinaryWeeks(), ...satellites]);
    expect(findings[0]).toMatchObject({ kind: "unseen-country", count: 40 });
    expect(findings[0]).not.toHaveProperty("country");
    expect(findings[0]?.reason).toContain("+881, which no country has");
  });

  it("finds a burst in a country that it knows", () => {
    const burst = attack(120, (index, atMs) =>
      send(atMs, `+9715${10_000_000 + index * 611_953}`, { country: "AE" }),
    );
    const { findings } = review([...ordinaryWeeks(), ...burst]);
    expect(findings).toMatchObject([{ kind: "volume", country: "AE", severity: "alarm" }]);
    expect(findings[0]?.count).toBeGreaterThanOrEqual(120);
    expect(findings[0]?.count).toBeLessThan(125);
  });

  it("finds numbers in sequence within the service's own country", () => {
    const sequence = attack(80, (index, atMs) => send(atMs, `+91${9_812_345_000 + index * 3}`));
    const { findings } = review([...ordinaryWeeks(), ...sequence]);
    expect(findings).toMatchObject([{ kind: "sequential-numbers", country: "IN", count: 80 }]);
    expect(findings[0]?.reason).toContain("80 numbers of IN that follow each other closely");
  });

  it("says of an unseen country that its numbers are in sequence, too", () => {
    const sequence = attack(80, (index, atMs) => send(atMs, `+${94_771_234_000 + index}`, { country: "LK" }));
    const found = review([...ordinaryWeeks(), ...sequence]);
    expect(kindsOf(found)).toEqual(["unseen-country LK", "sequential-numbers LK"]);
    expect(found.suspect.sends).toBe(80);
  });

  it("takes a firm whose people have numbers in a row for what it is", () => {
    const firm = attack(8, (index, atMs) => send(atMs, `+91${9_812_345_000 + index}`));
    expect(review([...ordinaryWeeks(), ...firm]).findings).toEqual([]);
  });

  it("finds many sends to a number, be it a customer's", () => {
    const bombs = attack(90, (index, atMs) => send(atMs, customer(index % 2)));
    const { findings } = review([...ordinaryWeeks(), ...bombs]);
    expect(findings).toMatchObject([{ kind: "repeated-number", country: "IN", distinctNumbers: 2 }]);
    expect(findings[0]?.count).toBeGreaterThanOrEqual(90);
  });

  it("finds numbers that get no more than a person's bad day, where many have one at once", () => {
    const few = attack(180, (index, atMs) => send(atMs, customer(100 + (index % 20))));
    const { findings } = review([...ordinaryWeeks(), ...few]);
    expect(findings).toMatchObject([{ kind: "repeated-number", country: "IN", distinctNumbers: 20 }]);
  });

  it("finds a run of numbers so long that it fills half of its series", () => {
    const run = attack(4000, (index, atMs) => send(atMs, `+91${9_812_000_000 + index * 125}`));
    const dense = attack(4000, (index, atMs) => send(atMs, `+91${9_812_300_000 + index}`));
    const { suspect } = review([...ordinaryWeeks(), ...run, ...dense]);
    expect(suspect.sends).toBeGreaterThanOrEqual(4000);
  });

  it("leaves a monitor in peace that sends to its number all day, as it did before", () => {
    const monitor: Send[] = [];
    for (let atMs = EXPOSURE.sinceMs - 14 * DAY; atMs < EXPOSURE.untilMs; atMs += HOUR / 4)
      monitor.push(send(atMs, customer(1)));
    expect(review([...ordinaryWeeks(), ...monitor]).findings).toEqual([]);
  });

  it("finds dear sends within a usual country", () => {
    const priced = ordinaryWeeks().map((one) => ({ ...one, cost: { amount: 0.25, currency: "INR" } }));
    const dear = attack(40, (index, atMs) =>
      send(atMs, customer(index * 50), { cost: { amount: 4, currency: "INR" } }),
    );
    const { findings } = review([...priced, ...dear]);
    expect(findings).toMatchObject([{ kind: "cost", count: 40, cost: [{ amount: 160, currency: "INR" }] }]);
  });
});

describe("the leaked key's sends", () => {
  const [leaked, clean] = ["key-1", "key-2"];
  const cutoverAtMs = EXPOSURE.sinceMs + DAY;
  const byKey = (sends: readonly Send[]) =>
    sends.map((one) => ({ ...one, keyId: one.atMs < cutoverAtMs ? leaked : clean }));

  it("say nothing before the cutover, where the service sends with the same key", () => {
    const found = review(byKey(ordinaryWeeks()), { leakedKeyIds: [leaked], cutoverAtMs });
    expect(found.findings).toEqual([]);
    expect(found.leakedKeySends).toBe(24 * 20 + 8);
  });

  it("are a notice after the cutover and its grace, as a consumer may be late", () => {
    const late = attack(3, (index, atMs) => send(atMs, customer(index), { keyId: leaked }));
    const within = send(cutoverAtMs + 60_000, customer(9), { keyId: leaked });
    const { findings } = review([...byKey(ordinaryWeeks()), within, ...late], {
      leakedKeyIds: [leaked],
      cutoverAtMs,
      graceSeconds: 120,
    });
    expect(findings).toMatchObject([{ kind: "after-cutover", severity: "notice", count: 3 }]);
  });

  it("are an alarm after the key was contained", () => {
    const late = attack(1, (index, atMs) => send(atMs, customer(index), { keyId: leaked }));
    const { findings } = review([...byKey(ordinaryWeeks()), ...late], {
      leakedKeyIds: [leaked],
      cutoverAtMs,
      containedAtMs: cutoverAtMs + HOUR,
    });
    expect(findings).toMatchObject([{ kind: "after-cutover", severity: "alarm", count: 1 }]);
    expect(findings[0]?.reason).toContain("it is not dead");
  });

  it("are none in the second in which it was contained: providers tell no finer times", () => {
    const second = cutoverAtMs + HOUR;
    const within = send(second + 100, customer(9), { keyId: leaked });
    const { findings } = review([...byKey(ordinaryWeeks()), within], {
      leakedKeyIds: [leaked],
      containedAtMs: second + 600,
    });
    expect(findings).toEqual([]);
  });
});

describe("a rise of the service's own", () => {
  const rise = (perHour: number, hours: number) =>
    ordinary({
      sinceMs: EXPOSURE.sinceMs + 10 * HOUR,
      untilMs: EXPOSURE.sinceMs + (10 + hours) * HOUR,
      perHour,
      firstNew: 100_000,
    });

  it("is no finding but a peak, be it a festival's", () => {
    const { findings, peaks } = review([...ordinaryWeeks(), ...rise(80, 24)]);
    expect(findings).toEqual([]);
    expect(peaks).toMatchObject([{ since: "2026-06-01T10:00:00.000Z", until: "2026-06-02T10:00:00.000Z" }]);
    expect(peaks[0]?.count).toBeGreaterThan(24 * 90);
    expect(peaks[0]?.expected).toBeLessThan(24 * 25);
  });

  it("is no finding where it is a campaign's hour", () => {
    const { findings, peaks } = review([...ordinaryWeeks(), ...rise(600, 1)]);
    expect(findings).toEqual([]);
    expect(peaks).toHaveLength(1);
  });

  it("hides no attack in the middle of it", () => {
    const sequence = attack(80, (index, atMs) => send(atMs, `+91${9_812_345_000 + index}`));
    const found = review([...ordinaryWeeks(), ...rise(80, 36), ...attack(60, scattered), ...sequence]);
    expect(kindsOf(found).sort()).toEqual(["sequential-numbers IN", "unseen-country LK"]);
  });
});
