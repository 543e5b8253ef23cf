import { mkdir, rename, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { zipSync } from "fflate";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

// Some dependencies are CommonJS and require Node's own modules, which an ES module cannot without this.
const REQUIRE = 'import{createRequire}from"node:module";const require=createRequire(import.meta.url);';

/** zod brings its messages in fifty languages, a fifth of the bundle. Ours are written here, and English. */
const WITHOUT_LOCALES: Plugin = {
  name: "without-locales",
  setup: ({ onLoad }) => {
    onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
    }));
  },
};

/** The earliest time that an archive can tell: the same code packs to the same bytes on any day. */
const ZIP_EPOCH = "1980-01-01T12:00:00";

/**
 * Bundles the functions for Lambda (Node 24): one ES module for both, which exports `rotator` and `responder`, with all
 * dependencies, the AWS SDK included, so that what runs is what was tested, and not what the runtime brings along that
 * day.
 *
 * Beside the bundle lies the archive of it that is deployed. (CDKTF packs folders by a line for the shell, which breaks
 * where a path has a space in it.) Safe to call at once from several processes: both files appear whole.
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
    plugins: [WITHOUT_LOCALES],
    // Errors are told apart by their names in logs.
    keepNames: true,
    sourcemap: false,
    logLevel: "warning",
  });
  const [bundle] = outputFiles;
  if (bundle === undefined)
    throw new Error("esbuild: the bundle of lambda/index.ts is missing from its output");
  await writeWhole(outfile, bundle.contents);
  const archive = zipSync({ "index.mjs": bundle.contents }, { level: 9, mtime: ZIP_EPOCH });
  await writeWhole(`${dirname(outfile)}.zip`, archive);
  return outfile;
}

async function writeWhole(path: string, content: Uint8Array): Promise<void> {
  const unfinished = `${path}.${process.pid}.${Date.now()}`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(unfinished, content);
  await rename(unfinished, path);
}

if (import.meta.main) {
  const path = await buildFunctions();
  const { size } = await stat(path);
  process.stdout.write(`${path.slice(ROOT.length)} ${(size / 1024).toFixed(0)} KiB\n`);
}
