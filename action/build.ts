import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** What action.yml runs, committed: GitHub runs an Action as it is in the repository, and builds nothing. */
export const ACTION_BUNDLE = join(ROOT, "dist/action/index.mjs");

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

/**
 * Bundles the Action for Node 24: one ES module with all dependencies.
 *
 * The same sources and the same lock file give the same bytes on every machine: no paths, no times. So CI can tell
 * whether what is committed is what the sources say.
 */
export async function bundleAction(): Promise<Uint8Array> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: ["action/main.ts"],
    outfile: ACTION_BUNDLE,
    write: false,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    mainFields: ["module", "main"],
    banner: { js: REQUIRE },
    plugins: [unusedToolkit],
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
  return bundle.contents;
}

/** Whether the committed bundle is what the sources give. */
export async function isActionBundleFresh(): Promise<boolean> {
  const committed = await readFile(ACTION_BUNDLE).catch(() => Buffer.alloc(0));
  return committed.equals(await bundleAction());
}

async function main(): Promise<void> {
  const path = ACTION_BUNDLE.slice(ROOT.length);
  if (process.argv.includes("--check")) {
    if (await isActionBundleFresh()) return;
    process.stderr.write(`${path} is not what action/ gives. Run node action/build.ts, and commit it\n`);
    process.exitCode = 1;
    return;
  }
  const bundle = await bundleAction();
  await mkdir(dirname(ACTION_BUNDLE), { recursive: true });
  await writeFile(ACTION_BUNDLE, bundle);
  process.stdout.write(`${path} ${(bundle.length / 1024).toFixed(0)} KiB\n`);
}

if (import.meta.main) await main();
