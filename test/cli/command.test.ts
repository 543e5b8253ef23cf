import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleCommand } from "../../publish/command.ts";
import { anAccount, KEY, SECRET } from "./an-account.ts";

const ROOT = join(import.meta.dirname, "../..");
let folder: string;
let command: string;

beforeAll(async () => {
  mkdirSync(join(ROOT, "build"), { recursive: true });
  folder = mkdtempSync(join(ROOT, "build/cli-"));
  command = join(folder, "dualkey.mjs");
  await bundleCommand(command);
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs what is published, in a process of its own that knows of no other AWS than this. */
async function run(
  args: readonly string[],
  given: { readonly input?: string; readonly env?: Record<string, string> } = {},
) {
  const env = { PATH: process.env.PATH ?? "", HOME: folder, AWS_EC2_METADATA_DISABLED: "true", ...given.env };
  const child = spawn(process.execPath, [command, ...args], { cwd: folder, env });
  const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => textOf(stream));
  child.stdin.end(given.input ?? "");
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, stdout: (await stdout) ?? "", stderr: (await stderr) ?? "" };
}

describe("the published command", () => {
  it("shows what it can do, and which version it is", async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
    expect(await run(["--version"])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: "" });
    const help = await run(["--help"]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toContain("hand-in");
    expect((await run(["hand-in", "--help"])).stdout).toContain("npx dualkey hand-in prod/otp/msg91");
  });

  it("hands in what is piped into it, over HTTP, with the credentials of the environment", async () => {
    const { aws, handedIn, rotations } = await anAccount();
    const env = {
      AWS_ENDPOINT_URL: aws.endpoint,
      AWS_REGION: aws.region,
      AWS_ACCESS_KEY_ID: "AKIAPERSON",
      AWS_SECRET_ACCESS_KEY: "not-checked",
    };
    const { code, stdout, stderr } = await run(["hand-in", SECRET], { input: `${KEY}\n`, env });
    expect(code).toBe(0);
    expect(stdout).toContain(`Handed in to ${SECRET}/hand-in.`);
    expect(stdout + stderr).not.toContain(KEY);
    expect(handedIn()).toBe(JSON.stringify({ authKey: KEY }));
    expect(rotations()).toBe(1);
    const calls = aws.events.all.flatMap((event) =>
      event.kind === "call" && event.caller?.accessKeyId === "AKIAPERSON" ? [event.operation] : [],
    );
    // What the construct's grantHandIn allows, and nothing else.
    expect(calls).toEqual(["DescribeSecret", "GetParameter", "PutSecretValue", "RotateSecret"]);
  });

  it.each([
    ["no credentials", ["hand-in", SECRET, "-r", "eu-west-1"], 1, /There are no AWS credentials\. Sign in/],
    ["no region", ["hand-in", SECRET], 2, /no region is set\. Give --region, or set AWS_REGION/],
    ["no secret", ["hand-in"], 2, /missing required argument/],
    ["a key in the wrong place", ["hand-in", SECRET, KEY], 2, /too many arguments/],
    ["a key as an option", ["hand-in", SECRET, `--key=${KEY}`], 2, /unknown option/],
    ["a key as the command", [KEY], 2, /unknown command/],
    ["nothing at all", [], 2, /Usage: dualkey/],
  ])("says what is missing, with its exit code: %s", async (_, args, code, message) => {
    const ended = await run(args);
    expect(ended.code).toBe(code);
    expect(ended.stderr).toMatch(message);
    expect(ended.stdout + ended.stderr).not.toContain(KEY);
    expect(ended.stdout).toBe("");
  });
});
