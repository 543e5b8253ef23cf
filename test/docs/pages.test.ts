import { execFileSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { SCENARIOS } from "../../rehearsal/scenarios.ts";

const ROOT = join(import.meta.dirname, "../..");
const PAGES = ["README.md", "CONTRIBUTING.md", ...globSync("docs/**/*.md", { cwd: ROOT }).sort()];
const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: object };

const COMPILER = {
  target: "es2023",
  lib: ["es2024"],
  module: "nodenext",
  moduleDetection: "force",
  types: ["node"],
  strict: true,
  noEmit: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  paths: {
    dualkey: ["../../constructs/index.ts"],
    "dualkey/client": ["../../client/index.ts"],
    "dualkey/sandbox": ["../../sandbox/index.ts"],
  },
};

/** What the pages under docs/ go on from: the README's stack and its KeyRotation. */
const CONTEXT = `declare const stack: import("cdktf").TerraformStack;
declare const rotation: import("dualkey").KeyRotation;
`;

const read = (page: string) => readFileSync(join(ROOT, page), "utf8");

/** The blocks of TypeScript that are written by hand: those made from files are compiled where the files are. */
function blocksOf(page: string): string[] {
  const text = read(page).replace(/<!-- generated: .*?<!-- \/generated -->/gs, "");
  return [...text.matchAll(/```ts\n(.*?)```/gs)].map(([, block = ""]) => block);
}

function compile(blocks: ReadonlyMap<string, string>, context: string): string {
  mkdirSync(join(ROOT, "build"), { recursive: true });
  const folder = mkdtempSync(join(ROOT, "build/pages-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, block] of blocks) {
    // Deep paths without a file are those of a CommonJS project; here, in an ES module, they want one.
    const text = block.replace(/(@cdktf\/provider-aws\/lib\/[a-z-]+)"/g, '$1/index.js"');
    writeFileSync(join(folder, `${name.replaceAll("/", "-")}.ts`), text);
  }
  // Only what is in a file that is no module is known to the others.
  writeFileSync(join(folder, "context.d.ts"), context);
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: COMPILER }));
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  try {
    return execFileSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8" });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

function namedBlocks(pages: readonly string[]): Map<string, string> {
  const blocks = pages.flatMap((page) =>
    blocksOf(page).map((block, index) => [`${page}-${index + 1}`, block]),
  );
  return new Map(blocks as [string, string][]);
}

test("every block of TypeScript in the README compiles as it stands", () => {
  const blocks = namedBlocks(["README.md"]);
  expect(blocks.size).toBeGreaterThan(1);
  expect(compile(blocks, "")).toBe("");
});

test("every block of TypeScript under docs/ compiles, going on from the README's rotation", () => {
  const blocks = namedBlocks(PAGES.filter((page) => page.startsWith("docs/")));
  expect(blocks.size).toBeGreaterThan(8);
  expect(compile(blocks, CONTEXT)).toBe("");
});

describe.each(PAGES)("%s", (page) => {
  const text = read(page);

  test("links to files that exist, and to their headings", () => {
    const links = [...text.matchAll(/(?:\]\(|src="|srcset=")([^)"\s]+)/g)].map(([, link = ""]) => link);
    const own = links.filter((link) => !/^https?:/.test(link));
    expect(own.filter((link) => !isThere(link, page))).toEqual([]);
  });

  test("names commands that exist", () => {
    const run = [...text.matchAll(/npm run ([a-z]+)/g)].map(([, name = ""]) => name);
    expect(run.filter((name) => !(name in scripts))).toEqual([]);
    const played = [...text.matchAll(/npm start -- ([a-z][a-z-]*)/g)].map(([, name = ""]) => name);
    expect(played.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name))).toEqual([]);
  });
});

function isThere(link: string, page: string): boolean {
  const [path = "", heading] = link.split("#");
  const file = path === "" ? page : join(dirname(page), path);
  if (!existsSync(join(ROOT, file))) return false;
  return heading === undefined || headingsOf(file).includes(heading);
}

/** The headings of a page as GitHub makes anchors of them. */
function headingsOf(page: string): string[] {
  const found = [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) => title.toLowerCase());
  return found.map((title) => title.replace(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-"));
}
