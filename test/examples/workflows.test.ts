import { readdir, readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";

const ROOT = new URL("../../", import.meta.url);
const read = (path: string) => readFile(new URL(path, ROOT), "utf8");
const names = (await readdir(new URL("examples/workflows/", ROOT))).sort();
const action = await read("action.yml");

function namesUnder(section: string): (string | undefined)[] {
  const body = new RegExp(`^${section}:\\n((?:(?: .*)?\\n)+)`, "m").exec(action)?.[1] ?? "";
  return [...body.matchAll(/^ {2}([\w-]+):/gm)].map(([, name]) => name);
}

describe.each(names)("the workflow %s", async (name) => {
  const text = await read(`examples/workflows/${name}`);
  const given = /uses: acme\/dualkey@v1\n(?: {8}id: .*\n)? {8}with:\n((?: {10}.*\n)+)/.exec(text)?.[1] ?? "";
  const inputs = [...given.matchAll(/^ {10}([\w-]+): (.*)$/gm)].map(([, input = "", value = ""]) => ({
    input,
    value,
  }));

  it("gives the Action only inputs that it has, and reads only outputs that it writes", () => {
    expect(inputs.length).toBeGreaterThan(1);
    const known = namesUnder("inputs");
    expect(inputs.filter(({ input }) => !known.includes(input))).toEqual([]);
    const outputs = [...text.matchAll(/steps\.\w+\.outputs\.([\w-]+)/g)].map(([, output]) => output);
    expect(outputs.filter((output) => !namesUnder("outputs").includes(output))).toEqual([]);
  });

  it("takes no input that the form does not ask for", () => {
    const asked = [...text.matchAll(/^ {6}([\w-]+):\n {8}description:/gm)].map(([, input]) => input);
    const used = [...text.matchAll(/\$\{\{ inputs\.([\w-]+) \}\}/g)].map(([, input]) => input);
    expect(used.filter((input) => !asked.includes(input))).toEqual([]);
    expect(asked.filter((input) => !used.includes(input))).toEqual([]);
  });

  it("has no stored AWS key, no permission that it does not name, and no input inside of a script", () => {
    expect(text).toContain("\npermissions: {}\n");
    expect(text).toContain("id-token: write");
    expect(text).not.toMatch(/secrets\.|aws-access-key-id/);
    const scripts = [...text.matchAll(/ run: (?:\|\n((?: {10}.*\n)+)|(.*))/g)].map(
      ([, many, one]) => many ?? one ?? "",
    );
    for (const script of scripts) expect(script).not.toContain("${{");
  });

  it("is not cancelled in the middle of a change", () => {
    if (name === "status.yml") return expect(text).not.toContain("concurrency");
    expect(text).toMatch(/concurrency:\n {2}group: .*\n {2}cancel-in-progress: false/);
  });
});

describe("the emergency's workflow", async () => {
  const text = await read("examples/workflows/emergency.yml");

  it("is started by people alone, so that no disabled schedule takes it along", () => {
    expect(text).toMatch(/^on:\n {2}workflow_dispatch:\n/m);
    expect(text).not.toMatch(/^ {2}(schedule|push|repository_dispatch):/m);
  });

  it("asks for each word that a refusal may ask for, and tells who may start it", () => {
    expect(text).toMatch(/ {10}even-if-logins-fail: \$\{\{ inputs\.even-if-logins-fail \}\}\n/);
    expect(text).toMatch(/branch main alone/);
  });

  it("may write issues, and runs for longer than the Action follows the key", () => {
    expect(text).toContain("issues: write");
    const minutes = Number(/timeout-minutes: (\d+)/.exec(text)?.[1]);
    const waits = Number(/wait-seconds:[\s\S]*?default: "(\d+)"/.exec(action)?.[1]);
    // The last call may take as long as the function lives, and the issue comes after it.
    expect(minutes * 60).toBeGreaterThan(waits + 150 + 120);
  });

  it("asks for nothing but the secret and the reason", () => {
    const required = [...text.matchAll(/^ {6}([\w-]+):\n {8}description:.*\n {8}required: true/gm)];
    expect(required.map(([, input]) => input)).toEqual(["secret", "reason"]);
  });
});
