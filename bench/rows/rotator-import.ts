import { execFile } from "node:child_process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { buildFunctions } from "../../lambda/build.ts";
import { versionOf } from "../_version.ts";
import { type BenchRow, compare, medianOf } from "../row.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SDK = "@aws-sdk/client-secrets-manager";
const STARTS = { full: 15, tiny: 1 };

/** What a cold start of the function adds to what no function of this kind can do without. */
export const rotatorImport: BenchRow = {
  name: "rotator-import",
  title: "the cold import of the bundled functions, each in a process of its own",
  run: async (size) => {
    const bundles = [await buildFunctions(), await buildSdkAlone()];
    const times = bundles.map((): number[] => []);
    for (let start = 0; start < STARTS[size]; start++) {
      for (const [index, bundle] of bundles.entries()) times[index]?.push(await importOnce(bundle));
    }
    const [ours = Number.NaN, reference = Number.NaN] = times.map(medianOf);
    const referenceIs = `${SDK} ${versionOf(SDK)} alone, bundled likewise`;
    return [compare({ name: "rotator-import/sdk", ours, reference, unit: "ms", referenceIs })];
  },
};

/** As the functions are bundled, with the one client that they cannot do without. */
async function buildSdkAlone(): Promise<string> {
  const outfile = fileURLToPath(new URL("../../build/bench/secrets-manager.mjs", import.meta.url));
  await build({
    absWorkingDir: ROOT,
    stdin: {
      contents:
        'export { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";',
      resolveDir: ROOT,
    },
    outfile,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    mainFields: ["module", "main"],
    banner: {
      js: 'import{createRequire}from"node:module";const require=createRequire(import.meta.url);',
    },
    minify: true,
    keepNames: true,
    logLevel: "warning",
  });
  return outfile;
}

/** Milliseconds from before the import to after it, without the start of Node. */
async function importOnce(bundle: string): Promise<number> {
  const program =
    "const start = performance.now();" +
    `await import(${JSON.stringify(pathToFileURL(bundle).href)});` +
    "process.stdout.write(String(performance.now() - start));";
  const args = ["--input-type=module", "-e", program];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT });
  return Number(stdout);
}
