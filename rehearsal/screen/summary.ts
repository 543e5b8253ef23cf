import { isCounted, lasting, storyOfGoingBack, storyOfHeld, storyOfLeak } from "../page/wording.ts";
import type { KeyReport } from "../report/key-report.ts";
import type { Report } from "../report/report.ts";
import { shortId } from "../short-id.ts";
import type { Verdict } from "../watch/promise-watch.ts";
import { drawLeak } from "./leak-summary.ts";
import { grouped, inSeconds, type Paint, row, wrap } from "./paint.ts";

const WIDTH = 79;
const KEY_WIDTHS = [8, 8, 8, 8, 8, 9, 8, 7];
const plain: Paint = (_, text) => text;

/** Says what happened, for somebody who has not watched. `compared`: a cutover to hold a script's replacement against. */
export function summarize(report: Report, paint: Paint, compared?: Report): string {
  return [
    "",
    drawHeadline(report, paint),
    "",
    ...drawLogins(report, paint),
    ...indented(storyOf(report), 1),
    ...(compared ? drawComparison(compared, paint) : []),
    ...drawWait(report, paint),
    "",
    ...drawLeak(report, paint),
    ...drawKeys(report, paint),
    "",
    ...drawServices(report, paint),
    "",
    ...drawPromises(report, paint),
    "",
    ...report.checks.map(({ says, holds, found }) => {
      return ` ${tick(holds, paint)} ${says}${holds ? "" : paint("red", ` (found: ${found})`)}`;
    }),
    "",
    ...drawFaults(report, paint),
    ...report.notes.flatMap((note) => indented(note, 1)).map((line) => paint("dim", line)),
    "",
  ].join("\n");
}

/** The last line, for a terminal on which the first ones have scrolled away. */
export function concludeIn(report: Report, paint: Paint): string {
  const { logins, outage, leak } = report;
  const style = styleOf(report);
  const failed = paint(style, `${grouped(logins.failed)} failed`);
  const allowed = outage ? ` in ${inSeconds(outage.seconds * 1000)} of ${outage.allowedSeconds} allowed` : "";
  const seconds = leak?.containmentSeconds ?? null;
  const dead = seconds === null ? "" : `; the leaked key was dead in ${lasting(seconds)}`;
  return `${drawHeadline(report, paint)}: ${grouped(logins.total)} logins, ${failed}${allowed}${dead}.`;
}

function drawHeadline(report: Report, paint: Paint): string {
  const { scenario, seed, vendor, passed, logins, durationMs } = report;
  const name = `${scenario}, ${vendor.title}${seed === null ? "" : `, seed ${seed}`}`;
  const isOutage = passed && isCounted(report);
  const isShowing = passed && !isOutage && logins.failed > 0;
  const verdict = isShowing ? "failed, as it should" : passed ? "passed" : "FAILED";
  const style = isOutage ? "yellow" : passed && !isShowing ? "green" : "red";
  const title = `${paint("bold", "dualkey rehearsal")}  ${paint("cyan", name)}`;
  return ` ${title}  ${paint(["bold", style], verdict)}  in ${inSeconds(durationMs)}`;
}

/** Failed logins that the policy allows, or that are counted one by one, are no alarm. */
function styleOf(report: Report): "green" | "yellow" | "red" {
  if (report.logins.failed === 0) return "green";
  return report.passed && isCounted(report) ? "yellow" : "red";
}

function drawLogins(report: Report, paint: Paint): string[] {
  const { logins } = report;
  const style = styleOf(report);
  const why = Object.entries(logins.failures).map(([because, times]) => `${grouped(times)} × ${because}`);
  const counted = `${paint("bold", `${grouped(logins.total)} logins`)}, ${paint(["bold", style], `${grouped(logins.failed)} failed`)}`;
  const reasons = why.length > 0 ? paint(style, ` (${why.join(", ")})`) : "";
  return [` ${counted}${reasons}; the slowest took ${grouped(logins.slowestMs)} ms.`];
}

/** An outage beside what the policy allows. */
function outageIn({ seconds, allowedSeconds }: NonNullable<Report["outage"]>): string {
  return `in an outage of ${inSeconds(seconds * 1000)} where the policy allows ${allowedSeconds} s`;
}

function storyOf(report: Report): string {
  const { scenario, keys, vendor, outage } = report;
  if (scenario === "naive") {
    return (
      "A script made a key, stored it, and revoked the old one. Every call of it succeeded, and the login " +
      "services went on with the revoked key until their caches ran out."
    );
  }
  if (report.goingBack) return storyOfGoingBack(report.goingBack, report);
  if (report.held) return storyOfHeld(report.held);
  if (scenario === "leak" && report.leak) return storyOfLeak(report.leak);
  const old = keys.find(({ madeBy }) => madeBy !== "stranger");
  if (!old?.replaced) return "The key was not replaced.";
  if (vendor.cutover === "in-place") {
    return (
      `${vendor.title} lets no two keys work side by side: while people logged in, dualkey put a new key in the ` +
      `old one's place, and services failed until they had read it${outage ? `, ${outageIn(outage)}` : ""}.`
    );
  }
  const overlap = old.revoked ? Date.parse(old.revoked) - Date.parse(old.replaced) : undefined;
  const both = overlap === undefined ? "" : ` Both worked side by side for ${inSeconds(overlap)}.`;
  const end = old.dead
    ? ` Then ${vendor.cutover === "by-hand" ? "a person revoked the old one" : "the old one was revoked"}, and it is proven dead.`
    : " The old one is not dead yet.";
  return `While people logged in, dualkey replaced the key that their codes are sent with.${both}${end}`;
}

