import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { InvokeCommand } from "@aws-sdk/client-lambda";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LogLine } from "../../../rehearsal/aws/lambda-fleet.ts";
import { createOtp, startWorld, type World } from "./world.ts";

let folder = "";

/** A function as a user's would be: bundled by esbuild, with the unmodified SDK in it. */
const SOURCE = `
import { DescribeSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
const client = new SecretsManagerClient({ maxAttempts: 1 });
let calls = 0;
let ticks = 0;
export async function handler(event, context) {
  calls += 1;
  if (event.do === "env") return process.env;
  if (event.do === "context") return { ...context, remaining: context.getRemainingTimeInMillis() };
  if (event.do === "throw") throw new TypeError("refused");
  if (event.do === "exit") process.exit(7);
  if (event.do === "hang") await new Promise(() => setInterval(() => undefined, 1000));
  if (event.do === "tick") setInterval(() => { ticks += 1; }, 5);
  if (event.do === "log") { console.log("one line"); console.error("another"); }
  if (event.do === "describe") {
    for (let call = 0; call < 3; call++) await client.send(new DescribeSecretCommand({ SecretId: "otp" }));
  }
  return { calls, ticks, pid: process.pid, id: context.awsRequestId };
}
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "embedded-lambda-"));
  await build({
    stdin: { contents: SOURCE, resolveDir: import.meta.dirname },
    outfile: join(folder, "index.mjs"),
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node24",
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
  });
  await writeFile(join(folder, "broken.mjs"), 'throw new RangeError("cannot start");');
});

afterAll(() => rm(folder, { recursive: true }));

interface Answer {
  readonly result: Record<string, unknown>;
  readonly error: string | undefined;
}

async function invoke(world: World, event: object, name = "probe"): Promise<Answer> {
  const answer = await world.lambda.send(
    new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event) }),
  );
  const result = JSON.parse(answer.Payload?.transformToString() ?? "null") as Record<string, unknown>;
  return { result, error: answer.FunctionError };
}

/** A process that has ended and that nobody has waited for yet ("Z") is not alive. */
function isAlive(pid: unknown): boolean {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
  return stdout.trim() !== "" && !stdout.startsWith("Z");
}

describe("a function's process", () => {
  it("keeps its memory between invocations, as a warm environment does", async () => {
    const world = await startWorld();
    world.aws.createFunction({ name: "probe", code: { bundle: folder } });
    const first = await invoke(world, {});
    const second = await invoke(world, {});
    expect([first.result.calls, second.result.calls]).toEqual([1, 2]);
    expect(second.result.pid).toBe(first.result.pid);
    expect(second.result.id).not.toBe(first.result.id);
  });

  it("is frozen between invocations, so that nothing in it goes on", async () => {
    const world = await startWorld();
    world.aws.createFunction({ name: "probe", code: { bundle: folder } });
    await invoke(world, { do: "tick" });
    await new Promise((resolve) => setTimeout(resolve, 250));
    // 250 ms awake would have been some 50 ticks.
    expect(Number((await invoke(world, {})).result.ticks)).toBeLessThan(10);
  });

  it("sees its own settings and nothing of the host's environment but PATH", async () => {
    process.env.HOST_SECRET = "must not be seen";
    const world = await startWorld({ region: "ap-south-1" });
    world.aws.createFunction({
      name: "probe",
      code: { bundle: folder },
      memoryMb: 256,
      environment: { MODE: "x" },
    });
    const { result: env } = await invoke(world, { do: "env" });
    delete process.env.HOST_SECRET;
    expect(env).toMatchObject({
      AWS_REGION: "ap-south-1",
      AWS_LAMBDA_FUNCTION_NAME: "probe",
      AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "256",
      AWS_ENDPOINT_URL: world.aws.endpoint,
      MODE: "x",
      PATH: process.env.PATH,
    });
    const foreign = Object.keys(env).filter((name) => !/^(AWS_|_HANDLER$|MODE$|PATH$|TZ$)/.test(name));
    expect(foreign).toEqual([]);
  });

  it("gets a context that counts down to its timeout", async () => {
    const world = await startWorld();
    const { arn } = world.aws.createFunction({ name: "probe", code: { bundle: folder }, timeoutSeconds: 20 });
    const { result } = await invoke(world, { do: "context" });
    expect(result).toMatchObject({ functionName: "probe", memoryLimitInMB: "128", invokedFunctionArn: arn });
    expect(Number(result.remaining)).toBeGreaterThan(10_000);
    expect(Number(result.remaining)).toBeLessThanOrEqual(20_000);
  });

  it("answers with an unhandled error when its handler throws, and lives on", async () => {
    const world = await startWorld();
    world.aws.createFunction({ name: "probe", code: { bundle: folder } });
    const failed = await invoke(world, { do: "throw" });
    expect(failed.error).toBe("Unhandled");
    expect(failed.result).toMatchObject({ errorType: "TypeError", errorMessage: "refused" });
    expect((await invoke(world, {})).result.calls).toBe(2);
  });

  it("is killed when it takes longer than its timeout, and the next invocation starts afresh", async () => {
    const world = await startWorld();
    world.aws.createFunction({ name: "probe", code: { bundle: folder }, timeoutSeconds: 1 });
    const { pid } = (await invoke(world, {})).result;
    const late = await invoke(world, { do: "hang" });
    expect(late.error).toBe("Unhandled");
    expect(late.result.errorMessage).toContain("Task timed out after 1.00 seconds");
    expect((await invoke(world, {})).result.calls).toBe(1);
    expect(isAlive(pid)).toBe(false);
  });

  it("reports an exit as an error of the runtime", async () => {
    const world = await startWorld();
    world.aws.createFunction({ name: "probe", code: { bundle: folder } });
    const { error, result } = await invoke(world, { do: "exit" });
    expect(error).toBe("Unhandled");
    expect(result).toMatchObject({ errorType: "Runtime.ExitError" });
    expect(result.errorMessage).toContain("exit status 7");
  });

  it("reports why it could not start", async () => {
    const world = await startWorld();
    world.aws.createFunction({ name: "probe", code: { bundle: join(folder, "broken.mjs") } });
    const { error, result } = await invoke(world, {});
    expect(error).toBe("Unhandled");
    expect(result).toMatchObject({ errorType: "RangeError", errorMessage: "cannot start" });
  });

  it("has its output captured line by line, with the invocation that wrote it", async () => {
    const lines: LogLine[] = [];
    const world = await startWorld({ onLog: (line) => lines.push(line) });
    world.aws.createFunction({ name: "probe", code: { bundle: folder } });
    const { id } = (await invoke(world, { do: "log" })).result;
    await invoke(world, {});
    expect(lines.map(({ line, stream, invocationId }) => ({ line, stream, invocationId }))).toEqual(
      expect.arrayContaining([
        { line: "one line", stream: "stdout", invocationId: id },
        { line: "another", stream: "stderr", invocationId: id },
      ]),
    );
  });

  it("leaves no process behind when the embedded AWS is closed", async () => {
    const world = await startWorld();
    world.aws.createFunction({ name: "probe", code: { bundle: folder } });
    const { pid } = (await invoke(world, {})).result;
    expect(isAlive(pid)).toBe(true);
    await world.aws.close();
    expect(isAlive(pid)).toBe(false);
  });
});

describe("the host", () => {
  it.each(["SIGINT", "SIGTERM", "SIGKILL"] as const)(
    "takes its functions along when %s ends it",
    async (signal) => {
      const host = spawn(process.execPath, [fileURLToPath(new URL("./_host.ts", import.meta.url)), folder], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const [line] = (await once(createInterface({ input: host.stdout }), "line")) as [string];
      const { pid } = JSON.parse(line) as { pid: number };
      expect(isAlive(pid)).toBe(true);
      host.kill(signal);
      const [, endedBy] = (await once(host, "exit")) as [number | null, string | null];
      expect(endedBy).toBe(signal);
      await expect.poll(() => isAlive(pid)).toBe(false);
    },
  );
});

describe("faults in a function's calls", () => {
  it.each(["kill-before", "kill-after"] as const)(
    "a function dies at its second call (%s)",
    async (fault) => {
      const world = await startWorld({
        onRequest: ({ invocationId, callNumber }) => (invocationId && callNumber === 2 ? fault : "pass"),
      });
      await createOtp(world);
      world.aws.createFunction({ name: "probe", code: { bundle: folder }, timeoutSeconds: 10 });
      const { error, result } = await invoke(world, { do: "describe" });
      expect(error).toBe("Unhandled");
      expect(result.errorMessage).toContain("signal: killed");
      const calls = world.aws.events.all.filter(
        (event) => event.kind === "call" && event.operation === "DescribeSecret",
      );
      expect(calls.map((event) => event.kind === "call" && event.fault)).toEqual([undefined, fault]);
    },
  );

  it("a call is known by the invocation that it comes from", async () => {
    const world = await startWorld();
    await createOtp(world);
    world.aws.createFunction({ name: "probe", code: { bundle: folder } });
    await invoke(world, { do: "describe" });
    const started = world.aws.events.all.find((event) => event.kind === "invocation-started");
    const call = world.aws.events.all.find(
      (event) => event.kind === "call" && event.operation === "DescribeSecret",
    );
    expect(call?.caller?.invocationId).toBe(started?.kind === "invocation-started" && started.invocationId);
  });
});
