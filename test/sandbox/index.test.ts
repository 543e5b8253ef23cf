import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as published from "../../sandbox/index.ts";

const ROOM = join(import.meta.dirname, "../../sandbox");

test("every fake vendor can be imported from the package", () => {
  const files = readdirSync(ROOM).filter((name) => name.endsWith(".ts") && !name.startsWith("_"));
  const fakes = files.flatMap((name) => {
    const text = readFileSync(join(ROOM, name), "utf8");
    return [...text.matchAll(/^export async function (start\w+Sandbox)\(/gm)].map(([, found = ""]) => found);
  });
  expect(fakes.length).toBeGreaterThanOrEqual(7);
  expect(Object.keys(published).toSorted()).toEqual(fakes.toSorted());
});
