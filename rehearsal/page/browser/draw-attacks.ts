import type { Run } from "../run.ts";
import { text } from "./draw-bar.ts";
import type { Plane, Shape } from "./plane.ts";
import type { Theme } from "./theme.ts";

/** What the scale of the attacker's sends ends at. */
export function mostAttacks({ attacks }: Pick<Run, "attacks">): number {
  return Math.max(1, ...attacks.map(({ accepted, refused }) => accepted + refused)) * 1.1;
}

/** Draws what was sent with the leaked key: accepted sends in red, refused ones pale on top, and when the key was dead. */
export function drawAttacks({ attacks, contained }: Run, plane: Plane, theme: Theme): Shape[] {
  const { box } = plane;
  const columns = attacks.flatMap(({ second, accepted, refused }): Shape[] => {
    const x = plane.x(second);
    const width = Math.max(1, plane.x(second + 1) - x - 1);
    const bar = (from: number, to: number) => ({
      x,
      y: plane.y(to),
      width,
      height: plane.y(from) - plane.y(to),
    });
    const shapes: Shape[] = [
      { type: "rect", shape: bar(accepted, accepted + refused), style: { fill: theme.muted, opacity: 0.3 } },
    ];
    if (accepted > 0) shapes.push({ type: "rect", shape: bar(0, accepted), style: { fill: theme.fail } });
    return shapes;
  });
  if (contained === null) return columns;
  const x = plane.x(contained);
  const line = { x1: x, y1: box.y - 4, x2: x, y2: box.y + box.height };
  const isRoom = box.x + box.width - x > 110;
  const at = {
    x: isRoom ? x + 5 : x - 5,
    y: box.y + 6,
    align: isRoom ? ("left" as const) : ("right" as const),
  };
  return [
    ...columns,
    { type: "line", shape: line, style: { stroke: theme.ink, lineWidth: 1.5 } },
    text("the key is dead", at, { theme, bold: true, halo: true }),
  ];
}
