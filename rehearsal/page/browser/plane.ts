import type { CustomSeriesOption } from "echarts/charts";
import type { Box } from "../hatch.ts";

type RenderItem = Exclude<NonNullable<CustomSeriesOption["renderItem"]>, string>;
type Drawn = NonNullable<ReturnType<RenderItem>>;
/** What a drawing is made of: the chart library's own elements. */
export type Shape = Extract<Drawn, { type: "group" }>["children"][number];

/** Where a part of a chart is, and where its values are in it, in pixels. */
export interface Plane {
  readonly box: Box;
  /** @param seconds since logins began */
  x(seconds: number): number;
  y(value: number): number;
}

/** A part of a chart that draws itself as a whole: the library keeps its axes, its cursor and its size. */
export function drawnBy(index: number, draw: (plane: Plane) => Shape[]): CustomSeriesOption {
  const renderItem: RenderItem = (params, api) => {
    const { x = 0, y = 0, width = 0, height = 0 } = params.coordSys as unknown as Partial<Box>;
    const at = (seconds: number, value: number) => api.coord([seconds, value]);
    const plane: Plane = {
      box: { x, y, width, height },
      x: (seconds) => at(seconds, 0)[0] ?? 0,
      y: (value) => at(0, value)[1] ?? 0,
    };
    return { type: "group", children: draw(plane) };
  };
  // Its one point is there to be drawn at: the cursor stops elsewhere.
  return { ...silent(index), data: [[0, 0]], tooltip: { show: false }, renderItem };
}

/** Where the cursor stops, in seconds: the library's cursor goes from one point of a series to the next. */
const STOP = 0.1;

/** Gives the cursor its stops, and draws nothing. */
export function cursorStops(index: number, seconds: number): CustomSeriesOption {
  const data = Array.from({ length: Math.floor(seconds / STOP) + 1 }, (_, stop) => [stop * STOP, 0]);
  return { ...silent(index), data, renderItem: () => null };
}

function silent(index: number) {
  return { type: "custom", xAxisIndex: index, yAxisIndex: index, silent: true, animation: false } as const;
}
