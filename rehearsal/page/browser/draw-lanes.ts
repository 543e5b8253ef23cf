import type { Run } from "../run.ts";
import { drawBar, text } from "./draw-bar.ts";
import type { Plane, Shape } from "./plane.ts";
import type { Theme } from "./theme.ts";

/** Draws the life of each key, a lane for each. */
export function drawKeys({ keys }: Run, plane: Plane, theme: Theme): Shape[] {
  return keys.flatMap(({ name, hue, spans }, lane) => [
    laneName(name, lane, { plane, theme }),
    ...spans.flatMap(({ state, from, to }) => {
      const onColor = hue === "new" || hue === "clean" ? theme.onNew : theme.onOld;
      // What passes in less than a pixel would look like a mark of something.
      if (plane.x(to) - plane.x(from) < 0.75 && state !== "dead") return [];
      return drawBar(laneBox(lane, { from, to }, plane), { state, color: theme[hue], onColor, theme });
    }),
  ]);
}

/** Draws which key each service sent with: a bar in the key's colour, and in red where that key was dead. */
export function drawServices({ services, keys }: Run, plane: Plane, theme: Theme): Shape[] {
  return services.flatMap(({ name, spans }, lane) => [
    laneName(name, lane, { plane, theme }),
    ...spans.flatMap(({ key, from, to, works }): Shape[] => {
      const hue = keys.find(({ id }) => id === key)?.hue ?? "other";
      const { x, y, width, height } = laneBox(lane, { from, to }, plane);
      const shape = { x: x + 0.5, y, width: Math.max(1, width - 1), height, r: 2 };
      const bar: Shape = { type: "rect", shape, style: { fill: works ? theme[hue] : theme.fail } };
      if (works || width < 46) return [bar];
      const label = { x: x + width / 2, y: y + height / 2, align: "center" as const };
      return [bar, text("dead key", label, { theme, fill: theme.paper, size: 10.5, bold: true })];
    }),
  ]);
}

/** Draws what was done to the rotator on purpose: a mark for each fault. */
export function drawFaults({ faults }: Run, plane: Plane, theme: Theme): Shape[] {
  const { y, height } = plane.box;
  const middle = y + height / 2;
  const marks = faults.map(({ at }): Shape => {
    const x = plane.x(at);
    const points = [
      [x, middle - 6],
      [x + 4, middle],
      [x, middle + 6],
      [x - 4, middle],
    ];
    return {
      type: "polygon",
      shape: { points },
      style: { fill: theme.ink, opacity: 0.75, stroke: theme.paper, lineWidth: 1 },
    };
  });
  return [laneName(String(faults.length), 0, { plane, theme }), ...marks];
}

function laneName(
  name: string,
  lane: number,
  { plane, theme }: { readonly plane: Plane; readonly theme: Theme },
): Shape {
  const y = (plane.y(lane) + plane.y(lane + 1)) / 2;
  return text(name, { x: plane.box.x - 8, y, align: "right" }, { theme });
}

function laneBox(lane: number, { from, to }: { readonly from: number; readonly to: number }, plane: Plane) {
  const top = plane.y(lane);
  const air = 3;
  return {
    x: plane.x(from),
    y: top + air,
    width: Math.max(1, plane.x(to) - plane.x(from)),
    height: plane.y(lane + 1) - top - 2 * air,
  };
}
