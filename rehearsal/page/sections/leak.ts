import type { ReviewFinding } from "../../../contract/send-review.ts";
import type { LeakReport } from "../../report/leak.ts";
import type { Report } from "../../report/report.ts";
import { grouped } from "../../screen/paint.ts";
import { type Html, html } from "../html.ts";
import { clockOf } from "../run.ts";
import { lasting, titleOf } from "../wording.ts";

/** Writes what somebody on call asks first of a leak: how soon it was over, what it cost, and what to look at. */
export function writeLeaks(reports: readonly Report[]): Html {
  const leaks = reports.flatMap((report) => (report.leak ? [writeLeak(report, report.leak)] : []));
  return html`${leaks}`;
}

function writeLeak(report: Report, leak: LeakReport): Html {
  return html`
<section class="leak" aria-labelledby="leak">
  <h2 id="leak">The leak</h2>
  <p class="fine">${titleOf(report)}. ${sentenceOf(leak)}</p>
  <dl class="figures">${figuresOf(report, leak).map(
    ({ name, value, tone, more }) => html`
    <div><dt>${name}</dt><dd><b class="${tone}">${value}</b> <small>${more}</small></dd></div>`,
  )}</dl>
  ${writeFindings(leak)}
  ${writeCalls(leak)}
</section>`;
}

function sentenceOf({ mode, leaked, phase }: LeakReport): string {
  const which = { current: "The current key", retiring: "The retiring key", all: "Every live key" }[leaked];
  const when = phase === "overlap" ? " in the middle of a cutover" : "";
  const first =
    mode === "replace-first"
      ? "a clean key is current before the leaked one dies"
      : "the leaked key dies at once, and logins fail until the next one is made";
  return `${which} got into wrong hands${when}, and an operator asked for leak response, ${mode}: ${first}.`;
}

interface Figure {
  readonly name: string;
  readonly value: string;
  readonly tone: "good" | "fair" | "bad" | "";
  readonly more: string;
}

function figuresOf(report: Report, leak: LeakReport): readonly Figure[] {
  const at = clockOf(report);
  const { attacker, containmentSeconds, requestedAt, provenAt, depth, loginsFailed, loginsSaved, mode } =
    leak;
  const after = attacker.acceptedAfterContainment;
  const proven =
    provenAt && requestedAt ? `proven after ${lasting(at(provenAt) - at(requestedAt))}` : "not proven";
  const asked = requestedAt === null ? "nobody asked" : `told at ${at(requestedAt).toFixed(1)} s`;
  return [
    { name: "Leaked at", value: `${at(leak.leakedAt).toFixed(1)} s`, tone: "", more: asked },
    {
      name: "Contained after",
      value: containmentSeconds === null ? "never" : lasting(containmentSeconds),
      tone: containmentSeconds === null ? "bad" : "good",
      more: `${depth === null ? "" : `${depth} calls deep, `}${proven}`,
    },
    {
      name: "Attacker’s sends accepted after",
      value: grouped(after),
      tone: after === 0 ? "good" : "bad",
      more: `${grouped(attacker.accepted - after)} before, ${grouped(attacker.refused)} refused`,
    },
    {
      name: "Logins failed",
      value: grouped(loginsFailed),
      tone: loginsFailed === 0 ? "good" : mode === "revoke-first" ? "fair" : "bad",
      more: `${grouped(loginsSaved)} saved with the clean key`,
    },
  ];
}

function writeFindings({ findings, review }: LeakReport): Html {
  if (review === null)
    return html`<p class="fine">The vendor does not list what was sent: there is no review.</p>`;
  const part = review.coverage.kind === "complete" ? "" : ` Not all was read: ${review.coverage.because}`;
  const compared = review.baseline
    ? `${grouped(review.sends)} sends since the key was exposed, beside ${grouped(review.baseline.sends)} before.`
    : `${grouped(review.sends)} sends since the key was exposed; there are none before to compare them with.`;
  return html`
  <h3>What the review of the sends found</h3>
  <p class="fine">${compared}${part} Numbers are masked, and texts were never read.</p>
  <ol class="findings">${findings.map(writeFinding)}</ol>`;
}

function writeFinding(finding: ReviewFinding): Html {
  const { severity, kind, count, expected, country, numbers = [], reason, cost = [] } = finding;
  const about = [
    `${grouped(count)} sends, ${grouped(Math.round(expected))} expected`,
    ...(country ? [country] : []),
    ...cost.map(({ amount, currency }) => `${amount.toFixed(2)} ${currency}`),
  ].join(" · ");
  return html`
    <li><span class="severity ${severity === "alarm" ? "bad" : "fair"}">${severity}</span>
      <div><b>${kind.replaceAll("-", " ")}</b> <span class="about-finding">${about}</span>
      <p>${reason}</p>
      ${numbers.length > 0 ? html`<p class="fine">${numbers.map((number) => html`<code class="masked">${number}</code> `)}</p>` : undefined}</div></li>`;
}

function writeCalls({ calls, depth }: LeakReport): Html | undefined {
  if (calls.length === 0) return undefined;
  return html`
<details class="numbers"><summary>${depth ?? "?"} calls in sequence, from the request to the answered revocation</summary>
  <div class="scroll" tabindex="0" role="region" aria-label="Calls"><table>
    <thead><tr><th scope="col" class="number">Depth</th><th scope="col" class="number">At</th><th scope="col">Call</th></tr></thead>
    <tbody>${calls.map(
      ({ depth, at, service, operation }) =>
        html`<tr><td class="number">${depth}</td><td class="number">${at.toFixed(3)} s</td><th scope="row">${service}: ${operation}</th></tr>`,
    )}</tbody></table></div>
</details>`;
}
