import { globSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { parseResponderRequest, RESPONDER_OPERATIONS } from "../../contract/requests.ts";

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), "utf8");

test("the payloads in the operations page are understood, and there is one for each operation", async () => {
  const page = await read("docs/operations.md");
  const payloads = [...page.matchAll(/\{ "operation".*?\}/g)].map(([text]) => JSON.parse(text));
  const operations = payloads.map((payload) => parseResponderRequest(payload).operation);
  expect([...new Set(operations)].sort()).toEqual([...RESPONDER_OPERATIONS].sort());
  expect(payloads).toContainEqual(expect.objectContaining({ evenIfUsed: true }));
});

test("the operations page has every finding of the status, and no other", async () => {
  const page = await read("docs/operations.md");
  const files = (await readdir(new URL("../../contract/", import.meta.url))).filter((name) =>
    name.includes("finding"),
  );
  const sources = await Promise.all(files.map((name) => read(`contract/${name}`)));
  const codes = sources.flatMap((text) => [...text.matchAll(/\b(?:alarm|notice)\(\s*"([a-z-]+)"/g)]);
  const [, table = ""] = page.split("## What a finding of the status means");
  const listed = [...table.matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell = ""]) => [
    ...cell.matchAll(/`([a-z-]+)`/g),
  ]);
  const names = (matches: readonly RegExpMatchArray[]) =>
    [...new Set(matches.map(([, name]) => name))].sort();
  expect(names(codes).length).toBeGreaterThan(10);
  expect(names(listed)).toEqual(names(codes));
});

test("the operations page quotes of the log what the sources say, and nothing else", async () => {
  const page = await read("docs/operations.md");
  const [, table = ""] = page.split(/## What an alarm of a run means|## What a finding/);
  const files = globSync("{core,lambda,contract}/**/*.ts", {
    cwd: new URL("../../", import.meta.url).pathname,
  });
  const sources = (await Promise.all(files.map(read))).join("\n");
  // A sentence may be made of texts on several lines, with something between.
  const said = sources.replace(/["`] \+\s+["`]/g, "").replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, "…");
  const quoted = [...table.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = ""]) => [
    ...cell.matchAll(/`([^`]+)`/g),
  ]);
  const parts = quoted.flatMap(([, text = ""]) => text.split("…").map((part) => part.trim()));
  expect(parts.length).toBeGreaterThan(30);
  expect(parts.filter((part) => !said.includes(part))).toEqual([]);
});

test("the workflows for operators offer what the responder is asked by hand, and each input of the Action that it takes", async () => {
  const names = (await readdir(new URL("../../examples/workflows/", import.meta.url))).sort();
  const workflows = await Promise.all(names.map((name) => read(`examples/workflows/${name}`)));
  const offered = workflows.flatMap((text) => [
    ...text.matchAll(/^ {10}- ([a-z-]+)/gm),
    ...text.matchAll(/^ {10}operation: ([a-z-]+)/gm),
  ]);
  const known = new Set(offered.map(([, name]) => name));
  expect(RESPONDER_OPERATIONS.filter((name) => !known.has(name))).toEqual(["reconcile"]);
  const operate = workflows[names.indexOf("operate.yml")];
  for (const input of ["operation", "secret", "reason", "even-if-used"]) {
    expect(operate).toContain(`${input}: \${{ inputs.${input} }}`);
  }
});