function drawComparison({ logins }: Report, paint: Paint): string[] {
  const failed = paint("green", `${grouped(logins.failed)} failed`);
  return ["", ` The last cutover by dualkey: ${grouped(logins.total)} logins, ${failed}.`];
}

function drawWait({ waitedFor }: Report, paint: Paint): string[] {
  if (waitedFor.length === 0) return [];
  const lines = waitedFor.flatMap((text) => indented(text, 3));
  return ["", paint(["bold", "red"], " Time ran out. It was waiting for:"), ...lines];
}

function drawKeys({ keys, loginsFrom }: Report, paint: Paint): string[] {
  const titles = ["KEY", "MADE BY", "MADE", "CURRENT", "REPLACED", "CONDEMNED", "DEAD", "SENDS"];
  const head = titles.map((text, index) => ({ text, align: index > 1 ? ("right" as const) : undefined }));
  const at = (time: string | null) => (time === null ? "–" : since(time, loginsFrom));
  const line = (key: KeyReport) => {
    const times = [key.created, key.promoted, key.replaced, key.condemned, key.dead].map(at);
    const numbers = [...times, key.sends === 0 ? "–" : grouped(key.sends)];
    const names = [shortId(key.id), key.madeBy].map((text) => ({ text }));
    const cells = [...names, ...numbers.map((text) => ({ text, align: "right" as const }))];
    const style = key.dead ? "dim" : key.promoted ? "green" : "reset";
    return ` ${paint(style, row(cells, KEY_WIDTHS, plain))}`;
  };
  return [paint("dim", ` ${row(head, KEY_WIDTHS, plain)}`), ...keys.map(line)];
}

const SERVICE_WIDTHS = [10, 16, 48];

/** Each instance with the keys that it has used, and since when. */
function drawServices({ services, loginsFrom }: Report, paint: Paint): string[] {
  const head = row(
    ["SERVICE", "ITS KEY", "MOVED"].map((text) => ({ text })),
    SERVICE_WIDTHS,
    plain,
  );
  const lines = services.map(({ name, how, until, moves }) => {
    const used = moves.map(({ at, key }, index) => {
      return index === 0 ? shortId(key) : `${shortId(key)} at ${since(at, loginsFrom)}`;
    });
    const ended = until === null ? [] : [`stopped at ${since(until, loginsFrom)}`];
    const told = [...used, ...ended].join(", ");
    return ` ${row([{ text: name }, { text: how }, { text: told }], SERVICE_WIDTHS, plain)}`;
  });
  return [paint("dim", ` ${head}`), ...lines];
}

/** Seconds from the start of logins; what was there before them, was there at the start. */
function since(time: string, start: string): string {
  const ms = Date.parse(time) - Date.parse(start);
  return ms < 100 ? "before" : inSeconds(ms);
}

/** Most promises are held against the same changes: what is said once is not said again. */
function drawPromises({ promises }: Report, paint: Paint): string[] {
  const usual = promises[0]?.checked ?? "";
  return [
    paint("dim", ` PROMISES, judged at ${usual}`),
    ...promises.flatMap((one) => drawVerdict(one, usual, paint)),
  ];
}

function drawVerdict({ id, says, checked, broken }: Verdict, usual: string, paint: Paint): string[] {
  const [first = "", ...rest] = wrap(says, WIDTH - 7);
  const isKept = broken.length === 0;
  const details = isKept ? [checked].filter((text) => text !== usual) : broken;
  return [
    ` ${tick(isKept, paint)} ${paint("bold", id)} ${first}`,
    ...rest.map((line) => `      ${line}`),
    ...details.flatMap((text) => indented(text, 6)).map((line) => paint(isKept ? "dim" : "red", line)),
  ];
}

function drawFaults({ faults }: Report, paint: Paint): string[] {
  const lines = Object.entries(faults).map(([kind, count]) => ` ${String(count).padStart(4)}  ${kind}`);
  return lines.length === 0 ? [] : [paint("dim", " DONE TO THE ROTATOR"), ...lines, ""];
}

function indented(text: string, by: number): string[] {
  return wrap(text, WIDTH - by).map((line) => " ".repeat(by) + line);
}

function tick(holds: boolean, paint: Paint): string {
  return holds ? paint("green", "✓") : paint("red", "✗");
}
