import type { Report } from "../../report/report.ts";
import { type Html, html } from "../html.ts";
import { grouped } from "../wording.ts";

/** Writes how it was made, and how to make it again. */
export function writeClosing(reports: readonly [Report, ...Report[]]): Html {
  const names = reports.map(({ scenario }) => scenario);
  const [{ throttle }] = reports;
  return html`
<footer class="closing">
  <p>${reports.map(
    ({
      scenario,
      seed,
      startedAt,
      durationMs,
    }) => html`<span class="made"><b>${scenario}</b>${seed === null ? "" : `, seed ${seed}`}:
    played on <time datetime="${startedAt}">${startedAt.slice(0, 16).replace("T", " ")} UTC</time> in
    ${(durationMs / 1000).toFixed(1)} s.</span> `,
  )}</p>
  <p>Play it yourself: <code>npm start</code>${names.includes("naive") ? "" : html`, and <code>npm start -- naive</code> for the usual script beside it`}${names.includes("chaos") ? "" : html`; <code>npm start -- chaos</code> kills the rotator again and again`}.</p>
  <p>${
    throttle.vendor === throttle.set
      ? ""
      : `The fake vendor’s limit was raised to ${grouped(throttle.set)} sends per 10 s and address; the real one’s is ${throttle.vendor}.`
  } This file asks nothing of the network; its charts are drawn by Apache ECharts (Apache License 2.0), which is in it.</p>
</footer>`;
}
