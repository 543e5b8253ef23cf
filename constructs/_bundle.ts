import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ConfigError } from "../contract/errors.ts";

/** The archive of the functions' bundle, relative to the package: the same in the repository and in what is published. */
const BUNDLE = "build/lambda/functions.zip";

/**
 * Finds the archive of the functions' bundle.
 *
 * @throws ConfigError where it is missing
 */
export function locateBundle(): string {
  const archive = join(packageRoot(), BUNDLE);
  if (existsSync(archive)) return archive;
  const message = `the functions' bundle is missing: there is no ${BUNDLE}. Run: npm run build`;
  throw new ConfigError("dualkey", [{ path: "", message }]);
}

/** Goes up to the package, however deep the build has put this file. */
function packageRoot(): string {
  for (let folder = here(); folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).name === "dualkey") return folder;
  }
  throw new ConfigError("dualkey", [
    { path: "", message: "its package.json is missing above its code. Install dualkey again" },
  ]);
}

/** `import.meta` is empty in a CommonJS build, and `__dirname` unknown in an ES module. */
function here(): string {
  return import.meta.dirname ?? __dirname;
}
