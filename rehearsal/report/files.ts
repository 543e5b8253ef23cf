import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, relative } from "node:path";
import type { Report } from "./report.ts";

/** Where reports go: the last one, and the last one of each scenario, for comparisons. */
const LAST = "out/rehearsal.json";
const lastOf = (scenario: string) => `out/rehearsal.${scenario}.json`;

/** Writes a report to `file`, or to its places under `out`. @returns the files, as one types them */
export async function writeReport(report: Report, file: string | undefined): Promise<string[]> {
  const files = file === undefined ? [LAST, lastOf(report.scenario)] : [file];
  for (const path of files) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `${JSON.stringify(report, undefined, 2)}\n`);
  }
  return files.map((path) => relative(process.cwd(), path) || path);
}

/** The last report of a scenario, if there is one that can be read. */
export async function readLastReport(scenario: string): Promise<Report | undefined> {
  try {
    return JSON.parse(await readFile(lastOf(scenario), "utf8")) as Report;
  } catch {
    return undefined;
  }
}
