import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

/**
 * Has the rotator bundled, where the constructs look for it. A process of its own, for the rehearsal knows the rotator by
 * what it does alone: it imports nothing of it.
 */
export async function buildBundle(signal: AbortSignal): Promise<void> {
  await run(process.execPath, ["lambda/build.ts"], { cwd: ROOT, signal });
}
