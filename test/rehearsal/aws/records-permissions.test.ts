import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvokeCommand } from "@aws-sdk/client-lambda";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildRecordStatements } from "../../../constructs/_record-statements.ts";
import { allows, parsePolicyDocument } from "../../../rehearsal/apply/_iam.ts";
import { startWorld } from "./world.ts";

let folder = "";

/** A function that does with records what runs do, with nothing but its role, and says what each step came to. */
const SOURCE = `
import { S3Client } from "@aws-sdk/client-s3";
import { createRecords } from "../../../core/aws/records.ts";
import { aRecord } from "../../core/aws/a-record.ts";
export async function handler() {
  const call = { signal: AbortSignal.timeout(10_000) };
  const records = createRecords({ client: new S3Client({ maxAttempts: 1 }), bucket: "records" });
  const record = aRecord();
  const { secret, id } = record;
  const dead = { secret, versionId: "v1", provider: "startmessaging", keyId: "key_1", diedAtMs: 0 };
  const sha256 = "ab".repeat(32);
  const steps = {
    "look for one that is not there": async () => (await records.readIncident({ secret, id }, call)) ?? "none",
    "begin one": () => records.writeIncident(record, {}, call),
    "go on with it": async () => records.writeIncident(record, await records.readIncident({ secret, id }, call), call),
    "list": () => records.listIncidents({ secret }, call),
    "look for a dead key that is not there": async () => (await records.findDead({ sha256 }, call)) ?? "none",
    "remember one": () => records.rememberDead(dead, [sha256], call),
    "find it": async () => (await records.findDead({ secret, keyId: "key_1" }, call)).keyId,
  };
  const said = {};
  for (const [name, step] of Object.entries(steps)) {
    said[name] = await step().then((value) => value ?? "done", (error) => error.message);
  }
  return said;
}
`;

const DONE = {
  "look for one that is not there": "none",
  "begin one": "done",
  "go on with it": "done",
  list: ["20260414T080000.000Z-all"],
  "look for a dead key that is not there": "none",
  "remember one": "done",
  "find it": "key_1",
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "embedded-records-"));
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

/** What a function comes to whose role has these statements of the synthesized one. */
async function saidWith(...kept: readonly string[]): Promise<Record<string, unknown>> {
  const { aws, lambda } = await startWorld();
  aws.buckets.createBucket("records");
  const Statement = buildRecordStatements("arn:aws:s3:::records")
    .filter(({ Sid }) => kept.includes(Sid))
    .map((one) => ({ Effect: "Allow", ...one }));
  // IAM takes no policy without a statement.
  const other = { Effect: "Allow", Action: "s3:ListBucket", Resource: "arn:aws:s3:::other" };
  const document = JSON.stringify({ Version: "2012-10-17", Statement: [...Statement, other] });
  const statements = parsePolicyDocument(document, "role");
  aws.createFunction({
    name: "responder",
    code: { bundle: folder },
    timeoutSeconds: 30,
    roleAllows: (call) => allows(statements, call),
  });
  const { Payload } = await lambda.send(new InvokeCommand({ FunctionName: "responder" }));
  return JSON.parse(Payload?.transformToString() ?? "");
}

it("keeps records with what the constructs allow", { timeout: 30_000 }, async () => {
  expect(await saidWith("KeepRecords", "FindRecords")).toEqual(DONE);
});

it("cannot tell what is not there from what is forbidden where it may not list", {
  timeout: 30_000,
}, async () => {
  const said = await saidWith("KeepRecords");
  const forbidden = expect.stringContaining("GetObject was refused, got AccessDenied. Allow s3:GetObject");
  expect(said).toEqual({
    ...DONE,
    "look for one that is not there": forbidden,
    "look for a dead key that is not there": forbidden,
    list: expect.stringContaining("Allow s3:ListBucket"),
  });
});

it("needs each of these statements", { timeout: 30_000 }, async () => {
  const said = await saidWith("FindRecords");
  expect(said["begin one"]).toContain("Allow s3:PutObject");
  expect(said["find it"]).toContain("Allow s3:GetObject");
});
