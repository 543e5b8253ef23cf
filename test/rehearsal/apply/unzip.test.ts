import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { buildFunctions } from "../../../lambda/build.ts";
import { unzip } from "../../../rehearsal/apply/_unzip.ts";
import { firstOf, makeFolder, readStackJson, synthesize } from "./a-synthesized-stack.ts";

let folder: string;
const removals: (() => void)[] = [];

beforeAll(async () => {
  folder = await synthesize((remove) => removals.push(remove));
}, 60_000);

afterAll(() => {
  for (const remove of removals) remove();
});

it("unpacks the bundle that CDKTF has packed, byte by byte", async () => {
  const [, { filename }] = firstOf(readStackJson(folder), "aws_lambda_function");
  const into = makeFolder(onTestFinished);
  unzip(join(folder, String(filename)), into);
  const bundle = readFileSync(await buildFunctions());
  expect(readFileSync(join(into, "index.mjs")).equals(bundle)).toBe(true);
});

it("refuses what is no archive", () => {
  const into = makeFolder(onTestFinished);
  writeFileSync(join(into, "archive.zip"), "PK, and nothing else");
  expect(() => unzip(join(into, "archive.zip"), into)).toThrow("is no zip archive");
});
