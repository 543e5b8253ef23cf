import { join } from "node:path";
import { anEmptyFolder, npm, run, say, type Trial } from "./_folder.ts";

const PUBLINT = "publint@0.3";
const ATTW = "@arethetypeswrong/cli@0.18";

/** Holds the package's manifest against what is in it, and its types against every way to resolve them. */
export function lintPackage(trial: Trial): void {
  const tools = anEmptyFolder(trial, "linters");
  npm(tools, "install", PUBLINT, ATTW);
  run(join(tools, "node_modules/.bin/publint"), tools, "--strict", trial.tarball);
  say("publint --strict: nothing to say");
  run(join(tools, "node_modules/.bin/attw"), tools, trial.tarball);
  say("attw: no problems found");
}
