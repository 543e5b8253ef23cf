import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

/**
 * Has the rotator bundled, and gives the bundle's path. A process of its own, for the rehearsal knows the rotator by
 * what it does alone: it imports nothing of it.
 */
export async function buildBundle(signal: AbortSignal): Promise<string> {
  await run(process.execPath, ["lambda/build.ts"], { cwd: ROOT, signal });
  return fileURLToPath(new URL("build/lambda/rotator/index.mjs", `file://${ROOT}`));
}
