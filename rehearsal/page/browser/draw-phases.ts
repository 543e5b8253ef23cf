import type { Run, RunPhase } from "../run.ts";
import { spread } from "../spread.ts";
import { LETTER, text } from "./draw-bar.ts";
import type { Plane, Shape } from "./plane.ts";
import type { Theme } from "./theme.ts";

/** Draws the phases as bands behind everything, with their names above; where a name does not fit, its number. */
export function drawPhases({ phases }: Run, plane: Plane, theme: Theme): Shape[] {
  const steps = phases.filter(({ mark }) => mark !== null);
  const { box } = plane;
  const labels = steps.map((step) => labelOf(step, plane));
  const middles = spread(labels, { from: box.x, to: box.x + box.width });
  return steps.flatMap(({ from, to }, index) => {
    const left = plane.x(from);
    const width = Math.max(1, plane.x(to) - left);
    const label = labels[index];
    const middle = middles[index] ?? left;
    const opacity = index % 2 === 0 ? 0.55 : 1;
    const band = { x: left, y: box.y, width, height: box.height };
    const top = box.y - 8;
    // From the label to the middle of its band: the label may stand aside.
    const points = [
      [middle, top],
      [left + width / 2, box.y],
    ];
    return [
      { type: "rect", shape: band, style: { fill: theme.band, opacity } },
      { type: "line", shape: edge(left, box), style: { stroke: theme.line, lineWidth: 1 } },
      { type: "polyline", shape: { points }, style: { fill: "none", stroke: theme.muted, lineWidth: 1 } },
      text(label?.says ?? "", { x: middle, y: top - 9, align: "center" }, { theme, bold: true }),
    ] satisfies Shape[];
  });
}

function labelOf({ name, mark, from, to }: RunPhase, plane: Plane) {
  const left = plane.x(from);
  const right = plane.x(to);
  const isNumber = mark !== name;
  const full = isNumber ? `${mark} ${name}` : name;
  const says = right - left > full.length * LETTER + 4 ? full : (mark ?? "");
  return { says, middle: (left + right) / 2, width: says.length * LETTER + 8 };
}

function edge(x: number, { y, height }: Plane["box"]) {
  return { x1: x, y1: y, x2: x, y2: y + height };
}
