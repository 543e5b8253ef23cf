import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { ACTION_BUNDLE, isActionBundleFresh } from "../../action/build.ts";
import { FIELD_INPUTS } from "../../action/request-inputs.ts";

let text: string;
beforeAll(async () => {
  text = await readFile(ACTION_BUNDLE, "utf8");
});

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), "utf8");

describe("the committed bundle of the Action", () => {
  it("is what the sources give; if this fails: node action/build.ts, and commit dist/action", async () => {
    expect(await isActionBundleFresh()).toBe(true);
  });

  it("holds all that it needs and nothing of the machine that built it", () => {
    const imports = [...text.matchAll(/\bfrom\s*"([\w:@./-]+)"/g)].map(([, name]) => name ?? "");
    expect(imports).toContain("node:https");
    // The toolkit names Node's modules without their prefix.
    const builtin = new Set(process.getBuiltinModule("node:module").builtinModules);
    expect(imports.filter((name) => !builtin.has(name.replace(/^node:/, "")))).toEqual([]);
    expect(text).not.toContain(process.cwd());
    expect(text).not.toContain("node_modules");
    expect(text).not.toMatch(/registry\.npmjs/);
    expect(text).toContain("/repos/{owner}/{repo}/issues");
    expect(text.length).toBeLessThan(1_400_000);
  });

  it("cannot ask for a value", () => {
    expect(text).not.toContain("GetSecretValue");
    expect(text).toContain("DescribeSecret");
  });
});

describe("action.yml", () => {
  it("describes every input that is read and every output that is written, and no other", async () => {
    const yml = await read("action.yml");
    const namesUnder = (section: string) => {
      const body = new RegExp(`^${section}:\\n((?:(?: .*)?\\n)+)`, "m").exec(yml)?.[1] ?? "";
      return [...body.matchAll(/^ {2}([\w-]+):/gm)].map(([, name]) => name).sort();
    };
    const sources = await Promise.all(["inputs", "read-input"].map((name) => read(`action/${name}.ts`)));
    const inputs = sources.join("\n").matchAll(/(?:getInput|read[A-Z]\w+)\("([\w-]+)"/g);
    const named = [...inputs].map(([, name]) => name);
    expect(namesUnder("inputs")).toEqual([...new Set([...named, ...FIELD_INPUTS])].sort());
    expect(namesUnder("outputs")).toEqual(
      [
        "alarms",
        "containment-seconds",
        "found",
        "held",
        "incident",
        "leaked-keys-alive",
        "notices",
        "outcome",
        "phase",
        "post-mortem-url",
        "previous-version-id",
        "promoted-at",
        "proof",
        "retiring",
        "secrets",
        "version-id",
      ].sort(),
    );
    expect(yml).toContain("using: node24");
    expect(yml).toContain("main: dist/action/index.mjs");
  });
});
