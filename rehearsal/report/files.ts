import { access, constants, mkdir, open, readFile, writeFile } from "node:fs/promises";
import { dirname, relative } from "node:path";
import type { Report } from "./report.ts";

/** Where reports go: the last one, and the last one of each scenario, for comparisons. */
const LAST = "out/rehearsal.json";
const lastOf = ({ scenario, vendor }: Played) => {
  const place = vendor === "startmessaging" ? scenario : `${scenario}.${vendor.replace(":", "-")}`;
  return `out/rehearsal.${place}.json`;
};

const placesOf = (played: Played, file: string | undefined) =>
  file === undefined ? [LAST, lastOf(played)] : [file];

/** What was played, by its names. */
interface Played {
  readonly scenario: string;
  readonly vendor: string;
}

/** Looks before anybody waits for a report. @returns why it could not be written to its places, if so */
export async function findObstacle(played: Played, file: string | undefined): Promise<string | undefined> {
  for (const path of placesOf(played, file)) {
    try {
      await mkdir(dirname(path), { recursive: true });
      await checkWritable(path);
    } catch (error) {
      const because = error instanceof Error ? error.message : String(error);
      return `the report cannot be written to ${path} (${because}). Name another file with --json.`;
    }
  }
  return undefined;
}

async function checkWritable(path: string): Promise<void> {
  try {
    await (await open(path, "r+")).close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    await access(dirname(path), constants.W_OK);
  }
}

/** Writes a report to `file`, or to its places under `out`. @returns the files, as one types them */
export async function writeReport(report: Report, file: string | undefined): Promise<string[]> {
  const files = placesOf({ scenario: report.scenario, vendor: report.vendor.id }, file);
  for (const path of files) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `${JSON.stringify(report, undefined, 2)}\n`);
  }
  return files.map((path) => relative(process.cwd(), path) || path);
}

/** The last report of a scenario, if there is one that can be read. */
export async function readLastReport(played: Played): Promise<Report | undefined> {
  try {
    return JSON.parse(await readFile(lastOf(played), "utf8")) as Report;
  } catch {
    return undefined;
  }
}
