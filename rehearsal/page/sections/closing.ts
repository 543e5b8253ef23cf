import { planLeak } from "../../leak/plan.ts";
import type { Report } from "../../report/report.ts";
import { inSeconds } from "../../screen/paint.ts";
import { type Html, html } from "../html.ts";

/** What else can be played, and what there is to see in it. */
const OTHERS: Readonly<Record<string, string>> = {
  naive: "for the usual script beside it",
  chaos: "for a rotator that is killed again and again",
  "bad-key": "for a new key that is refused",
  straggler: "for a service that never moves",
  leak: "for a key in wrong hands",
};

/** Writes how it was made, and how to make it again. */
export function writeClosing(reports: readonly [Report, ...Report[]]): Html {
  const others = Object.entries(OTHERS).filter(
    ([name]) => !reports.some(({ scenario }) => scenario === name),
  );
  return html`
<footer class="closing">
  <p>${reports.map(writeOrigin)}</p>
  <p>Play it yourself: <code>${commandFor(reports[0])}</code>${others.map(
    ([name, why]) => html`; <code>npm start -- ${name}</code> ${why}`,
  )}.</p>
  <p>This file asks nothing of the network; its charts are drawn by Apache ECharts
  (Apache License 2.0), which is in it.</p>
</footer>`;
}

function commandFor({ vendor, scenario, leak }: Report): string {
  const options = [
    ...(scenario === "cutover" && leak ? [] : [scenario]),
    ...(scenario === "leak" && leak ? wishesOf(leak) : []),
    ...(vendor.id === "startmessaging" ? [] : ["--provider", vendor.id]),
  ];
  return ["npm start", ...(options.length > 0 ? ["--", ...options] : [])].join(" ");
}

/** What a leak was asked for with, where it is not what it is without being asked. */
function wishesOf({ leaked, mode, phase }: NonNullable<Report["leak"]>): string[] {
  const usual = planLeak({ leaked });
  return [
    ...(leaked === "current" ? [] : ["--leaked", leaked]),
    ...(mode === usual.mode ? [] : ["--mode", mode]),
    ...(phase === usual.phase ? [] : ["--phase", phase]),
  ];
}

function writeOrigin({ scenario, seed, startedAt, durationMs }: Report): Html {
  const name = html`<b>${scenario}</b>${seed === null ? "" : `, seed ${seed}`}`;
  const when = html`<time datetime="${startedAt}">${startedAt.slice(0, 16).replace("T", " ")} UTC</time>`;
  return html`${name}: played on ${when} in ${inSeconds(durationMs)}. `;
}
