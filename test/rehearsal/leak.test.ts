import { describe, expect, it } from "vitest";
import type { Report } from "../../rehearsal/report/report.ts";
import { aRehearsal } from "./a-rehearsal.ts";

interface Played {
  readonly code: number | null;
  readonly printed: string;
  readonly text: string;
  readonly report: Report;
  readonly leak: NonNullable<Report["leak"]>;
}

async function play(...args: string[]): Promise<Played> {
  const rehearsal = await aRehearsal(...args, "--rate", "20", "--seconds", "5");
  const code = await rehearsal.exitCode;
  const { text, report } = await rehearsal.report();
  await rehearsal.clear();
  const { leak } = report;
  if (leak === null) throw new Error(`nothing leaked:\n${rehearsal.printed()}`);
  return { code, printed: rehearsal.printed(), text, report, leak };
}

const brokenIn = ({ promises }: Report) =>
  promises.flatMap(({ id, broken }) => broken.map((it) => `${id} ${it}`));
const failedIn = ({ checks }: Report) => checks.filter(({ holds }) => !holds);
const ANY_KEY = /sk_live_[0-9a-f]+/;
/** Ten digits in a row behind a plus: nobody's number is to be shown whole. */
const WHOLE_NUMBER = /\+\d{10,}/;

describe.concurrent("a rehearsal of a leak", () => {
  it("kills the leaked key within seconds, loses no login, and shows what the attacker sent", {
    timeout: 120_000,
  }, async () => {
    const { code, printed, text, report, leak } = await play("leak");
    expect(brokenIn(report)).toEqual([]);
    expect(failedIn(report)).toEqual([]);
    expect(leak).toMatchObject({ mode: "replace-first", leaked: "current", loginsFailed: 0 });
    expect(report.logins.failed).toBe(0);
    expect(leak.containmentSeconds).toBeGreaterThan(0);
    expect(leak.containmentSeconds).toBeLessThan(10);
    expect(leak.attacker.accepted).toBeGreaterThan(20);
    expect(leak.attacker.refused).toBeGreaterThan(100);
    expect(leak.attacker.acceptedAfterContainment).toBe(0);
    const { bySecond, sent } = leak.attacker;
    expect(bySecond.reduce((sum, { accepted, refused }) => sum + accepted + refused, 0)).toBe(sent);
    const depths = leak.calls.map(({ depth }) => depth);
    expect(Math.max(...depths)).toBe(leak.depth);
    expect(leak.calls.at(-1)).toMatchObject({ operation: "delete-key", depth: leak.depth });
    const countries = leak.findings.map(({ country }) => country);
    expect(countries).toEqual(expect.arrayContaining(["LK", "LT"]));
    expect(countries).not.toContain("IN");
    expect(leak.incident?.state).toBe("closed");
    expect(report.promises.map(({ id }) => id)).toContain("P5");
    expect(report.phases.map(({ name }) => name)).toEqual(["steady", "leaked", "contain", "prove", "closed"]);
    expect(code).toBe(0);
    expect(printed).toContain("0 logins failed");
    expect(printed + text).not.toMatch(ANY_KEY);
    expect(printed + text).not.toMatch(WHOLE_NUMBER);
  });

  it("kills a retiring key at once, in the middle of a cutover, and leaves the current one", {
    timeout: 120_000,
  }, async () => {
    const { code, report, leak } = await play("leak", "--leaked", "retiring");
    expect(brokenIn(report)).toEqual([]);
    expect(failedIn(report)).toEqual([]);
    expect(leak).toMatchObject({ phase: "overlap", loginsFailed: 0 });
    const made = report.keys.filter(({ madeBy }) => madeBy === "dualkey");
    expect(made.map(({ dead }) => dead)).toEqual([null]);
    expect(code).toBe(0);
  });

  it("ends with a leak where no scenario was named, after the cutover", { timeout: 120_000 }, async () => {
    const { code, report, leak } = await play();
    expect(brokenIn(report)).toEqual([]);
    expect(failedIn(report)).toEqual([]);
    expect([report.scenario, report.logins.failed]).toEqual(["cutover", 0]);
    const names = report.phases.map(({ name }) => name);
    expect(names.indexOf("after")).toBeLessThan(names.indexOf("leaked"));
    const [leaked] = leak.keys;
    expect(report.keys.find(({ id }) => id === leaked)).toMatchObject({ madeBy: "dualkey" });
    expect(leak.attacker.acceptedAfterContainment).toBe(0);
    expect(code).toBe(0);
  });
});
