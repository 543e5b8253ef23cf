import { type Box, hatch } from "../hatch.ts";
import type { KeyState } from "../key-spans.ts";
import type { Shape } from "./plane.ts";
import type { Theme } from "./theme.ts";

/** How wide a letter of a label is, on average: a label that does not fit is left out. */
export const LETTER = 6.3;

export interface BarLook {
  readonly state: KeyState;
  readonly color: string;
  /** For letters on the full colour. */
  readonly onColor: string;
  readonly theme: Theme;
}

/** Draws one span of a key. The colour says which key it is, the pattern its state: neither needs the other. */
export function drawBar(box: Box, look: BarLook): Shape[] {
  if (look.state === "dead") return drawDead(box, look);
  const shape = { ...inset(box), r: 3 };
  const { color, theme, state } = look;
  const outline = { stroke: color, lineWidth: 1.25, fill: theme.paper };
  switch (state) {
    case "current":
      return [{ type: "rect", shape, style: { fill: color } }, ...labelOf(box, look, look.onColor)];
    case "made":
      return [{ type: "rect", shape, style: outline }, ...labelOf(box, look)];
    case "revoked":
      return [{ type: "rect", shape, style: { ...outline, lineDash: [2, 2] } }];
    case "retiring":
    case "condemned": {
      const slopes = state === "retiring" ? (["rising"] as const) : (["rising", "falling"] as const);
      const data = slopes.map((slope) => hatch(inset(box), 7, slope)).join("");
      const lines: Shape = {
        type: "path",
        shape: { pathData: data },
        style: { fill: "none", stroke: color, lineWidth: 1.25 },
      };
      return [{ type: "rect", shape, style: outline }, lines, ...labelOf(box, look)];
    }
  }
}

function drawDead(box: Box, { color, theme }: BarLook): Shape[] {
  const middle = box.y + box.height / 2;
  const arm = 4;
  const left = box.x + arm + 2;
  const style = { stroke: color, lineWidth: 1.25, lineDash: [1, 3] };
  const cross = `M${left - arm} ${middle - arm}l${2 * arm} ${2 * arm}M${left - arm} ${middle + arm}l${2 * arm} ${-2 * arm}`;
  const shapes: Shape[] = [
    { type: "line", shape: { x1: left + 8, y1: middle, x2: box.x + box.width, y2: middle }, style },
    { type: "path", shape: { pathData: cross }, style: { fill: "none", stroke: theme.ink, lineWidth: 2 } },
  ];
  if (box.width < 60) return shapes;
  return [...shapes, text("dead", { x: left + 10, y: middle, align: "left" }, { theme, halo: true })];
}

function labelOf(box: Box, { state, theme }: BarLook, fill?: string): Shape[] {
  if (box.width < state.length * LETTER + 8) return [];
  const at = { x: box.x + box.width / 2, y: box.y + box.height / 2, align: "center" as const };
  return [text(state, at, { theme, ...(fill ? { fill } : { halo: true }) })];
}

export interface TextLook {
  readonly theme: Theme;
  readonly fill?: string;
  readonly bold?: boolean;
  /** Clears the ground around the letters, where they stand on a pattern. */
  readonly halo?: boolean;
  readonly size?: number;
}

/** A line of text whose middle is at `y`. */
export function text(
  says: string,
  at: { readonly x: number; readonly y: number; readonly align: "left" | "center" | "right" },
  { theme, fill = theme.ink, bold = false, halo = false, size = 11.5 }: TextLook,
): Shape {
  const font = `${bold ? 600 : 400} ${size}px ${theme.font}`;
  const ground = halo ? { stroke: theme.paper, lineWidth: 4 } : {};
  const { x, y, align } = at;
  return { type: "text", x, y, style: { text: says, fill, font, align, verticalAlign: "middle", ...ground } };
}

/** Bars of neighbours do not touch, however short they are. */
function inset({ x, y, width, height }: Box): Box {
  const gap = width > 4 ? 1 : 0;
  return { x: x + gap / 2, y, width: Math.max(1, width - gap), height };
}
