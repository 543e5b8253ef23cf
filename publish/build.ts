import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { noticeFor } from "../action/third-party.ts";
import { bundleCommand } from "./command.ts";
import { COMMAND, ENTRIES, ROOMS } from "./entries.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DIST = join(ROOT, "dist");

/**
 * Makes what is published: each entry as an ES module and as CommonJS, with types for both, under `dist/`.
 *
 * The types come from `tsc -b`, which has to run before. Packages stay imports, but for zod and the fakes' phone numbers: a
 * service that installs dualkey for its client needs the AWS SDK, and nothing else. Beside the bundles is the notice of
 * whose packages are in them.
 */
async function buildPackage(): Promise<void> {
  for (const format of ["esm", "cjs"] as const) {
    const outdir = join(DIST, format);
    await rm(outdir, { recursive: true, force: true });
    const { metafile } = await build({
      absWorkingDir: ROOT,
      metafile: true,
      entryPoints: Object.entries(ENTRIES).map(([out, source]) => ({ in: source, out })),
      outdir,
      bundle: true,
      splitting: format === "esm",
      chunkNames: "shared/[hash]",
      platform: "node",
      target: "node20.19",
      format,
      external: ["@aws-sdk/*", "@cdktf/*", "cdktf", "constructs"],
      // constructs/_bundle.ts asks for `import.meta` first, and does without it in CommonJS.
      logOverride: { "empty-import-meta": "silent" },
      logLevel: "warning",
    });
    for (const room of ROOMS) await copyTypes(room, outdir);
    const type = format === "esm" ? "module" : "commonjs";
    await mkdir(outdir, { recursive: true });
    await writeFile(join(outdir, "package.json"), `${JSON.stringify({ type })}\n`);
    // What was read and then left out as unused is not in the bundles.
    const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
    const used = inputs.flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : []));
    await writeFile(join(outdir, "THIRD-PARTY.txt"), await noticeFor(used, ROOT));
  }
}

/** Declarations only: the rooms' own modules are in the bundles. */
async function copyTypes(room: string, outdir: string): Promise<void> {
  await cp(join(ROOT, "build", room), join(outdir, "types", room), {
    recursive: true,
    filter: (source) => !/\.(js|mjs|tsbuildinfo)$/.test(source),
  });
}

await buildPackage();
await bundleCommand(join(ROOT, COMMAND));
