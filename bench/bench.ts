import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { BenchResult, BenchRow, BenchSize } from "./row.ts";
import { formatTable } from "./table.ts";

export interface BenchRequest {
  readonly rows: readonly BenchRow[];
  /** Only the rows of this name. @default all */
  readonly name?: string | undefined;
  readonly size: BenchSize;
  /** Where the results go, as JSON. */
  readonly path: string;
  /** Where the table goes, and what is under way. */
  readonly print: (text: string) => void;
}

/**
 * Measures one row after the other, prints the table, and writes the results as JSON.
 *
 * @throws RangeError where no row has the name
 */
export async function bench({ rows, name, size, path, print }: BenchRequest): Promise<void> {
  const chosen = rows.filter((row) => name === undefined || row.name === name);
  if (chosen.length === 0) {
    const names = rows.map((row) => row.name).join(", ");
    throw new RangeError(`bench: there is no row "${name}". Take one of ${names}`);
  }
  const results: BenchResult[] = [];
  for (const row of chosen) {
    print(`${row.name}: ${row.title}\n`);
    results.push(...(await row.run(size)));
  }
  print(`\n${formatTable(results)}`);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(results, null, 2)}\n`);
}
