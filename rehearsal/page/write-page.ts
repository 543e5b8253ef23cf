import { writeFile } from "node:fs/promises";
import { readLastReport } from "../report/files.ts";
import type { Report } from "../report/report.ts";
import { buildPage } from "./page.ts";

const PAGE = "out/rehearsal.html";

/** A cutover and a script's replacement are there to be held against each other. */
const COMPARED = ["cutover", "naive"];

/** Writes the page of a rehearsal, beside what it is compared with where that was played, too. @returns its file */
export async function writePage(report: Report): Promise<string> {
  await writeFile(PAGE, await buildPage(await withCompared(report)));
  return PAGE;
}

async function withCompared(report: Report): Promise<readonly [Report, ...Report[]]> {
  const other = COMPARED.includes(report.scenario) && COMPARED.find((name) => name !== report.scenario);
  const last = other ? await readLastReport({ scenario: other, vendor: report.vendor.id }) : undefined;
  // What an older version has written may lack what this page tells.
  if (!last?.vendor) return [report];
  return last.scenario === "naive" ? [report, last] : [last, report];
}
