import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { anEmptyFolder, npm, run, say, sizeOf, type Trial } from "./_folder.ts";

/** The oldest Node that the package promises to work on. */
const OLDEST_NODE = "20.19.0";

const HAS_FUNCTIONS =
  'if (!Object.values(m).some((x) => typeof x === "function")) throw new Error("no exports");';

const PROGRAM = `import { keyFor } from "dualkey/client";
import { startStartMessagingSandbox, startTwilioSandbox, type VendorSandbox } from "dualkey/sandbox";
export const key: Promise<Readonly<Record<string, string>>> = keyFor("prod/otp", { cacheSeconds: 60 }).get();
export const url: Promise<string> = startStartMessagingSandbox().then((sandbox) => sandbox.url);
export const fake: Promise<VendorSandbox> = startTwilioSandbox({ port: 4010 });
`;

/** A service that installs dualkey for its client: no CDKTF, every module system, every way to resolve types. */
export function tryService(trial: Trial): void {
  const folder = anEmptyFolder(trial, "service");
  npm(folder, "install", trial.tarball);
  const modules = join(folder, "node_modules");
  const megabytes = (path: string) => `${(sizeOf(path) / 1e6).toFixed(1)} MB`;
  say(
    `an empty folder with dualkey: ${megabytes(modules)}, of which ${megabytes(join(modules, "@aws-sdk"))} are the ` +
      `AWS SDK client and ${megabytes(join(modules, "dualkey"))} dualkey`,
  );
  npm(folder, "install", `node@${OLDEST_NODE}`, "typescript@5.9", "@types/node@20");
  const node = join(modules, "node/bin/node");
  for (const entry of ["dualkey/client", "dualkey/sandbox"]) {
    run(node, folder, "--input-type=module", "-e", `import * as m from "${entry}"; ${HAS_FUNCTIONS}`);
    run(node, folder, "--input-type=commonjs", "-e", `const m = require("${entry}"); ${HAS_FUNCTIONS}`);
    say(`${entry}: import and require on Node ${OLDEST_NODE}`);
  }
  const help = run(node, folder, join(modules, ".bin/dualkey"), "--help");
  if (!help.includes("hand-in")) throw new Error("the command dualkey does not say what it can do");
  say(`dualkey: the command on Node ${OLDEST_NODE}`);
  checkTypes(folder, node);
}

function checkTypes(folder: string, node: string): void {
  writeFileSync(join(folder, "service.ts"), PROGRAM);
  writeFileSync(join(folder, "service.mts"), PROGRAM);
  const ways = [
    ["node10", "commonjs", "service.ts"],
    ["node16", "node16", "service.ts"],
    ["node16", "node16", "service.mts"],
    ["bundler", "esnext", "service.ts"],
  ] as const;
  for (const [resolution, module, file] of ways) {
    const how = ["--strict", "--target", "es2022", "--lib", "es2022", "--moduleResolution", resolution];
    run(
      node,
      folder,
      join(folder, "node_modules/typescript/bin/tsc"),
      "--noEmit",
      ...how,
      "--module",
      module,
      file,
    );
    say(`types: ${file} with moduleResolution ${resolution}`);
  }
}
