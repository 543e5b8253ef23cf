import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { bench } from "../../bench/bench.ts";
import { type BenchResult, compare, medianOf } from "../../bench/row.ts";
import { ROWS } from "../../bench/rows.ts";
import { formatTable } from "../../bench/table.ts";

/** Measures too little to be of use, and gives what was printed and written. */
async function aRun(name?: string): Promise<{ printed: string; results: BenchResult[] }> {
  const folder = mkdtempSync(join(tmpdir(), "dualkey-bench-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "out/bench.json");
  let printed = "";
  await bench({ rows: ROWS, name, size: "tiny", path, print: (text) => (printed += text) });
  return { printed, results: JSON.parse(readFileSync(path, "utf8")) };
}

describe("npm run bench", () => {
  it.each(ROWS.map(({ name }) => name))(
    "measures %s beside a reference, prints it, and writes it",
    async (name) => {
      const { printed, results } = await aRun(name);
      expect(results.length).toBeGreaterThan(0);
      for (const result of results) {
        expect(Object.keys(result)).toEqual(["name", "ours", "reference", "unit", "ratio", "referenceIs"]);
        expect(result.name).toMatch(new RegExp(`^${name}/[a-z-]+$`));
        expect(result.ours).toBeGreaterThanOrEqual(0);
        expect(result.reference).toBeGreaterThanOrEqual(0);
        expect(result.unit).not.toBe("");
        expect(printed).toContain(result.referenceIs);
      }
    },
  );

  it("measures by counting what is no matter of speed: no send fails where the client refreshes a rejected key", async () => {
    const { results } = await aRun("rotation");
    expect(results.map(({ ours }) => ours)).toEqual([0, 0]);
  });

  it("says which rows there are where it is asked for another", async () => {
    await expect(aRun("speed")).rejects.toThrow(/there is no row "speed". Take one of rotation, cold-reads/);
  });

  it("gives no row the name of another", () => {
    const names = ROWS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe("a result", () => {
  it("compares to three digits, and has no ratio to nothing", () => {
    const about = { name: "a/b", unit: "ms", referenceIs: "x" };
    expect(compare({ ...about, ours: 123.456, reference: 1000 })).toMatchObject({ ours: 123, ratio: 0.123 });
    expect(compare({ ...about, ours: 1, reference: 0 }).ratio).toBeNull();
  });

  it("is the middle of several", () => {
    expect(medianOf([3, 1, 2])).toBe(2);
    expect(medianOf([4, 1, 2, 3])).toBe(2.5);
    expect(() => medianOf([])).toThrow(RangeError);
  });
});

it("aligns the columns of the table, numbers to the right", () => {
  const results = [
    { name: "a/long-name", ours: 1, reference: 12345, unit: "calls", ratio: 0.001, referenceIs: "one" },
    { name: "b/c", ours: 100, reference: 0, unit: "ms", ratio: null, referenceIs: "another" },
  ];
  expect(formatTable(results)).toBe(
    [
      "             ours  reference  unit   ratio  the reference is",
      "a/long-name     1     12,345  calls  0.001  one",
      "b/c           100          0  ms         –  another",
      "",
    ].join("\n"),
  );
});
