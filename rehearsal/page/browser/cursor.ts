import type { EChartsType } from "echarts/core";
import { readAt } from "../readout.ts";
import type { Run } from "../run.ts";
import type { Layout } from "./layout.ts";

interface Steered {
  readonly run: Run;
  readonly room: HTMLElement;
  readonly layout: Layout;
}

/** Moves the cursor by key: the chart is a slider over time, and its value is read out. */
export function steer(chart: EChartsType, { run, room, layout }: Steered): void {
  const role = { role: "slider", tabindex: "0", "aria-valuemin": "0", "aria-valuemax": String(run.seconds) };
  const name = `${room.dataset.chart ?? ""}. Arrow keys move the cursor.`;
  for (const [key, value] of Object.entries({ ...role, "aria-label": name })) room.setAttribute(key, value);
  let at = run.phases.find(({ mark }) => mark !== null)?.from ?? 0;
  const read = () => {
    const { title, lines } = readAt(run, at);
    room.setAttribute("aria-valuenow", at.toFixed(1));
    room.setAttribute(
      "aria-valuetext",
      [title, ...lines.map(({ name, value }) => `${name}: ${value}`)].join(". "),
    );
  };
  read();
  const show = (seconds: number) => {
    at = Math.min(run.seconds, Math.max(0, seconds));
    read();
    const x = chart.convertToPixel({ xAxisIndex: 0 }, at);
    const y = layout.top + 4;
    chart.dispatchAction({ type: "showTip", x, y });
  };
  const hide = () => {
    chart.dispatchAction({ type: "updateAxisPointer", currTrigger: "leave" });
    chart.dispatchAction({ type: "hideTip" });
  };
  room.addEventListener("keydown", (event) => {
    const to = target(event, { at, end: run.seconds });
    if (event.key === "Escape") hide();
    if (to === undefined) return;
    event.preventDefault();
    show(to);
  });
  room.addEventListener("blur", hide);
}

function target(
  { key, shiftKey }: KeyboardEvent,
  { at, end }: { readonly at: number; readonly end: number },
): number | undefined {
  const step = shiftKey ? 0.1 : 1;
  switch (key) {
    case "ArrowRight":
    case "ArrowUp":
      return at + step;
    case "ArrowLeft":
    case "ArrowDown":
      return at - step;
    case "Home":
      return 0;
    case "End":
      return end - 0.05;
    default:
      return undefined;
  }
}
