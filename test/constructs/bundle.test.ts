import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
mkdirSync(join(ROOT, "build"), { recursive: true });
const elsewhere = mkdtempSync(join(ROOT, "build/package-"));
afterAll(() => rmSync(elsewhere, { recursive: true }));

/** Another package named dualkey, whose code lies deeper than in the repository. */
async function locateIn(folder: string): Promise<() => string> {
  const deep = join(elsewhere, folder);
  cpSync(join(ROOT, "constructs/_bundle.ts"), join(deep, "constructs/_bundle.ts"));
  cpSync(join(ROOT, "contract/errors.ts"), join(deep, "contract/errors.ts"));
  writeFileSync(join(elsewhere, "package.json"), '{ "name": "dualkey", "type": "module" }');
  writeFileSync(join(deep, "package.json"), '{ "type": "module" }');
  const module = await import(pathToFileURL(join(deep, "constructs/_bundle.ts")).href);
  return module.locateBundle;
}

it("says what to run where the bundle is missing, and finds it wherever the build has put the code", async () => {
  const locateBundle = await locateIn("dist/esm");
  expect(locateBundle).toThrow("there is no build/lambda/functions.zip. Run: npm run build");
  mkdirSync(join(elsewhere, "build/lambda"), { recursive: true });
  const archive = join(elsewhere, "build/lambda/functions.zip");
  writeFileSync(archive, "");
  expect(locateBundle()).toBe(archive);
});
