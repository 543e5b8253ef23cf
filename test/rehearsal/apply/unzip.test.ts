import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { zipSync } from "fflate";
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

it("unpacks the bundle that is deployed, byte by byte", async () => {
  const [, { filename }] = firstOf(readStackJson(folder), "aws_lambda_function");
  const into = makeFolder(onTestFinished);
  unzip(join(folder, String(filename)), into);
  const bundle = readFileSync(await buildFunctions());
  expect(readFileSync(join(into, "index.mjs")).equals(bundle)).toBe(true);
});

it("refuses an archive that reaches outside of its folder", () => {
  const into = makeFolder(onTestFinished);
  writeFileSync(join(into, "archive.zip"), zipSync({ "../outside.mjs": new Uint8Array([1]) }));
  expect(() => unzip(join(into, "archive.zip"), join(into, "code"))).toThrow("outside of its folder");
});

it("packs the same code to the same bytes, so that a deployment without a change changes nothing", async () => {
  const archive = `${dirname(await buildFunctions())}.zip`;
  const first = readFileSync(archive);
  await buildFunctions();
  expect(readFileSync(archive).equals(first)).toBe(true);
});

it("refuses what is no archive", () => {
  const into = makeFolder(onTestFinished);
  writeFileSync(join(into, "archive.zip"), "PK, and nothing else");
  expect(() => unzip(join(into, "archive.zip"), into)).toThrow("is no zip archive");
});
