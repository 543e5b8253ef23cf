export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Which way the lines of a hatching run. */
export type Slope = "rising" | "falling";

/**
 * Draws diagonal lines that fill a box and end at its edges, as the data of an SVG path. The chart and its legend
 * share it, so that both look alike, and no pattern has to be fetched or referred to.
 */
export function hatch({ x, y, width, height }: Box, gap: number, slope: Slope): string {
  const lines: string[] = [];
  for (let offset = gap - height; offset < width; offset += gap) {
    // The line runs from (offset, bottom) to (offset + height, top), and is cut at the left and right edges.
    const from = Math.max(0, offset);
    const to = Math.min(width, offset + height);
    if (to <= from) continue;
    const up = (along: number) => (slope === "rising" ? y + height - (along - offset) : y + (along - offset));
    lines.push(`M${round(x + from)} ${round(up(from))}L${round(x + to)} ${round(up(to))}`);
  }
  return lines.join("");
}

function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}
