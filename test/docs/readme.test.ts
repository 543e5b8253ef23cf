import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { SCENARIOS } from "../../rehearsal/scenarios.ts";

const ROOT = join(import.meta.dirname, "../..");
const DOCS = ["README.md", "CONTRIBUTING.md"];
const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: object };

const COMPILER = {
  target: "es2023",
  lib: ["es2023"],
  module: "nodenext",
  types: ["node"],
  strict: true,
  noEmit: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  paths: { dualkey: ["../../constructs/index.ts"], "dualkey/client": ["../../client/index.ts"] },
};

test("every block of TypeScript in the README compiles as it stands", () => {
  mkdirSync(join(ROOT, "build"), { recursive: true });
  const folder = mkdtempSync(join(ROOT, "build/readme-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const blocks = [...readFileSync(join(ROOT, "README.md"), "utf8").matchAll(/```ts\n(.*?)```/gs)];
  expect(blocks.length).toBeGreaterThan(1);
  for (const [index, [, block = ""]] of blocks.entries()) {
    // Deep paths without a file are those of a CommonJS project; here, in an ES module, they want one.
    const text = block.replace(/(@cdktf\/provider-aws\/lib\/[a-z-]+)"/g, '$1/index.js"');
    writeFileSync(join(folder, `block-${index + 1}.ts`), text);
  }
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: COMPILER }));
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  expect(execFileSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8" })).toBe("");
});

describe.each(DOCS)("%s", (doc) => {
  const text = readFileSync(join(ROOT, doc), "utf8");

  test("links to files that exist", () => {
    const links = [...text.matchAll(/(?:\]\(|src="|srcset=")([^)"#]+)/g)].map(([, link = ""]) => link);
    const missing = links.filter((link) => !link.startsWith("http") && !existsSync(join(ROOT, link)));
    expect(missing).toEqual([]);
  });

  test("names commands that exist", () => {
    const run = [...text.matchAll(/npm run ([a-z]+)/g)].map(([, name = ""]) => name);
    expect(run.filter((name) => !(name in scripts))).toEqual([]);
    const played = [...text.matchAll(/npm start -- ([a-z]+)/g)].map(([, name = ""]) => name);
    expect(played.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name))).toEqual([]);
  });
});
