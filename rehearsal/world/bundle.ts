import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

/**
 * Has the functions bundled, where the constructs look for them. A process of its own: the rehearsal knows functions by
 * what they do alone, and imports nothing of them.
 */
export async function buildBundle(signal: AbortSignal): Promise<void> {
  await run(process.execPath, ["lambda/build.ts"], { cwd: ROOT, signal });
}
