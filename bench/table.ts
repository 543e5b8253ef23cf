import type { BenchResult } from "./row.ts";

const HEAD = ["", "ours", "reference", "unit", "ratio", "the reference is"] as const;
/** Numbers stand to the right. */
const IS_NUMBER = [false, true, true, false, true, false];

/** Sets results out in aligned columns, one line each, below a line of heads. */
export function formatTable(results: readonly BenchResult[]): string {
  const rows = [HEAD, ...results.map(cellsOf)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row.map((cell, column) => pad(cell, widths[column] ?? 0, IS_NUMBER[column] === true)).join("  "),
  );
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}

function cellsOf({ name, ours, reference, unit, ratio, referenceIs }: BenchResult): readonly string[] {
  return [name, format(ours), format(reference), unit, ratio === null ? "–" : format(ratio), referenceIs];
}

function format(number: number): string {
  return number.toLocaleString("en", { maximumFractionDigits: 3 });
}

function pad(cell: string, width: number, isNumber: boolean): string {
  return isNumber ? cell.padStart(width) : cell.padEnd(width);
}
