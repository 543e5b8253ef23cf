import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { aRehearsal } from "./a-rehearsal.ts";

async function run(...args: string[]): Promise<{ code: number | null; printed: string }> {
  const rehearsal = await aRehearsal(...args);
  const code = await rehearsal.exitCode;
  await rehearsal.clear();
  return { code, printed: rehearsal.printed() };
}

describe("npm start", () => {
  it("names a scenario that it does not know, lists those that it does, and starts nothing", async () => {
    const { code, printed } = await run("bogus");
    expect(printed).toContain(
      'there is no scenario "bogus". Take one of: cutover, naive, chaos, bad-key, straggler, leak.',
    );
    expect(printed).toContain("dualkey replaces the key under load, and no login fails");
    expect(code).toBe(2);
  });

  it("names an option that it does not know, and lists those that it does", async () => {
    const { code, printed } = await run("cutover", "--bogus");
    expect(printed).toContain("unknown option '--bogus'");
    for (const option of ["--rate", "--seconds", "--seed", "--json"]) expect(printed).toContain(option);
    expect(code).toBe(2);
  });

  it("names a provider that it does not know, and lists those that it does", async () => {
    const { code, printed } = await run("cutover", "--provider", "bogus");
    expect(printed).toContain('there is no provider "bogus". Take one of: startmessaging');
    expect(code).toBe(2);
  });

  it.each(["naive", "chaos", "bad-key", "straggler"])(
    "says that %s is for one provider, and plays no other",
    async (scenario) => {
      const { code, printed } = await run(scenario, "--provider", "vonage");
      expect(printed).toContain(`${scenario} is played with startmessaging alone, and not with vonage.`);
      expect(code).toBe(2);
    },
  );

  it.each([
    [
      ["cutover", "--leaked", "all"],
      "--leaked, --mode and --phase are about a leak. Take the scenario leak.",
    ],
    [["leak", "--mode", "revoke-first"], "startmessaging has none. Take --provider infobip"],
    [["leak", "--leaked", "retiring", "--phase", "steady"], "no key is retiring in the phase steady."],
    [["leak", "--provider", "twilio-auth-token"], "where two keys work side by side"],
    [["leak", "--leaked", "bogus"], "Allowed choices are current, retiring, all."],
  ])("refuses %j, which is no leak that can be played", async (args, says) => {
    const { code, printed } = await run(...args);
    expect(printed).toContain(says);
    expect(printed).not.toContain("steady  all logins");
    expect(code).toBe(2);
  });

  it.each([
    ["--rate", "0"],
    ["--rate", "fast"],
    ["--seconds", "-5"],
    ["--seconds", ""],
  ])("refuses %s %j, which is not a number above 0", async (option, value) => {
    const { code, printed } = await run(`${option}=${value}`);
    expect(printed).toContain(`"${value}" is not a number above 0.`);
    expect(printed).toContain(option);
    expect(code).toBe(2);
  });

  it("refuses a seed that is not a whole number", async () => {
    const { code, printed } = await run("chaos", "--seed", "1.5");
    expect(printed).toContain('"1.5" is not a whole number');
    expect(code).toBe(2);
  });

  it("refuses more logins than one machine can play", async () => {
    const { code, printed } = await run("--rate", "20000");
    expect(printed).toContain('"20000" is more than one machine can play. Take at most 1000.');
    expect(code).toBe(2);
  });

  it("says at once that a report cannot be written, and not when the rehearsal is over", async () => {
    const folder = await mkdtemp(join(tmpdir(), "reports-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, "file");
    await writeFile(file, "");
    for (const place of [folder, join(file, "report.json")]) {
      const { code, printed } = await run("naive", "--json", place);
      expect(printed).toContain(`error: the report cannot be written to ${place} (E`);
      expect(printed).toContain("Name another file with --json.");
      expect(printed).not.toContain("steady");
      expect(printed).not.toContain("    at ");
      expect(code).toBe(2);
    }
  });

  it("shows scenarios and options when asked for help, and that is no mistake", async () => {
    const { code, printed } = await run("--help");
    for (const name of [
      "cutover",
      "naive",
      "chaos",
      "bad-key",
      "straggler",
      "leak",
      "--leaked",
      "--rate",
      "--provider",
      "StartMessaging",
    ])
      expect(printed).toContain(name);
    expect(code).toBe(0);
  });
});
