import { describe, expect, it } from "vitest";
import type { Report } from "../../rehearsal/report/report.ts";
import { aRehearsal } from "./a-rehearsal.ts";

interface Played {
  readonly code: number | null;
  readonly printed: string;
  readonly text: string;
  readonly report: Report;
}

async function play(...args: string[]): Promise<Played> {
  const rehearsal = await aRehearsal(...args, "--rate", "20", "--seconds", "5");
  const code = await rehearsal.exitCode;
  const { text, report } = await rehearsal.report();
  await rehearsal.clear();
  return { code, printed: rehearsal.printed(), text, report };
}

const brokenIn = ({ promises }: Report) =>
  promises.flatMap(({ id, broken }) => broken.map((it) => `${id} ${it}`));
const keysBy = ({ keys }: Report, madeBy: string) => keys.filter((key) => key.madeBy === madeBy);
const ANY_KEY = /sk_live_[0-9a-f]+/;

describe.concurrent("a rehearsal", () => {
  it("replaces the key with dualkey, and no login fails", { timeout: 120_000 }, async () => {
    const { code, printed, text, report } = await play("cutover");
    expect(brokenIn(report)).toEqual([]);
    expect(report.checks.filter(({ holds }) => !holds)).toEqual([]);
    expect(report.logins.failed).toBe(0);
    expect(report.logins.total).toBeGreaterThan(200);
    expect(report.orphans).toEqual([]);
    const [old] = keysBy(report, "by hand");
    const [fresh] = keysBy(report, "dualkey");
    const life = [old?.created, old?.replaced, old?.condemned, old?.revoked, old?.dead];
    expect(life.toSorted()).toEqual(life);
    expect(Date.parse(old?.revoked ?? "") - Date.parse(old?.condemned ?? "")).toBeGreaterThan(8_000);
    expect(fresh).toMatchObject({ replaced: null, condemned: null, dead: null });
    expect(report.phases.map(({ name }) => name).slice(-5)).toEqual([
      "overlap",
      "evidence",
      "fence",
      "proof",
      "after",
    ]);
    const running = report.services.filter(({ until }) => until === null);
    expect(running.map(({ moves }) => moves.at(-1)?.key)).toEqual(running.map(() => fresh?.id));
    expect(new Set(running.map(({ how }) => how))).toEqual(
      new Set(["the client", "cache of its own", "reads at start"]),
    );
    expect(code).toBe(0);
    expect(printed).toContain("0 failed");
    expect(printed).toContain("limit was raised");
    expect(printed.trimEnd().split("\n").at(-1)).toMatch(/passed {2}in .* s: [\d,]+ logins, 0 failed\.$/);
    expect(printed).not.toMatch(ANY_KEY);
    expect(text).not.toMatch(ANY_KEY);
    expect(printed).not.toContain("\u001b");
  });

  it("replaces a key that an admin credential makes, the first one included", {
    timeout: 120_000,
  }, async () => {
    const { code, printed, report } = await play("cutover", "--provider", "twilio-api-key");
    expect(brokenIn(report)).toEqual([]);
    expect(report.checks.filter(({ holds }) => !holds)).toEqual([]);
    expect(report.logins.failed).toBe(0);
    const [first, second, ...others] = keysBy(report, "dualkey");
    expect([first?.replaced, first?.dead, second?.promoted]).not.toContain(null);
    expect(others).toEqual([]);
    expect(keysBy(report, "stranger")).toHaveLength(1);
    expect(report.vendor).toEqual({ id: "twilio-api-key", title: "Twilio", cutover: "beside" });
    // Twilio does not say who uses a key: that time alone is enough, the policy has to say.
    expect(printed).toContain("Twilio cannot say who uses a key; the policy says: revoke it after 12 s.");
    expect(code).toBe(0);
  });

  it("shows the failed logins of a script that revokes at once", { timeout: 120_000 }, async () => {
    const { code, printed, text, report } = await play("naive");
    expect(report.logins.failed).toBeGreaterThan(10);
    expect(report.logins.failures).toEqual({ "HTTP 401": report.logins.failed });
    expect(brokenIn(report)).toEqual([expect.stringMatching(/^P3 .*was revoked in its overlap$/)]);
    const counted = report.sends.reduce((sum, { failed }) => sum + failed, 0);
    expect(counted).toBe(report.logins.failed);
    expect(code).toBe(0);
    expect(printed).toContain(`${report.logins.failed} failed`);
    expect(printed + text).not.toMatch(ANY_KEY);
  });

  it("goes back from a key that is refused for sends, and each failed login is one of those", {
    timeout: 120_000,
  }, async () => {
    const { code, printed, text, report } = await play("bad-key");
    expect(brokenIn(report)).toEqual([]);
    expect(report.checks.filter(({ holds }) => !holds)).toEqual([]);
    const { goingBack, logins } = report;
    expect(logins.failed).toBeGreaterThan(5);
    expect(logins.failures).toEqual({ "HTTP 401": logins.failed });
    expect(logins.failed).toBe((goingBack?.refusedSends ?? 0) - (goingBack?.saved ?? 0));
    const [first] = keysBy(report, "by hand");
    const [bad, ...others] = keysBy(report, "dualkey");
    expect(first).toMatchObject({ replaced: null, dead: null, away: { to: bad?.replaced } });
    expect([bad?.dead === null, others]).toEqual([false, []]);
    const running = report.services.filter(({ until }) => until === null);
    expect(running.map(({ moves }) => moves.at(-1)?.key)).toEqual(running.map(() => first?.id));
    expect(report.phases.map(({ name }) => name).slice(-3)).toEqual(["back", "proof", "after"]);
    expect(code).toBe(0);
    expect(printed).toMatch(/bad-key, StartMessaging {2}passed/);
    expect(printed + text).not.toMatch(ANY_KEY);
  });

  it("survives a chaos: no login fails, no key is lost", { timeout: 240_000 }, async () => {
    const { code, printed, text, report } = await play("chaos", "--seed", "3");
    expect(brokenIn(report)).toEqual([]);
    expect(report.checks.filter(({ holds }) => !holds)).toEqual([]);
    expect(report.logins.failed).toBe(0);
    expect(report.orphans).toEqual([]);
    expect(report.seed).toBe(3);
    const kinds = Object.keys(report.faults);
    expect(kinds.some((kind) => kind.startsWith("killed"))).toBe(true);
    expect(kinds).toContain("an event was delivered twice at once");
    expect(code).toBe(0);
    expect(printed + text).not.toMatch(ANY_KEY);
  });
});
