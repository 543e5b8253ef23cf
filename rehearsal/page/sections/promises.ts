import type { Report } from "../../report/report.ts";
import { type Html, html } from "../html.ts";
import { inPageTerms, titleOf } from "../wording.ts";

/** Writes every promise, what it was held against, and whether it was kept: in each run. */
export function writePromises(reports: readonly [Report, ...Report[]]): Html {
  const ids = [...new Set(reports.flatMap(({ promises }) => promises.map(({ id }) => id)))].toSorted();
  return html`
<section aria-labelledby="promises">
  <h2 id="promises">The promises</h2>
  <p class="fine">Judged at every change of a label, a version or a key, by what is true at the vendor and in the
  secret; never by what the rotator says.</p>
  <table class="promises">
    <thead><tr><th scope="col">Promise</th>${reports.map((report) => html`<th scope="col">${titleOf(report)}</th>`)}</tr></thead>
    <tbody>${ids.map((id) => writePromise(id, reports))}</tbody>
  </table>
  <h3>Asked at the end, by real requests</h3>
  <div class="side">${reports.map(writeChecks)}</div>
</section>`;
}

function writePromise(id: string, reports: readonly Report[]): Html {
  const verdicts = reports.map(({ promises }) => promises.find((one) => one.id === id));
  const says = verdicts.find((verdict) => verdict !== undefined)?.says ?? "";
  return html`<tr>
  <th scope="row"><b class="promise-id">${id}</b> ${says}</th>
  ${reports.map((report, index) => writeVerdict(report, verdicts[index]))}
</tr>`;
}

function writeVerdict(report: Report, verdict: Report["promises"][number] | undefined): Html {
  const title = titleOf(report);
  if (!verdict) return html`<td data-run="${title}"><span class="fine">not judged here</span></td>`;
  const { broken, checked } = verdict;
  if (broken.length === 0) return html`<td data-run="${title}">${tick("kept")}<small>${checked}</small></td>`;
  const sentences = broken.map((text) => html`<small class="bad">${inPageTerms(text, report)}</small>`);
  return html`<td data-run="${title}">${tick("broken")}${sentences}</td>`;
}

function writeChecks(report: Report): Html {
  return html`
<div>
  <h4>${titleOf(report)}</h4>
  <ul class="checks">${report.checks.map(
    ({ says, holds, found }) =>
      html`<li>${tick(holds ? "yes" : "no")} ${says} <small>(${found})</small></li>`,
  )}</ul>
</div>`;
}

function tick(word: "kept" | "broken" | "yes" | "no"): Html {
  const isGood = word === "kept" || word === "yes";
  return html`<span class="tick ${isGood ? "good" : "bad"}"><span aria-hidden="true">${isGood ? "✓" : "✗"}</span> ${word}</span>`;
}
