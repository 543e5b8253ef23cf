import type { Run } from "../run.ts";
import { text } from "./draw-bar.ts";
import type { Plane, Shape } from "./plane.ts";
import type { Theme } from "./theme.ts";

/** Draws what was sent in each second: accepted sends in the colours of their keys, and failed ones on top of them. */
export function drawSends({ sends, keys }: Run, plane: Plane, theme: Theme): Shape[] {
  return sends.flatMap(({ second, byKey, failed }) => {
    const parts = byKey.map((count, index) => ({ count, color: theme[keys[index]?.hue ?? "other"] }));
    let below = 0;
    return [...parts, { count: failed, color: theme.fail }].flatMap(({ count, color }): Shape[] => {
      if (count === 0) return [];
      const shape = column(second, { from: below, to: below + count }, plane);
      below += count;
      return [{ type: "rect", shape, style: { fill: color } }];
    });
  });
}

/** Draws the failures alone, so that none is lost on top of a high column, and says how many there were. */
export function drawFailures({ sends, failed }: Run, plane: Plane, theme: Theme): Shape[] {
  const { box } = plane;
  const most = Math.max(1, ...sends.map((one) => one.failed));
  const columns = sends.flatMap((one): Shape[] => {
    if (one.failed === 0) return [];
    const height = Math.max(0.15, one.failed / most);
    const shape = column(one.second, { from: 0, to: height }, plane);
    return [{ type: "rect", shape, style: { fill: theme.fail } }];
  });
  const last = sends.findLast((one) => one.failed > 0);
  const y = box.y + box.height / 2;
  const middle = { x: box.x + box.width / 2, y, align: "center" as const };
  if (!last) return [text("not one login failed", middle, { theme, bold: true })];
  const after = plane.x(last.second + 1) + 8;
  const fits = after < box.x + box.width - 120;
  const at = fits ? ({ x: after, y, align: "left" } as const) : middle;
  const says = `${failed.toLocaleString("en-US")} logins failed`;
  return [...columns, text(says, at, { theme, fill: theme.fail, bold: true, halo: true, size: 13 })];
}

function column(second: number, { from, to }: { readonly from: number; readonly to: number }, plane: Plane) {
  const x = plane.x(second);
  const width = plane.x(second + 1) - x;
  const gap = width > 5 ? 1 : 0;
  const top = plane.y(to);
  return { x: x + gap / 2, y: top, width: width - gap, height: plane.y(from) - top };
}
