import type { Report } from "../../report/report.ts";
import { grouped } from "../../screen/paint.ts";
import { type Html, html } from "../html.ts";
import { nameKeys, type Run } from "../run.ts";
import { storyOf, titleOf, toneOf } from "../wording.ts";
import { writeLegend } from "./legend.ts";

export interface Told {
  readonly report: Report;
  readonly run: Run;
}

/** Writes a chart for each run, side by side where there is room, under one legend. */
export function writeRuns(told: readonly Told[]): Html {
  return html`
<section class="runs" aria-label="What happened">
  <div class="run-row">${told.map(writeRun)}</div>
  ${writeLegend(told.map(({ run }) => run))}
</section>`;
}

function writeRun({ report, run }: Told, index: number): Html {
  const { logins } = report;
  return html`
<article class="run">
  <header>
    <h2>${titleOf(report)}</h2>
    <p class="count ${toneOf(report)}"><b>${grouped(logins.failed)}</b> failed</p>
    <p class="story">${storyOf(report)}</p>
  </header>
  <figure>
    <div class="chart" data-chart="Time line: ${titleOf(report)}" aria-describedby="chart-${index}"></div>
    <figcaption id="chart-${index}" class="unseen">${describe(run)}</figcaption>
    <noscript><p class="fine">The chart needs JavaScript; what it shows is in the tables.</p></noscript>
  </figure>
  ${writeSeconds(report, run)}
</article>`;
}

/** The chart in words. */
function describe(run: Run): string {
  const span = ({ from, to }: { readonly from: number; readonly to: number }) =>
    `from ${from.toFixed(1)} to ${to.toFixed(1)} s`;
  const keys = run.keys.map(({ name, spans }) => {
    return `The ${name} is ${spans.map((one) => `${one.state} ${span(one)}`).join(", ")}.`;
  });
  const services = run.services.map(({ name, spans }) => {
    const uses = spans.map((one) => {
      const key = run.keys.find(({ id }) => id === one.key)?.name ?? "another key";
      return `the ${key}${one.works ? "" : ", which is dead,"} ${span(one)}`;
    });
    return `${name} sends with ${uses.join(", then ")}.`;
  });
  const faults = run.faults.length > 0 ? [`${run.faults.length} faults are injected into the rotator.`] : [];
  return [...keys, ...services, ...faults, `${grouped(run.failed)} logins fail.`].join(" ");
}

/** The numbers behind the columns, for those who want them and for those who cannot see them. */
function writeSeconds(report: Report, run: Run): Html {
  const names = nameKeys(report);
  const howOf = (name: string) => {
    const how = report.services.find((service) => service.name === name)?.how;
    return how && html` <small>${how}</small>`;
  };
  return html`
<details class="numbers">
  <summary>The numbers: moves of the services, and logins by the second</summary>
  <div class="tables">
  <table>
    <caption>When each login service moved</caption>
    <thead><tr><th scope="col">Service</th><th scope="col">Key</th><th scope="col" class="number">Since</th></tr></thead>
    <tbody>${run.services.flatMap(({ name, spans }) =>
      spans.map(
        ({ key, from, works }) =>
          html`<tr><th scope="row">${name}${howOf(name)}</th><td class="${works ? "" : "bad"}">${names.get(key)?.name ?? key}${works ? "" : ", dead"}</td><td class="number">${from.toFixed(1)} s</td></tr>`,
      ),
    )}</tbody>
  </table>
  <table>
    <caption>Logins per second</caption>
    <thead><tr><th scope="col" class="number">Second</th>${run.keys.map(({ name }) => html`<th scope="col" class="number">${name}</th>`)}<th scope="col" class="number">failed</th></tr></thead>
    <tbody>${run.sends.map(
      ({ second, byKey, failed }) =>
        html`<tr><th scope="row" class="number">${second}</th>${byKey.map((count) => html`<td class="number">${count}</td>`)}<td class="number ${failed ? "bad" : ""}">${failed}</td></tr>`,
    )}</tbody>
  </table>
  </div>
</details>`;
}
