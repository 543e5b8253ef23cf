import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What a consumer is tried with. */
export interface Trial {
  /** A folder outside the repository: what is not in the package must not help. */
  readonly scratch: string;
  readonly tarball: string;
}

/** Makes a folder with a manifest and nothing else. */
export function anEmptyFolder({ scratch }: Trial, name: string, manifest: object = {}): string {
  const folder = join(scratch, name);
  mkdirSync(folder);
  const allowScripts = { node: true };
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, allowScripts, ...manifest }));
  return folder;
}

/** A user's PATH: without the programs of this repository, its Node among them, which `npm run` puts in front. */
const PATH = (process.env.PATH ?? "")
  .split(delimiter)
  .filter((folder) => !folder.includes("node_modules"))
  .join(delimiter);

/** Runs a command to its end. @throws where it fails; what it says stands above the error */
export function run(command: string, cwd: string, ...args: string[]): string {
  const env = { ...process.env, PATH, CHECKPOINT_DISABLE: "1", npm_config_loglevel: "error" };
  try {
    return execFileSync(command, args, { cwd, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    process.stderr.write(`${stdout ?? ""}${stderr ?? ""}`);
    throw new Error(`${command} ${args.slice(0, 3).join(" ")} failed in ${cwd}`, { cause: error });
  }
}

export function npm(cwd: string, ...args: string[]): string {
  return run("npm", cwd, ...args);
}

export function say(line: string): void {
  process.stdout.write(`  ${line}\n`);
}

/** The README's first TypeScript block, a whole `main.ts`: what it shows is what is tried. */
export function firstBlock(): string {
  const block = /```ts\n(.*?)```/s.exec(readFileSync(join(ROOT, "README.md"), "utf8"))?.[1];
  if (block === undefined) throw new Error("README.md has no block of TypeScript");
  return block;
}

/** The size of all files below a folder, in bytes. */
export function sizeOf(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isDirectory()) return stat?.size ?? 0;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}
