import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { noticeFor } from "./third-party.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** What action.yml runs, committed: GitHub runs an Action as it is in the repository, and builds nothing. */
export const ACTION_BUNDLE = join(ROOT, "dist/action/index.mjs");
const NOTICE = join(ROOT, "dist/action/THIRD-PARTY.txt");

// Some dependencies are CommonJS and require Node's own modules, which an ES module cannot without this.
const REQUIRE = 'import{createRequire}from"node:module";const require=createRequire(import.meta.url);';

/**
 * The toolkit's entry also loads an HTTP client for OIDC tokens and a runner of commands, neither of which is used
 * here. Its packages do not say that loading them has no effect, though it has none: without this they come along.
 */
const unusedToolkit: Plugin = {
  name: "unused-toolkit",
  setup: ({ onResolve, resolve }) => {
    onResolve({ filter: /^@actions\/(http-client|exec)|\/oidc-utils\.js$/ }, async (args) => {
      if (args.pluginData === unusedToolkit) return undefined;
      const { importer, resolveDir, kind } = args;
      const resolved = await resolve(args.path, { importer, resolveDir, kind, pluginData: unusedToolkit });
      return { ...resolved, sideEffects: false };
    });
  },
};

/** zod brings its messages in fifty languages. Ours are written here, and English. */
const withoutLocales: Plugin = {
  name: "without-locales",
  setup: ({ onLoad }) => {
    onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
    }));
  },
};

/**
 * Bundles the Action for Node 24: one ES module with all dependencies, and the notice of whose they are.
 *
 * The same sources and the same lock file give the same bytes on every machine: no paths, no times. So CI can tell
 * whether what is committed is what the sources say.
 */
async function bundleAction(): Promise<ReadonlyMap<string, Uint8Array>> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ["action/main.ts"],
    outfile: ACTION_BUNDLE,
    write: false,
    metafile: true,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    mainFields: ["module", "main"],
    banner: { js: REQUIRE },
    plugins: [unusedToolkit, withoutLocales],
    minify: true,
    // Errors are told apart by their names in logs.
    keepNames: true,
    legalComments: "none",
    sourcemap: false,
    logLevel: "warning",
  });
  const [bundle] = outputFiles;
  if (bundle === undefined)
    throw new Error("esbuild: the bundle of action/main.ts is missing from its output");
  // What was read and then left out as unused is not in the bundle.
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  const used = inputs.flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : []));
  const notice = await noticeFor(used, ROOT);
  return new Map([
    [ACTION_BUNDLE, bundle.contents],
    [NOTICE, Buffer.from(notice)],
  ]);
}

/** Whether the committed files are what the sources give. */
export async function isActionBundleFresh(): Promise<boolean> {
  for (const [path, content] of await bundleAction()) {
    const committed = await readFile(path).catch(() => undefined);
    if (!committed?.equals(content)) return false;
  }
  return true;
}

async function main(): Promise<void> {
  if (process.argv.includes("--check")) {
    if (await isActionBundleFresh()) return;
    process.stderr.write("dist/action is not what action/ gives. Run node action/build.ts, and commit it\n");
    process.exitCode = 1;
    return;
  }
  await mkdir(dirname(ACTION_BUNDLE), { recursive: true });
  for (const [path, content] of await bundleAction()) {
    await writeFile(path, content);
    process.stdout.write(`${path.slice(ROOT.length)} ${(content.length / 1024).toFixed(0)} KiB\n`);
  }
}

if (import.meta.main) await main();
