import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Writes the notice that goes with a bundle: whose packages are in it, and under which licences, whose texts have to
 * be handed on with the code. The same packages give the same text.
 *
 * @param inputs the files in the bundle, relative to `root`, as esbuild's metafile names them
 */
export async function noticeFor(inputs: readonly string[], root: string): Promise<string> {
  const folders = new Set(inputs.flatMap((path) => PACKAGE.exec(path)?.[1] ?? []));
  const packages = await Promise.all([...folders].sort().map((folder) => readPackage(join(root, folder))));
  const byText = new Map<string, string[]>();
  for (const one of packages) {
    const text = one.text ?? textOfSibling(one, packages);
    byText.set(text, [...(byText.get(text) ?? []), `${one.name} ${one.version} (${one.license})`]);
  }
  const parts = [...byText].map(([text, titles]) => `${titles.join("\n")}\n\n${text}`);
  return `The bundle beside this file holds these packages.\n\n${parts.join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}

const PACKAGE = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//;

interface Package {
  readonly name: string;
  readonly version: string;
  /** SPDX id. */
  readonly license: string;
  readonly text: string | undefined;
}

/** Some packages of the AWS SDK name their licence and leave its text out; their siblings have it. */
function textOfSibling({ name, license }: Package, packages: readonly Package[]): string {
  const scope = name.split("/")[0];
  const sibling = packages.find(
    (any) => any.license === license && any.name.split("/")[0] === scope && any.text,
  );
  if (sibling?.text) return sibling.text;
  throw new Error(`${name}: the package has no licence file. Look for its terms, and bundle it only then`);
}

async function readPackage(folder: string): Promise<Package> {
  const { name, version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const file = (await readdir(folder)).sort().find((entry) => /^licen[cs]e(\.(md|txt))?$/i.test(entry));
  const text = file && (await readFile(join(folder, file), "utf8")).replace(/\r\n/g, "\n").trim();
  return { name, version, license, text };
}
