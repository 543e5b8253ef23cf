import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { buildRotator } from "../../lambda/build.ts";

const run = promisify(execFile);

let bundle: string;
beforeAll(async () => {
  bundle = await buildRotator();
});

/** Runs the bundle in a Node of its own, with nothing in its environment, and gives what it printed. */
async function invoke(event: unknown): Promise<{ stdout: string; stderr: string }> {
  const script = `
    const { handler } = await import(${JSON.stringify(bundle)});
    const context = { getRemainingTimeInMillis: () => 120000 };
    const failure = await handler(${JSON.stringify(event)}, context).catch((error) => error);
    process.stdout.write(JSON.stringify({ name: failure.name, message: failure.message }) + "\\n");`;
  return run(process.execPath, ["--input-type=module", "--eval", script], { env: {} });
}

describe("the bundle of the rotator", () => {
  it("loads in Node alone, and answers an event that it does not know with what it knows", async () => {
    const { stdout } = await invoke({ Records: [{ body: "recognisable" }] });
    const answer: unknown = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    expect(answer).toEqual({
      name: "ConfigError",
      message: expect.stringContaining(
        "rotator event: is neither a rotation step of Secrets Manager (Step, SecretId, ClientRequestToken)",
      ),
    });
  });

  it("lists what a known event lacks, and never prints the event", async () => {
    const { stdout, stderr } = await invoke({
      Step: "makeSecret",
      SecretId: "recognisable",
      ClientRequestToken: "",
    });
    expect(stdout).toContain("Step");
    expect(stdout).toContain("ClientRequestToken");
    expect(stdout + stderr).not.toContain("recognisable");
  });

  it("says at the first event that its environment is not set up, all at once", async () => {
    const { stdout } = await invoke({ reconcile: { secret: "prod/otp" } });
    expect(stdout).toContain("DUALKEY_DEPLOYMENT: is missing");
    expect(stdout).toContain("AWS_LAMBDA_FUNCTION_NAME: is missing");
  });

  it("holds all that it needs and nothing of the machine that built it", async () => {
    const text = await readFile(bundle, "utf8");
    const imports = [...text.matchAll(/\bfrom\s*"([^"]+)"/g)].map(([, name]) => name ?? "");
    expect(imports).toContain("node:https");
    expect(imports.filter((name) => !name.startsWith("node:"))).toEqual([]);
    expect(text).not.toContain(process.cwd());
    expect(text.length).toBeLessThan(1_500_000);
  });
});
