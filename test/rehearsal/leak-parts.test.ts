import { describe, expect, it } from "vitest";
import { destinationOf } from "../../rehearsal/leak/attacker.ts";
import { ordinarySends } from "../../rehearsal/leak/history.ts";
import { planLeak, problemOf } from "../../rehearsal/leak/plan.ts";
import { phoneOf } from "../../rehearsal/load/people.ts";
import { awsIam } from "../../rehearsal/vendors/aws-iam.ts";
import { infobip } from "../../rehearsal/vendors/infobip.ts";
import { startMessaging } from "../../rehearsal/vendors/startmessaging.ts";
import { twilioAuthToken } from "../../rehearsal/vendors/twilio-auth-token.ts";

const T = Date.parse("2026-04-14T08:00:00.000Z");

describe("how a leak is played", () => {
  it("is of the current key, replaced first, while one key works, where nobody says otherwise", () => {
    expect(planLeak({})).toEqual({ leaked: "current", mode: "replace-first", phase: "steady" });
  });

  it("is in an overlap where the retiring key leaks, for there is one then alone", () => {
    expect(planLeak({ leaked: "retiring" })).toMatchObject({ phase: "overlap" });
    const steady = planLeak({ leaked: "retiring", phase: "steady" });
    expect(problemOf(steady, startMessaging)).toContain("no key is retiring in the phase steady");
  });

  it("revokes first with another credential than the key alone", () => {
    const plan = planLeak({ mode: "revoke-first" });
    expect(problemOf(plan, startMessaging)).toContain("needs another credential than the key");
    expect([problemOf(plan, infobip), problemOf(plan, awsIam)]).toEqual([undefined, undefined]);
  });

  it("needs two keys side by side", () => {
    expect(problemOf(planLeak({}), twilioAuthToken)).toContain("where two keys work side by side");
  });
});

describe("the people of a rehearsal", () => {
  it("have numbers of their own, and no neighbour has the next one", () => {
    const numbers = Array.from({ length: 50_000 }, (_, person) => phoneOf(person));
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers.every((number) => /^\+91[6-9]\d{9}$/.test(number))).toBe(true);
    const sorted = numbers.map(Number).toSorted((a, b) => a - b);
    const gaps = sorted.slice(1).map((number, index) => number - (sorted[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThan(1_000);
  });
});

describe("the ordinary sends of the weeks before", () => {
  const sends = [...ordinarySends(T)];

  it("come oldest first, over four weeks, and end before now", () => {
    const times = sends.map(({ atMs }) => atMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(T - (times[0] ?? 0)).toBeGreaterThan(27 * 86_400_000);
    expect(times.at(-1)).toBeLessThan(T);
  });

  it("are about a hundred a day, nearly all at home, and of people who come back", () => {
    expect(sends.length).toBeGreaterThan(2_500);
    const home = sends.filter(({ phoneNumber }) => phoneNumber.startsWith("+91"));
    expect(home.length / sends.length).toBeGreaterThan(0.95);
    expect(new Set(home.map(({ phoneNumber }) => phoneNumber)).size).toBeLessThan(home.length * 0.75);
  });

  it("are the same for the same hour", () => {
    expect([...ordinarySends(T)]).toEqual(sends);
  });
});

describe("an attacker's destinations", () => {
  const destinations = Array.from({ length: 400 }, (_, number) => destinationOf(number + 1));

  it("are one number again and again, numbers in sequence, and a narrow range abroad", () => {
    const startingWith = (prefix: string) => destinations.filter((number) => number.startsWith(prefix));
    expect(new Set(startingWith("+994")).size).toBe(1);
    const sequence = startingWith("+370").map(Number);
    expect((sequence.at(-1) ?? 0) - (sequence[0] ?? 0)).toBe(sequence.length - 1);
    expect(new Set(startingWith("+94775")).size).toBe(200);
    expect(startingWith("+91")).toEqual([]);
  });
});
