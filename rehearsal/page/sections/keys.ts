import type { KeyReport } from "../../report/key-report.ts";
import type { Report } from "../../report/report.ts";
import { grouped } from "../../screen/paint.ts";
import { shortId } from "../../short-id.ts";
import { type Html, html } from "../html.ts";
import { clockOf, nameKeys } from "../run.ts";
import { titleOf } from "../wording.ts";

/** Writes the life of every key as a table: a column for each key. */
export function writeKeys(reports: readonly Report[]): Html {
  return html`
<section aria-labelledby="keys">
  <h2 id="keys">The keys</h2>
  <p class="fine">By the vendor’s own id; no page, report or log holds the value of a key. Times are seconds since
  logins began.</p>
  <div class="side">${reports.map((report) => writeTable(report))}</div>
</section>`;
}

type Row = readonly [string, (key: KeyReport) => string];

function writeTable(report: Report): Html {
  const at = clockOf(report);
  const names = nameKeys(report);
  const keys = report.keys.toSorted(
    (a, b) => Number(a.madeBy === "stranger") - Number(b.madeBy === "stranger"),
  );
  const when = (time: string | null) =>
    time === null ? "–" : at(time) < 0.1 ? "before" : `${at(time).toFixed(2)} s`;
  const rows: readonly Row[] = [
    ["made by", ({ madeBy }) => madeBy],
    ["made", ({ created }) => when(created)],
    ["current", ({ promoted }) => when(promoted)],
    ["replaced", ({ replaced }) => when(replaced)],
    ["condemned", ({ condemned }) => when(condemned)],
    ["revoked", ({ revoked }) => when(revoked)],
    ["dead", ({ dead }) => when(dead)],
    ["logins sent", ({ sends }) => grouped(sends)],
  ];
  return html`
<div class="scroll" tabindex="0" role="region" aria-label="Keys: ${titleOf(report)}">
<table class="keys">
  <caption>${titleOf(report)}</caption>
  <thead><tr><td></td>${keys.map(
    ({ id }) => html`<th scope="col">${names.get(id)?.name ?? "key"}<code>${shortId(id)}</code></th>`,
  )}</tr></thead>
  <tbody>${rows.map(
    ([title, tell]) =>
      html`<tr><th scope="row">${title}</th>${keys.map((key) => html`<td>${tell(key)}</td>`)}</tr>`,
  )}</tbody>
</table>
</div>`;
}
