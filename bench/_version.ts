import { readFileSync } from "node:fs";

/** The version of an installed package: by its file, for not every package exports its manifest. */
export function versionOf(name: string): string {
  const manifest = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(manifest, "utf8")) as { readonly version: string }).version;
}
