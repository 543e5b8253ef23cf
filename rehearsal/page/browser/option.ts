import type { CustomSeriesOption } from "echarts/charts";
import type { GridComponentOption, TooltipComponentOption } from "echarts/components";
import type { ComposeOption } from "echarts/core";
import { readAt } from "../readout.ts";
import type { Run } from "../run.ts";
import { drawAttacks, mostAttacks } from "./draw-attacks.ts";
import { text } from "./draw-bar.ts";
import { drawFaults, drawKeys, drawServices } from "./draw-lanes.ts";
import { drawPhases } from "./draw-phases.ts";
import { drawFailures, drawSends } from "./draw-sends.ts";
import type { Layout, Part, PartName } from "./layout.ts";
import { cursorStops, drawnBy, type Plane, type Shape } from "./plane.ts";
import type { Theme } from "./theme.ts";
import { drawTooltip } from "./tooltip.ts";

export type ChartOption = ComposeOption<CustomSeriesOption | GridComponentOption | TooltipComponentOption>;

/** What two charts have in common, so that one can be held against the other. */
export interface Scale {
  readonly seconds: number;
  readonly perSecond: number;
}

export interface Look {
  readonly layout: Layout;
  readonly scale: Scale;
  readonly theme: Theme;
  readonly width: number;
}

const DRAW: Readonly<Record<PartName, (run: Run, plane: Plane, theme: Theme) => Shape[]>> = {
  keys: drawKeys,
  services: drawServices,
  faults: drawFaults,
  sends: drawSends,
  failures: drawFailures,
  attacks: drawAttacks,
};

/** Builds a chart of one run: a plane for the phases behind all, then one for each part, on one time axis. */
export function buildOption(run: Run, look: Look): ChartOption {
  const { layout, theme } = look;
  const { left, right, top, parts, height } = layout;
  const last = parts.at(-1);
  const bottom = last ? last.top + last.height : height;
  const planes = [{ top, height: bottom - top }, ...parts];
  return {
    animation: false,
    textStyle: { fontFamily: theme.font },
    grid: planes.map((plane) => ({ left, right, top: plane.top, height: plane.height, containLabel: false })),
    xAxis: planes.map((_, index) => timeAxis(index, { ...look, isShown: index === planes.length - 1 })),
    yAxis: [
      { ...hidden(0), min: 0, max: 1 },
      ...parts.map((part, index) => valueAxis(part, index + 1, { run, look })),
    ],
    axisPointer: { link: [{ xAxisIndex: "all" }], label: { show: false } },
    tooltip: {
      trigger: "axis",
      confine: true,
      transitionDuration: 0,
      hideDelay: 0,
      backgroundColor: theme.paper,
      borderColor: theme.line,
      padding: 0,
      axisPointer: { type: "line", lineStyle: { color: theme.ink, width: 1, type: "solid" } },
      position: ([x, y], _params, _element, _rect, { contentSize, viewSize }) => [
        besideCursor(x, contentSize[0], viewSize[0]),
        Math.max(top, Math.min(y, viewSize[1] - contentSize[1])),
      ],
      formatter: (params) => {
        const [first] = Array.isArray(params) ? params : [params];
        const { axisValue } = first as unknown as { readonly axisValue?: number };
        return drawTooltip(readAt(run, Number(axisValue ?? 0)));
      },
    },
    series: [
      drawnBy(0, (plane) => drawPhases(run, plane, theme)),
      cursorStops(0, run.seconds),
      ...parts.map((part, index) => {
        return drawnBy(index + 1, (plane) => [
          text(
            part.title,
            { x: 0, y: part.top - 10, align: "left" },
            { theme, bold: true, fill: theme.muted },
          ),
          ...DRAW[part.name](run, plane, theme),
        ]);
      }),
    ],
  };
}

/** To the right of the cursor where there is room, else to its left, else as far from it as can be. */
function besideCursor(x: number, width: number, room: number): number {
  const gap = 14;
  if (x + gap + width <= room) return x + gap;
  if (x - gap - width >= 0) return x - gap - width;
  return x < room / 2 ? room - width : 0;
}

const hidden = (gridIndex: number) => ({ type: "value" as const, gridIndex, show: false });

function timeAxis(gridIndex: number, { scale, theme, width, isShown }: Look & { readonly isShown: boolean }) {
  return {
    type: "value" as const,
    gridIndex,
    min: 0,
    max: scale.seconds,
    interval: width < 480 ? 10 : 5,
    show: true,
    axisLine: { show: isShown, lineStyle: { color: theme.muted } },
    axisTick: { show: isShown },
    splitLine: { show: false },
    axisLabel: {
      show: isShown,
      color: theme.muted,
      formatter: "{value} s",
      showMaxLabel: false,
      hideOverlap: true,
    },
  };
}

function valueAxis(part: Part, gridIndex: number, { run, look }: { readonly run: Run; readonly look: Look }) {
  const lanes = { keys: run.keys.length, services: run.services.length, faults: 1 };
  if (part.name === "attacks") return { ...hidden(gridIndex), min: 0, max: mostAttacks(run) };
  if (part.name === "failures") return { ...hidden(gridIndex), min: 0, max: 1 };
  if (part.name !== "sends") return { ...hidden(gridIndex), min: 0, max: lanes[part.name], inverse: true };
  const { theme, scale } = look;
  return {
    type: "value" as const,
    gridIndex,
    min: 0,
    max: scale.perSecond,
    interval: run.perSecond / 2,
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: theme.line } },
    axisLabel: { color: theme.muted, showMaxLabel: scale.perSecond === run.perSecond },
  };
}
