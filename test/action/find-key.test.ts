import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FoundKey, ResponderAnswer } from "../../contract/responder-answer.ts";
import { REASON, startWorld, type World } from "./a-responder.ts";

const SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const KEY: FoundKey = {
  secret: "prod/otp",
  versionId: "aaaaaaaa-0000-4000-8000-000000000000",
  keyId: "key_7f3a",
  phase: "current",
};

let world: World;
beforeAll(async () => {
  world = await startWorld();
}, 60_000);
afterAll(() => world?.close());

function find(answer: Partial<ResponderAnswer>, inputs: Record<string, string> = {}) {
  const rest = { secret: "", outcome: "done", result: "it is known", next: "Go on", goesOn: false } as const;
  world.answers({ operation: "find-key", held: [], effects: [], ...rest, ...answer });
  return world.run({ operation: "find-key", secret: "", deployment: "other", sha256: SHA256, ...inputs });
}

describe("operation find-key", () => {
  it("names the secret and the version of a key that works, and warns", async () => {
    const { exitCode, summary, stdout, outputs } = await find({ found: [KEY] });
    expect(exitCode).toBe(0);
    expect(summary.split("\n")[0]).toBe(
      "## :rotating_light: `prod/otp`: it is the current key, and it WORKS",
    );
    expect(stdout).toMatch(/^::warning title=dualkey%3A the key works::/m);
    expect(JSON.parse(outputs.found ?? "")).toEqual([KEY]);
    expect(world.asked).toEqual([{ operation: "find-key", reason: REASON, sha256: SHA256 }]);
  });

  it("neither calls a key dead nor alive of which nothing shows what it is", async () => {
    const earlier: FoundKey = { ...KEY, phase: "unmanaged" };
    const { summary, stdout } = await find({ found: [earlier] });
    expect(summary.split("\n")[0]).toBe(
      "## :warning: `prod/otp`: an earlier version holds it, and nothing shows whether it works",
    );
    expect(stdout).toMatch(/^::warning title=dualkey%3A the key may work::/m);
    const both = await find({ found: [earlier, KEY] });
    expect(both.summary.split("\n")[0]).toContain("it is the current key, and 1 more place, and it WORKS");
  });

  it("needs no action for a key that is dead", async () => {
    const { exitCode, summary, stdout } = await find({ found: [{ ...KEY, phase: "dead" }], proof: "proven" });
    expect(exitCode).toBe(0);
    expect(summary.split("\n")[0]).toContain(
      ":white_check_mark: `prod/otp`: the key is dead, no action needed",
    );
    expect(stdout).not.toContain("::warning");
  });

  it("says what to do where nobody knows the hash", async () => {
    const { exitCode, summary } = await find({ found: [], next: "It may be of another deployment" });
    expect(exitCode).toBe(0);
    expect(summary.split("\n")[0]).toBe("## :grey_question: `other`: no key with this hash");
    expect(summary).toContain("**Next**: It may be of another deployment.");
  });

  it("is red where it found nothing and could not look everywhere", async () => {
    const held = [{ because: "prod/sms: its value cannot be read", alarm: true }];
    const { exitCode, stdout } = await find({ found: [], held });
    expect(exitCode).toBe(1);
    expect(stdout).toContain("prod/sms: its value cannot be read");
  });

  it.each([
    [{ sha256: "" }, "sha256: is missing. Hash the value"],
    [
      { sha256: "sk_live_seed0123456789abcdef" },
      "sha256: is not a sha256: 64 hexadecimal digits. Never send the value",
    ],
    [{ deployment: "" }, "deployment: is missing. Give the name of the deployment"],
    [{ secret: "other" }, "secret: is not for find-key, which tells it. Leave it out"],
  ])("is refused before anything is asked for: %o", async (inputs, expected) => {
    const { exitCode, stdout, everything } = await find({}, inputs as Record<string, string>);
    expect(exitCode).toBe(1);
    expect(stdout).toContain(expected);
    expect(everything).not.toContain("sk_live_seed");
    expect(world.asked).toEqual([]);
  });
});
