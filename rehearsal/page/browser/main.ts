import { CustomChart } from "echarts/charts";
import { GridComponent, TooltipComponent } from "echarts/components";
import { connect, type EChartsType, init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import type { Run } from "../run.ts";
import { steer } from "./cursor.ts";
import { layOut } from "./layout.ts";
import { buildOption, type Scale } from "./option.ts";
import { readTheme } from "./theme.ts";

use([CustomChart, GridComponent, TooltipComponent, SVGRenderer]);

/** Draws the chart of every run on the page, and draws it again where its room or the reader's scheme changes. */
function start(): void {
  const runs = JSON.parse(document.getElementById("runs")?.textContent ?? "[]") as Run[];
  const scale: Scale = {
    seconds: Math.max(...runs.map(({ seconds }) => seconds)),
    perSecond: Math.max(...runs.map(highestOf)),
  };
  for (const [index, room] of document.querySelectorAll<HTMLElement>("[data-chart]").entries()) {
    const run = runs[index];
    if (run) open(run, room, scale);
  }
  connect("runs");
  document.documentElement.dataset.charts = "drawn";
}

function open(run: Run, room: HTMLElement, scale: Scale): void {
  const layout = layOut(run);
  room.style.height = `${layout.height}px`;
  const chart: EChartsType = init(room, null, { renderer: "svg" });
  chart.group = "runs";
  const draw = () => {
    const theme = readTheme(room);
    chart.resize();
    chart.setOption(buildOption(run, { layout, scale, theme, width: room.clientWidth }), { notMerge: true });
  };
  draw();
  steer(chart, { run, room, layout });
  new ResizeObserver(draw).observe(room);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}

/** Somewhat above the rate, or above the busiest second. */
function highestOf({ sends, perSecond }: Run): number {
  const sums = sends.map(({ byKey, failed }) => byKey.reduce((sum, count) => sum + count, failed));
  return Math.ceil(Math.max(perSecond, ...sums) * 1.04);
}

start();
