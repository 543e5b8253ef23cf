import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { npm, ROOT } from "./_folder.ts";
import { tryEsModules, tryTemplate } from "./cdktf-projects.ts";
import { lintPackage } from "./lint-package.ts";
import { tryService } from "./service.ts";

// Packs the package and installs it as its users do.
if (!existsSync(join(ROOT, "dist/esm/index.js")) || !existsSync(join(ROOT, "build/lambda/functions.zip"))) {
  process.stderr.write("consumers: the package is not built. Run: npm run build\n");
  process.exit(1);
}
const scratch = mkdtempSync(join(tmpdir(), "dualkey-consumers-"));
try {
  const packed = npm(ROOT, "pack", "--silent", "--ignore-scripts", "--pack-destination", scratch).trim();
  const trial = { scratch, tarball: join(scratch, packed) };
  lintPackage(trial);
  tryService(trial);
  tryEsModules(trial);
  tryTemplate(trial);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
