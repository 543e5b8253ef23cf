import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  EVENT_TYPES,
  INCIDENT_EVENT_TYPE,
  IncidentEventDetail,
  KeyEventDetail,
} from "../../contract/events.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../../docs/events.md"), "utf8");

/** What stands in code in the first cells of the page's tables. */
const EXPLAINED = PAGE.split("\n")
  .filter((line) => line.startsWith("| `"))
  .flatMap((line) => [...(line.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name));

const FIELDS = [
  ...new Set([...Object.keys(KeyEventDetail.shape), ...Object.keys(IncidentEventDetail.shape)]),
];

describe("the page of the events", () => {
  it.each([...EVENT_TYPES, INCIDENT_EVENT_TYPE])("says when %s is sent", (type) => {
    expect(EXPLAINED).toContain(type);
  });

  it.each(FIELDS)("says what the field %s is", (field) => {
    expect(EXPLAINED).toContain(field);
  });

  it("explains nothing that there is not", () => {
    const known: readonly string[] = [...EVENT_TYPES, INCIDENT_EVENT_TYPE, ...FIELDS];
    expect(EXPLAINED.filter((name) => !known.includes(name ?? ""))).toEqual([]);
  });
});
