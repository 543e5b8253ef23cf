import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { IncidentRecord } from "../../contract/incident-record.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../../docs/incident-record.md"), "utf8");
const FIELDS = Object.keys(IncidentRecord.shape);

/** What stands in code in the first cells of the page's table. */
const EXPLAINED = PAGE.split("\n")
  .filter((line) => line.startsWith("| `"))
  .flatMap((line) => [...(line.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name));

describe("the page of the incident's record", () => {
  it.each(FIELDS)("says what the field %s is", (field) => {
    expect(EXPLAINED).toContain(field);
  });

  it("explains nothing that there is not", () => {
    expect(EXPLAINED.filter((name) => !FIELDS.includes(name ?? ""))).toEqual([]);
  });
});
