import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvokeCommand } from "@aws-sdk/client-lambda";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";
import { matchesPattern } from "../../../rehearsal/aws/lambda-function.ts";
import { startConsumerWorld } from "./consumer-world.ts";

let folder = "";

/** A function that does for consumers what a run does, with nothing but its role, and says what each step came to. */
const SOURCE = `
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { ECSClient } from "@aws-sdk/client-ecs";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { createAnnouncer } from "../../../core/aws/announcer.ts";
import { createConsumerReports } from "../../../core/aws/consumer-reports.ts";
import { createRollouts } from "../../../core/aws/rollouts.ts";
export async function handler({ consumers, nowMs }) {
  const call = { signal: AbortSignal.timeout(10_000) };
  const now = () => nowMs;
  const rollouts = createRollouts({ ecs: new ECSClient(), lambda: new LambdaClient(), now, settleMs: 0 });
  const reports = createConsumerReports({ cloudWatch: new CloudWatchClient(), secretName: "otp", now });
  const secretId = "arn:aws:secretsmanager:us-east-1:123456789012:secret:otp-a1B2c3";
  const about = { secretId, deployment: "keys", environment: "production", provider: "startmessaging" };
  const announcer = createAnnouncer({ eventBridge: new EventBridgeClient(), ...about });
  const steps = {
    read: () => reports.read({ consumers: ["login"], versionIds: ["v1"], sinceMs: nowMs }, call),
    announce: () => announcer.announce({ type: "KeyRetired", detail: { versionId: "v1", because: "x", atMs: nowMs } }, call),
  };
  for (const consumer of consumers) {
    steps["look at " + consumer.name] = () => rollouts.look({ consumer, sinceMs: nowMs }, call);
    steps["start " + consumer.name] = () => rollouts.start({ consumer }, call);
  }
  const said = {};
  for (const [name, step] of Object.entries(steps)) {
    said[name] = await step().then(() => "done", (error) => error.message);
  }
  return said;
}
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "embedded-consumers-"));
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

const CONSUMERS = [
  { kind: "ecs-service", name: "login", cluster: "web", service: "login" },
  { kind: "lambda-function", name: "billing", functionName: "billing" },
] as const;

/** What a role needs for these two consumers, and no more: by action, the resource. */
const NEEDED: Readonly<Record<string, string>> = {
  "ecs:DescribeServices": "arn:aws:ecs:us-east-1:123456789012:service/web/login",
  "ecs:ListServiceDeployments": "arn:aws:ecs:us-east-1:123456789012:service/web/login",
  "ecs:UpdateService": "arn:aws:ecs:us-east-1:123456789012:service/web/login",
  "lambda:GetFunctionConfiguration": "arn:aws:lambda:us-east-1:123456789012:function:billing",
  "lambda:ListAliases": "arn:aws:lambda:us-east-1:123456789012:function:billing",
  "lambda:UpdateFunctionConfiguration": "arn:aws:lambda:us-east-1:123456789012:function:billing",
  "cloudwatch:GetMetricData": "*",
  "events:PutEvents": "arn:aws:events:us-east-1:123456789012:event-bus/default",
};

/** Runs all steps in a function whose role allows this. */
async function runWith(role: Readonly<Record<string, string>>, consumers: readonly object[] = CONSUMERS) {
  const world = await startConsumerWorld();
  world.aws.consumers.ecs.create({ cluster: "web", service: "login" });
  world.aws.consumers.ecs.create({ cluster: "web", service: "signin" });
  world.aws.consumers.functions.create({ name: "billing" });
  world.time.advance(60_000);
  const asked: string[] = [];
  world.aws.createFunction({
    name: "rotator",
    timeoutSeconds: 20,
    code: { bundle: folder },
    roleAllows: ({ action, resource }) => {
      asked.push(action);
      const allowed = role[action];
      return allowed !== undefined && matchesPattern(allowed, resource);
    },
  });
  const Payload = JSON.stringify({ consumers, nowMs: world.time.now() });
  const answer = await world.lambda.send(new InvokeCommand({ FunctionName: "rotator", Payload }));
  const said = JSON.parse(answer.Payload?.transformToString() ?? "null") as Record<string, string>;
  return { world, said, asked };
}

it("lets a role read reports, announce, and start anew the consumers that it names, with eight permissions", async () => {
  const { world, said, asked } = await runWith(NEEDED);
  expect(new Set(Object.values(said))).toEqual(new Set(["done"]));
  expect([...new Set(asked)].sort()).toEqual(Object.keys(NEEDED).sort());
  expect(world.aws.consumers.ecs.deploymentsOf("login")).toHaveLength(2);
  expect(world.aws.consumers.functions.environmentOf("billing")).toHaveProperty("DUALKEY_ROLLED_AT");
  expect(world.aws.consumers.bus.all).toHaveLength(1);
});

it("refuses all that the role does not allow, each with its permission, and nothing happens", async () => {
  const { world, said } = await runWith({});
  const permissions = Object.values(said).map((words) => /Allow ([a-z]+:\w+) /.exec(words)?.[1]);
  expect(permissions).toEqual([
    "cloudwatch:GetMetricData",
    "events:PutEvents",
    "ecs:DescribeServices",
    "ecs:UpdateService",
    "lambda:GetFunctionConfiguration",
    "lambda:GetFunctionConfiguration",
  ]);
  expect(world.aws.consumers.ecs.deploymentsOf("login")).toHaveLength(1);
  expect(world.aws.consumers.functions.environmentOf("billing")).toEqual({});
  expect(world.aws.consumers.bus.all).toEqual([]);
});

it("refuses a service that the role does not name", async () => {
  const { world, said } = await runWith(NEEDED, [{ ...CONSUMERS[0], name: "signin", service: "signin" }]);
  expect(said["look at signin"]).toContain("was refused, got AccessDeniedException");
  expect(said["start signin"]).toContain("was refused, got AccessDeniedException");
  expect(world.aws.consumers.ecs.deploymentsOf("signin")).toHaveLength(1);
});
