import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CommanderError } from "commander";
import { explain } from "./failure.ts";
import { createProgram } from "./program.ts";

try {
  await createProgram(readVersion()).parseAsync();
} catch (error) {
  process.exitCode = fail(error);
}

/** Commander has said already what it has to say. */
function fail(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const { message, exitCode } = explain(error);
  process.stderr.write(`dualkey: ${message}\n`);
  return exitCode;
}

/** The package's version, from the manifest above this file, however deep the build has put it. */
function readVersion(): string {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (!existsSync(manifest)) continue;
    const { name, version } = JSON.parse(readFileSync(manifest, "utf8")) as {
      name?: string;
      version?: string;
    };
    if (name === "dualkey" && version !== undefined) return version;
  }
  return "unknown";
}
