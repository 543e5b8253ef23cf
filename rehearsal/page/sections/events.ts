import type { Report } from "../../report/report.ts";
import { type Html, html } from "../html.ts";
import { clockOf } from "../run.ts";
import { inWords, titleOf } from "../wording.ts";

type Event = Report["events"][number];

/** Writes what was done and why, in the words of those who did it. */
export function writeEvents(reports: readonly Report[]): Html {
  return html`
<section aria-labelledby="events">
  <h2 id="events">What was done, and why</h2>
  <div class="side">${reports.map(writeList)}</div>
</section>`;
}

function writeList(report: Report): Html {
  const { events } = report;
  const told = events.filter(({ kind }) => kind !== "tidying" && kind !== "fault");
  const faults = events.filter(({ kind }) => kind === "fault");
  const tidying = events.filter(({ kind }) => kind === "tidying");
  return html`
<div>
  <h3>${titleOf(report)}</h3>
  ${list(told, report)}
  ${folded(faults, { report, title: "faults injected into the rotator" })}
  ${folded(tidying, { report, title: "labels tidied away" })}
</div>`;
}

function list(events: readonly Event[], report: Report): Html {
  const at = clockOf(report);
  return html`<ol class="events">${events.map(
    (event) => html`
  <li class="${event.kind}"><time>${at(event.at).toFixed(2)} s</time> <span><b>${inWords(event.what)}</b> ${event.because}</span></li>`,
  )}</ol>`;
}

function folded(
  events: readonly Event[],
  { report, title }: { readonly report: Report; readonly title: string },
): Html | undefined {
  if (events.length === 0) return undefined;
  return html`<details><summary>${events.length} ${title}</summary>${list(events, report)}</details>`;
}
