import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { App } from "cdktf";
import { expect, it, onTestFinished } from "vitest";
import { buildRehearsalStack } from "../../examples/rehearsal/rehearsal-stack.ts";
import { buildFunctions } from "../../lambda/build.ts";

const ROOT = join(import.meta.dirname, "../..");
const STACK = "stacks/rehearsal/cdk.tf.json";

it("is the same stack by the command of cdktf.json as in this process", async () => {
  await buildFunctions();
  mkdirSync(join(ROOT, "build"), { recursive: true });
  const folder = mkdtempSync(join(ROOT, "build/example-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));

  const { app: command } = JSON.parse(readFileSync(join(ROOT, "cdktf.json"), "utf8")) as { app: string };
  // The command-line tool says in the environment where it wants the stack.
  const env = { ...process.env, CDKTF_OUTDIR: join(folder, "cli") };
  await promisify(execFile)("sh", ["-c", command], { cwd: ROOT, env });

  const app = new App({ outdir: join(folder, "here") });
  buildRehearsalStack(app);
  app.synth();
  const [cli, here] = ["cli", "here"].map((name) => readFileSync(join(folder, name, STACK), "utf8"));
  expect(JSON.parse(cli ?? "").resource).toHaveProperty("aws_secretsmanager_secret_rotation");
  expect(cli).toBe(here);
});
