import type { KeyReport, Report } from "../report/report.ts";
import type { Verdict } from "../watch/promise-watch.ts";
import { throttleNote } from "./frame.ts";
import { grouped, inSeconds, type Paint, row, wrap } from "./paint.ts";

const WIDTH = 79;
const KEY_WIDTHS = [8, 8, 8, 8, 8, 9, 8, 7];

/** Says what happened, for somebody who has not watched. */
export function summarize(report: Report, paint: Paint, compared?: Report): string {
  return [
    "",
    drawHeadline(report, paint),
    "",
    ...drawStory(report, paint, compared),
    "",
    ...drawKeys(report, paint),
    "",
    ...report.promises.flatMap((verdict) => drawVerdict(verdict, paint)),
    ...report.checks.map(({ says, holds, found }) => {
      return ` ${tick(holds, paint)} ${says}${holds ? "" : ` (found: ${found})`}`;
    }),
    "",
    ...drawFaults(report, paint),
    ` ${paint("dim", throttleNote(report.throttle))}`,
    "",
  ].join("\n");
}

function drawHeadline({ scenario, seed, passed, durationMs }: Report, paint: Paint): string {
  const name = seed === null ? scenario : `${scenario}, seed ${seed}`;
  const verdict = passed
    ? paint(["bold", "green"], "as it should be")
    : paint(["bold", "red"], "NOT as it should be");
  return ` ${paint("bold", "dualkey rehearsal")}  ${paint("cyan", name)}  ${verdict}, in ${inSeconds(durationMs)}`;
}

function drawStory(report: Report, paint: Paint, compared: Report | undefined): string[] {
  const { logins, waitedFor } = report;
  const count = paint("bold", `${grouped(logins.total)} logins`);
  const failed = paint(["bold", logins.failed === 0 ? "green" : "red"], `${grouped(logins.failed)} failed`);
  const why = Object.entries(logins.failures).map(([because, times]) => `${times} × ${because}`);
  const lines = [` ${count}, ${failed}${why.length > 0 ? ` (${why.join(", ")})` : ""}.`];
  lines.push(...wrap(storyOf(report), WIDTH - 2).map((line) => ` ${line}`));
  if (compared) {
    const { failed: before, total } = compared.logins;
    lines.push(` The last cutover by dualkey: ${grouped(before)} of ${grouped(total)} logins failed.`);
  }
  if (waitedFor.length === 0) return lines;
  const waits = waitedFor.flatMap((text) => wrap(text, WIDTH - 4).map((line) => paint("red", `   ${line}`)));
  return [...lines, paint(["bold", "red"], " Time ran out. It was waiting for:"), ...waits];
}

function storyOf({ scenario, keys, logins }: Report): string {
  if (scenario === "naive") {
    const lost = logins.failed === 0 ? "" : ` Those ${logins.failed} people could not log in.`;
    return `A script replaced the key: every call of it succeeded, and consumers went on with the revoked key until their caches ran out.${lost}`;
  }
  const old = keys.find(({ madeBy }) => madeBy === "by hand");
  if (!old?.replaced) return "The key was not replaced.";
  const overlap = old.revoked ? Date.parse(old.revoked) - Date.parse(old.replaced) : undefined;
  const both = overlap === undefined ? "" : ` Old and new worked side by side for ${inSeconds(overlap)}.`;
  const end = old.dead
    ? " Then the old one was revoked, and is proven dead."
    : " The old one is not dead yet.";
  return `While people logged in, dualkey replaced the key that they are sent codes with.${both}${end}`;
}

function drawKeys({ keys, loginsFrom }: Report, paint: Paint): string[] {
  const titles = ["KEY", "MADE BY", "MADE", "CURRENT", "REPLACED", "CONDEMNED", "DEAD", "SENDS"];
  const plain: Paint = (_, text) => text;
  const head = row(
    titles.map((text, index) => ({ text, align: index > 1 ? "right" : undefined })),
    KEY_WIDTHS,
    plain,
  );
  const at = (time: string | null) => (time === null ? "–" : since(time, loginsFrom));
  const line = (key: KeyReport) => {
    const times = [key.created, key.promoted, key.replaced, key.condemned, key.dead].map(at);
    const numbers = [...times, key.sends === 0 ? "–" : grouped(key.sends)];
    const cells = [key.id.slice(0, 8), key.madeBy].map((text) => ({ text }));
    const right = numbers.map((text) => ({ text, align: "right" as const }));
    const style = key.dead ? "dim" : key.promoted ? "green" : "reset";
    return ` ${paint(style, row([...cells, ...right], KEY_WIDTHS, plain))}`;
  };
  return [paint("dim", ` ${head}`), ...keys.map(line)];
}

/** Seconds from the start of logins; what was there before them, was there at the start. */
function since(time: string, start: string): string {
  const ms = Date.parse(time) - Date.parse(start);
  return ms < 100 ? "before" : inSeconds(ms);
}

function drawVerdict({ id, says, checked, broken }: Verdict, paint: Paint): string[] {
  const [first = "", ...rest] = wrap(says, WIDTH - 7);
  const details = broken.length > 0 ? broken : [checked];
  return [
    ` ${tick(broken.length === 0, paint)} ${paint("bold", id)} ${first}`,
    ...rest.map((line) => `      ${line}`),
    ...details.flatMap((text) =>
      wrap(text, WIDTH - 7).map((line) => paint(broken.length > 0 ? "red" : "dim", `      ${line}`)),
    ),
  ];
}

function drawFaults({ faults }: Report, paint: Paint): string[] {
  const lines = Object.entries(faults).map(([kind, count]) => ` ${String(count).padStart(4)}  ${kind}`);
  return lines.length === 0 ? [] : [paint("dim", " WHAT WAS DONE TO THE ROTATOR"), ...lines, ""];
}

function tick(holds: boolean, paint: Paint): string {
  return holds ? paint("green", "✓") : paint("red", "✗");
}
