import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { hatch } from "../../../rehearsal/page/hatch.ts";
import { spread } from "../../../rehearsal/page/spread.ts";

describe("labels above the phases", () => {
  const room = { from: 0, to: 100 };

  test("stay where they want to be while there is room", () => {
    expect(
      spread(
        [
          { middle: 20, width: 10 },
          { middle: 60, width: 10 },
        ],
        room,
      ),
    ).toEqual([20, 60]);
  });

  test("move apart by the same distance where two meet", () => {
    expect(
      spread(
        [
          { middle: 50, width: 10 },
          { middle: 52, width: 10 },
        ],
        room,
      ),
    ).toEqual([46, 56]);
  });

  test("push no other one over, and stay inside", () => {
    const labels = [1, 2, 3, 4].map((middle) => ({ middle, width: 10 }));
    expect(spread(labels, room)).toEqual([5, 15, 25, 35]);
    const late = [97, 98, 99].map((middle) => ({ middle, width: 10 }));
    expect(spread(late, room)).toEqual([75, 85, 95]);
  });
});

describe("the hatching of a bar", () => {
  const box = { x: 10, y: 20, width: 30, height: 12 };

  test.each(["rising", "falling"] as const)("stays inside the bar when %s", (slope) => {
    const points = [...hatch(box, 7, slope).matchAll(/[ML](-?[\d.]+) (-?[\d.]+)/g)].map(([, x, y]) => [
      Number(x),
      Number(y),
    ]);
    expect(points.length).toBeGreaterThan(8);
    for (const [x = 0, y = 0] of points) {
      expect(x).toBeGreaterThanOrEqual(10);
      expect(x).toBeLessThanOrEqual(40);
      expect(y).toBeGreaterThanOrEqual(20);
      expect(y).toBeLessThanOrEqual(32);
    }
  });

  test("rises one way and falls the other", () => {
    const [, x1, y1, x2, y2] = /M(\S+) (\S+)L(\S+) (\S+?)(?:M|$)/.exec(hatch(box, 7, "rising")) ?? [];
    expect(Number(x2)).toBeGreaterThan(Number(x1));
    expect(Number(y2)).toBeLessThan(Number(y1));
  });
});

describe.each(["light", "dark"] as const)("the colours of the %s scheme", (scheme) => {
  const css = readFileSync("rehearsal/page/page.css", "utf8");
  const [, light = "", dark = ""] = css.split(":root {");
  const block = scheme === "light" ? light : dark;
  const color = (name: string) => new RegExp(`--${name}: (#[0-9a-f]{6});`).exec(block)?.[1] ?? "";

  test.each([
    ["ink", "paper"],
    ["ink", "ground"],
    ["muted", "paper"],
    ["muted", "ground"],
    ["muted", "band"],
    ["good", "paper"],
    ["good", "ground"],
    ["fail", "paper"],
    ["fail", "ground"],
    ["on-old", "old"],
    ["on-new", "new"],
    ["paper", "fail"],
  ])("let %s be read on %s (WCAG AA)", (text, ground) => {
    expect(contrast(color(text), color(ground))).toBeGreaterThanOrEqual(4.5);
  });

  test.each(["old", "new", "fail", "other"])("let a bar of %s be told from the paper", (bar) => {
    expect(contrast(color(bar), color("paper"))).toBeGreaterThanOrEqual(3);
  });
});

/** {@link https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio} */
function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(hex: string): number {
  const channels = [1, 3, 5].map((start) => Number.parseInt(hex.slice(start, start + 2), 16) / 255);
  const [r = 0, g = 0, b = 0] = channels.map((c) =>
    c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
