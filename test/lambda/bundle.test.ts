import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { buildFunctions } from "../../lambda/build.ts";

const run = promisify(execFile);

let bundle: string;
beforeAll(async () => {
  bundle = await buildFunctions();
});

/** Runs the bundle in a Node of its own, with nothing in its environment, and gives what it printed. */
async function invoke(event: unknown, handler = "rotator"): Promise<{ stdout: string; stderr: string }> {
  const script = `
    const { ${handler}: handler } = await import(${JSON.stringify(bundle)});
    const context = { getRemainingTimeInMillis: () => 120000 };
    const failure = await handler(${JSON.stringify(event)}, context).catch((error) => error);
    process.stdout.write(JSON.stringify({ name: failure.name, message: failure.message }) + "\\n");`;
  return run(process.execPath, ["--input-type=module", "--eval", script], { env: {} });
}

describe("the bundle of the functions", () => {
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

  it("answers an operator who asks for something unknown with what there is to ask for", async () => {
    const { stdout, stderr } = await invoke({ operation: "recognisable", secret: "prod/otp" }, "responder");
    expect(stdout).toContain("where operation is one of: reconcile");
    expect(stdout + stderr).not.toContain("recognisable");
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

  it.each([
    ["rotator", { reconcile: { secret: "prod/otp" } }],
    ["responder", { operation: "reconcile", secret: "prod/otp", reason: "a test" }],
  ])(
    "says at the %s's first event that its environment is not set up, all at once",
    async (handler, event) => {
      const { stdout } = await invoke(event, handler);
      expect(stdout).toContain("DUALKEY_DEPLOYMENT: is missing");
      expect(stdout).toContain("AWS_LAMBDA_FUNCTION_NAME: is missing");
    },
  );

  it("holds all that it needs and nothing of the machine that built it", async () => {
    const text = await readFile(bundle, "utf8");
    const imports = [...text.matchAll(/\bfrom\s*"([^"]+)"/g)].map(([, name]) => name ?? "");
    expect(imports).toContain("node:https");
    expect(imports.filter((name) => !name.startsWith("node:"))).toEqual([]);
    expect(text).not.toContain(process.cwd());
    expect(text.length).toBeLessThan(1_600_000);
  });
});
