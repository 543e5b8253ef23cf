import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvokeCommand } from "@aws-sdk/client-lambda";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { matchesPattern } from "../../../rehearsal/aws/lambda-function.ts";
import { type AwsIamSandbox, startAwsIamSandbox } from "../../../sandbox/aws-iam.ts";
import { startWorld } from "./world.ts";

let folder = "";

/** A function that does to an IAM user's keys what a rotation does, with nothing but its role. */
const SOURCE = `
import { AwsIam } from "../../../core/providers/aws-iam.ts";
export async function handler({ userName, steps }) {
  const aws = AwsIam.fromEnvironment(userName);
  const call = { signal: AbortSignal.timeout(10_000) };
  const said = {};
  let made;
  try {
    for (const step of steps) {
      if (step === "make") { made = await aws.make({ credential: {}, name: "" }, call); said.make = made.keyId; }
      if (step === "list") said.list = (await aws.list({}, call)).keys.map(({ id, isDisabled = false }) => ({ id, isDisabled }));
      if (step === "probe") said.probe = (await aws.probe(made.fields, call)).kind;
      if (step === "revoke") await aws.revoke({ credential: {}, keyId: made.keyId }, call);
      if (step === "remove") await aws.remove({ credential: {}, keyId: made.keyId }, call);
    }
  } catch (error) {
    said.error = error.message;
  }
  return said;
}
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "embedded-iam-"));
  await build({
    stdin: { contents: SOURCE, resolveDir: import.meta.dirname, loader: "ts" },
    outfile: join(folder, "index.mjs"),
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node24",
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
  });
}, 60_000);

afterAll(() => rm(folder, { recursive: true }));

const ENDING = [
  "iam:ListAccessKeys",
  "iam:GetAccessKeyLastUsed",
  "iam:UpdateAccessKey",
  "iam:DeleteAccessKey",
];
const EVERYTHING = ["iam:CreateAccessKey", ...ENDING];

/** A function whose role allows this for the user `otp-sender`, beside an account whose IAM is served by the fake. */
async function aWorld(actions: readonly string[]) {
  const sandbox: AwsIamSandbox = await startAwsIamSandbox();
  onTestFinished(() => sandbox.close());
  const account = sandbox.createAccount({ userNames: ["otp-sender", "somebody"] });
  const world = await startWorld({ identity: { url: sandbox.url, ...account } });
  world.aws.createFunction({
    name: "rotator",
    timeoutSeconds: 20,
    code: { bundle: folder },
    roleAllows: ({ action, resource }) =>
      actions.includes(action) && matchesPattern("arn:aws:iam::123456789012:user/otp-sender", resource),
  });
  const invoke = async (event: object) => {
    const command = new InvokeCommand({ FunctionName: "rotator", Payload: JSON.stringify(event) });
    const { Payload } = await world.lambda.send(command);
    return JSON.parse(Payload?.transformToString() ?? "null") as Record<string, unknown>;
  };
  const calls = () =>
    world.aws.events.all.flatMap((event) =>
      event.kind === "call" && event.service === "iam" ? [`iam:${event.operation}`] : [],
    );
  return { ...world, sandbox, invoke, calls };
}

it("lets a function's role make, list, try, disable and delete the keys of one IAM user", async () => {
  const { invoke, calls, sandbox } = await aWorld(EVERYTHING);
  const steps = ["make", "probe", "list", "revoke", "remove"];
  const said = await invoke({ userName: "otp-sender", steps });
  expect(said).toEqual({
    make: expect.stringMatching(/^AKIA/),
    probe: "accepted",
    list: [{ id: said.make, isDisabled: false }],
  });
  expect([...new Set(calls())].sort()).toEqual([...EVERYTHING].sort());
  expect(sandbox.truth.keys()).toEqual([
    expect.objectContaining({ id: said.make, endedAtMs: expect.any(Number) }),
  ]);
});

it("refuses what the role does not allow, for this user and for any other, before the fake hears of it", async () => {
  const { invoke, sandbox } = await aWorld(ENDING);
  const made = await invoke({ userName: "otp-sender", steps: ["make"] });
  expect(made.error).toMatch(/CreateAccessKey was refused, got AccessDenied.*Allow iam:CreateAccessKey/);
  const others = await invoke({ userName: "somebody", steps: ["list"] });
  expect(others.error).toMatch(/ListAccessKeys was refused, got AccessDenied/);
  expect(sandbox.truth.keys()).toEqual([]);
});
