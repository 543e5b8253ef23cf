import type { ReviewFinding, SendReview } from "../contract/send-review.ts";
import { clock, code, plural, prose, table } from "./markdown.ts";

/** What was sent in the exposure, and what of it looks wrong. */
export function reviewed(review: SendReview | undefined): string {
  if (review === undefined) {
    return "### Sends in that time: not reviewed\n\nNobody has looked at them yet: run the workflow again, or look at the vendor's own report.";
  }
  const { findings, moreFindings, peaks, coverage } = review;
  const count = findings.length + moreFindings;
  return [
    `### Sends in that time: ${count === 0 ? "nothing suspect found" : plural(count, "finding")}`,
    ...(coverage.kind === "complete" ? [] : [partial(coverage)]),
    totals(review),
    ...(findings.length === 0 ? [] : [findingsTable(findings)]),
    ...(moreFindings === 0 ? [] : [`${moreFindings} more, of lower rank: see the record of the incident.`]),
    ...peaks.map(
      ({ since, until, count, expected }) =>
        `:information_source: A peak of the service's own, by its looks: ${plural(count, "send")} from ${clock(since)} to ${clock(until)} UTC, where ${approximately(expected)} were expected. Who knows of no campaign asks.`,
    ),
  ].join("\n\n");
}

function partial({ readSince, because }: Extract<SendReview["coverage"], { kind: "partial" }>): string {
  const since = readSince === undefined ? "" : ` Whole from ${clock(readSince)} UTC on.`;
  return `:warning: **Not all sends were read**: ${prose(because)}.${since}`;
}

function totals({ sends, leakedKeySends, suspect, baseline }: SendReview): string {
  if (sends === 0) return "Nothing was sent in that time.";
  const byKey =
    leakedKeySends === undefined
      ? "the vendor does not say by which key"
      : `${leakedKeySends.toLocaleString("en")} by leaked keys`;
  const compared =
    baseline === undefined
      ? "There was too little before it to compare with"
      : `Compared with ${plural(baseline.sends, "send")} from ${clock(baseline.since)} to ${clock(baseline.until)} UTC`;
  const cost = suspect.cost === undefined ? "" : `, at ${money(suspect.cost)}`;
  const bad =
    suspect.sends === 0
      ? "none of them is suspect"
      : `${suspect.sends.toLocaleString("en")} of them are suspect${cost}`;
  return `${plural(sends, "send")} (${byKey}); ${bad}. ${compared}.`;
}

function findingsTable(findings: readonly ReviewFinding[]): string {
  return table(
    ["", "what", "where", "sends", "expected", "cost", "from", "to", "why"],
    [...findings]
      .sort((a, b) => a.rank - b.rank)
      .map(({ rank, severity, kind, country, count, expected, cost, since, until, reason, numbers = [] }) => [
        `${severity === "alarm" ? ":rotating_light:" : ":information_source:"} ${rank}`,
        kind.replaceAll("-", " "),
        country ?? "–",
        count.toLocaleString("en"),
        approximately(expected),
        cost === undefined ? "–" : money(cost),
        clock(since),
        clock(until),
        [prose(withoutNumbers(reason)), ...numbers.map(withoutNumbers).map(code)].join(" "),
      ]),
  );
}

/** The review masks numbers itself; one that it had missed would be a person's (P6). */
function withoutNumbers(text: string): string {
  return text.replace(/\+\d[\d ()-]{6,}\d/g, (number) => `${number.slice(0, 3)}•••••`);
}

function approximately(expected: number): string {
  return expected >= 10 ? Math.round(expected).toLocaleString("en") : String(Number(expected.toFixed(1)));
}

function money(costs: NonNullable<ReviewFinding["cost"]>): string {
  return (
    costs.map(({ amount, currency }) => `${amount.toFixed(2)} ${prose(currency)}`).join(" + ") ||
    "no cost known"
  );
}
