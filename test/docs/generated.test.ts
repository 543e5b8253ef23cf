import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findStalePages } from "../../docs/build.ts";
import { PROVIDER_IDS } from "../../docs/capabilities.ts";

const ROOT = join(import.meta.dirname, "../..");

describe("the pages under docs/", () => {
  it("have the tables and files that the sources give; if this fails: node docs/build.ts, and commit", async () => {
    expect([...(await findStalePages()).keys()]).toEqual([]);
  });

  it.each(PROVIDER_IDS)("have one for the provider %s", (id) => {
    expect(existsSync(join(ROOT, "docs/providers", `${id}.md`))).toBe(true);
  });
});
