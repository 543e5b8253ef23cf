import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The oldest Node that the package promises to work on. */
const OLDEST_NODE = "20.19.0";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "dualkey-consumers-"));

/** Packs the package and installs it as its users do: what is in the repository and not in the package must not help. */
function main(): void {
  const tarball = join(
    scratch,
    npm(ROOT, "pack", "--silent", "--ignore-scripts", "--pack-destination", scratch).trim(),
  );
  const folder = anEmptyFolder("service");
  npm(folder, "install", "--silent", tarball);
  say(`an empty folder with dualkey: ${megabytes(folder)}`);
  npm(folder, "install", "--silent", `node@${OLDEST_NODE}`, "typescript@5.9", "@types/node@20");
  const node = join(folder, "node_modules/node/bin/node");
  for (const entry of ["dualkey/client", "dualkey/sandbox"]) {
    run(node, folder, "--input-type=module", "-e", `import * as m from "${entry}"; ${assertExports}`);
    run(node, folder, "--input-type=commonjs", "-e", `const m = require("${entry}"); ${assertExports}`);
    say(`${entry}: import and require on Node ${OLDEST_NODE}`);
  }
  typesIn(folder, node);
}

const assertExports =
  'if (!Object.values(m).some((x) => typeof x === "function")) throw new Error("no exports");';

/** Type-checks one program in every way that TypeScript 5.9 resolves a package. */
function typesIn(folder: string, node: string): void {
  const program = [
    'import { keyFor } from "dualkey/client";',
    'import { startStartMessagingSandbox } from "dualkey/sandbox";',
    'export const key: Promise<Readonly<Record<string, string>>> = keyFor("prod/otp", { cacheSeconds: 60 }).get();',
    "export const url: Promise<string> = startStartMessagingSandbox().then((sandbox) => sandbox.url);",
  ].join("\n");
  writeFileSync(join(folder, "service.ts"), program);
  writeFileSync(join(folder, "service.mts"), program);
  const tsc = join(folder, "node_modules/typescript/bin/tsc");
  const strict = ["--noEmit", "--strict", "--target", "es2022", "--lib", "es2022"];
  const ways = [
    ["node10", "commonjs", "service.ts"],
    ["node16", "node16", "service.ts"],
    ["node16", "node16", "service.mts"],
    ["bundler", "esnext", "service.ts"],
  ] as const;
  for (const [resolution, module, file] of ways) {
    run(node, folder, tsc, ...strict, "--moduleResolution", resolution, "--module", module, file);
    say(`types: ${file} with moduleResolution ${resolution}`);
  }
}

function anEmptyFolder(name: string): string {
  const folder = join(scratch, name);
  mkdirSync(folder);
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ private: true, allowScripts: { node: true } }),
  );
  return folder;
}

function megabytes(folder: string): string {
  const modules = join(folder, "node_modules");
  const ours = sizeOf(join(modules, "dualkey"));
  return `${(sizeOf(modules) / 1e6).toFixed(1)} MB, of which dualkey ${(ours / 1e6).toFixed(1)} MB`;
}

function sizeOf(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isDirectory()) return stat?.size ?? 0;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

function npm(cwd: string, ...args: string[]): string {
  return run("npm", cwd, ...args);
}

function run(command: string, cwd: string, ...args: string[]): string {
  return execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}

function say(line: string): void {
  process.stdout.write(`  ${line}\n`);
}

try {
  main();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
