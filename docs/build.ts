import { globSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { keysTable, knowledgeTable, vendorsByHand, vendorsTable } from "./capabilities.ts";
import { eventPattern, eventSchema, incidentEventSchema, incidentRecordSchema } from "./event-schema.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** A part of a page that is made from the sources: between its name and the end. */
const PART = /(<!-- generated: (.+?) -->\n).*?(<!-- \/generated -->)/gs;

const PARTS: Readonly<Record<string, () => string>> = {
  "event pattern": eventPattern,
  "event schema": eventSchema,
  "incident event schema": incidentEventSchema,
  "incident record schema": incidentRecordSchema,
  keys: keysTable,
  knowledge: knowledgeTable,
  vendors: vendorsTable,
  "vendors by hand": vendorsByHand,
};

/** The pages with parts that are not what the sources give: their paths, and what they should be. */
export async function findStalePages(): Promise<ReadonlyMap<string, string>> {
  const stale = new Map<string, string>();
  for (const path of globSync("docs/**/*.md", { cwd: ROOT })) {
    const text = await readFile(join(ROOT, path), "utf8");
    const fresh = await rebuild(text, path);
    if (fresh !== text) stale.set(path, fresh);
  }
  return stale;
}

async function rebuild(text: string, path: string): Promise<string> {
  const parts = new Map<string, string>();
  for (const [, , name = ""] of text.matchAll(PART)) parts.set(name, await buildPart(name, path));
  return text.replace(PART, (_, open: string, name: string, close: string) => {
    return `${open}\n${parts.get(name)}\n\n${close}`;
  });
}

/** A table, or a file as it is: `file examples/provider/example-sms.ts`. @throws where there is no such part */
async function buildPart(name: string, page: string): Promise<string> {
  const file = /^file ([\w./-]+)$/.exec(name)?.[1];
  if (file !== undefined) return `\`\`\`ts\n${await readFile(join(ROOT, file), "utf8")}\`\`\``;
  const build = PARTS[name];
  if (build) return build();
  const known = Object.keys(PARTS).join(", ");
  throw new Error(`${page}: there is no part "${name}". Name a file, or one of: ${known}`);
}

async function main(): Promise<void> {
  const stale = await findStalePages();
  if (process.argv.includes("--check")) {
    if (stale.size === 0) return;
    const pages = [...stale.keys()].join(", ");
    process.stderr.write(`${pages}: not what the sources give. Run node docs/build.ts, and commit\n`);
    process.exitCode = 1;
    return;
  }
  for (const [path, text] of stale) {
    await writeFile(join(ROOT, path), text);
    process.stdout.write(`${path}\n`);
  }
}

if (import.meta.main) await main();
