import { chmod, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { noticeFor } from "../action/third-party.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

// Some dependencies are CommonJS and require Node's own modules, which an ES module cannot without this.
const REQUIRE = 'import{createRequire}from"node:module";const require=createRequire(import.meta.url);';

/**
 * Bundles the command line for a user's Node: one ES module with all that it needs, and beside it the notice of whose
 * packages these are. A service that installs dualkey for its client installs nothing for the command.
 */
export async function bundleCommand(outfile: string): Promise<void> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ["cli/main.ts"],
    outfile,
    metafile: true,
    bundle: true,
    platform: "node",
    target: "node20.19",
    format: "esm",
    mainFields: ["module", "main"],
    banner: { js: `#!/usr/bin/env node\n${REQUIRE}` },
    minify: true,
    // Errors are told apart by their names.
    keepNames: true,
    legalComments: "none",
    logLevel: "warning",
  });
  // What was read and then left out as unused is not in the bundle.
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  const used = inputs.flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : []));
  await chmod(outfile, 0o755);
  await writeFile(join(dirname(outfile), "THIRD-PARTY.txt"), await noticeFor(used, ROOT));
}
