import { mkdir, rename, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

// Some dependencies are CommonJS and require Node's own modules, which an ES module cannot without this.
const REQUIRE = 'import{createRequire}from"node:module";const require=createRequire(import.meta.url);';

/**
 * Bundles the functions for Lambda (Node 24): one ES module for both, which exports `rotator` and `responder`, with all
 * dependencies, the AWS SDK included, so that what runs is what was tested, and not what the runtime brings along that
 * day.
 *
 * Safe to call at once from several processes: the file appears whole.
 *
 * @returns the path of the bundle
 */
export async function buildFunctions(): Promise<string> {
  const outfile = join(ROOT, "build/lambda/functions/index.mjs");
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: ["lambda/index.ts"],
    outfile,
    write: false,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    mainFields: ["module", "main"],
    banner: { js: REQUIRE },
    minify: true,
    // Errors are told apart by their names in logs.
    keepNames: true,
    sourcemap: false,
    logLevel: "warning",
  });
  const [bundle] = outputFiles;
  if (bundle === undefined)
    throw new Error("esbuild: the bundle of lambda/index.ts is missing from its output");
  // Beside the folder, not in it: whoever packs the folder meanwhile must find the bundle and nothing else.
  const unfinished = `${dirname(outfile)}.${process.pid}.${Date.now()}`;
  await mkdir(dirname(outfile), { recursive: true });
  await writeFile(unfinished, bundle.contents);
  await rename(unfinished, outfile);
  return outfile;
}

if (import.meta.main) {
  const path = await buildFunctions();
  const { size } = await stat(path);
  process.stdout.write(`${path.slice(ROOT.length)} ${(size / 1024).toFixed(0)} KiB\n`);
}
