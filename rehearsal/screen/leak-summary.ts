import type { ReviewFinding } from "../../contract/send-review.ts";
import { lasting } from "../page/wording.ts";
import type { LeakReport } from "../report/leak.ts";
import type { Report } from "../report/report.ts";
import { shortId } from "../short-id.ts";
import { grouped, inSeconds, type Paint, row, wrap } from "./paint.ts";

const WIDTH = 79;
const plain: Paint = (_, text) => text;

/** Says of a leak what somebody on call asks first: how soon it was over, and what it cost. */
export function drawLeak({ leak, loginsFrom }: Pick<Report, "leak" | "loginsFrom">, paint: Paint): string[] {
  if (!leak) return [];
  const since = (time: string) => inSeconds(Date.parse(time) - Date.parse(loginsFrom));
  const asked = leak.requestedAt === null ? "" : `, ${leak.mode} asked for at ${since(leak.requestedAt)}`;
  const what = leak.keys.map(shortId).join(" and ");
  return [
    paint("dim", ` LEAK  ${what} leaked at ${since(leak.leakedAt)}${asked}`),
    ` ${drawEnd(leak, paint)}`,
    ` ${drawAttacker(leak, paint)}`,
    ` ${drawLogins(leak, paint)}`,
    ...leak.findings.flatMap((finding) => drawFinding(finding, paint)),
    "",
  ];
}

function drawEnd({ containmentSeconds, depth, requestedAt, provenAt }: LeakReport, paint: Paint): string {
  if (containmentSeconds === null || requestedAt === null) return paint("red", "✗ it is not contained");
  const seconds = paint("bold", lasting(containmentSeconds));
  const calls = depth === null ? "" : `, ${depth} calls deep`;
  const proven =
    provenAt === null
      ? paint("red", "; not proven dead")
      : `; proven dead after ${lasting((Date.parse(provenAt) - Date.parse(requestedAt)) / 1000)}`;
  return `${paint("green", "✓")} contained in ${seconds}${calls}${proven}`;
}

function drawAttacker({ attacker }: LeakReport, paint: Paint): string {
  const { accepted, acceptedAfterContainment: after, refused } = attacker;
  const isOver = after === 0;
  const since = paint(["bold", isOver ? "green" : "red"], `${grouped(after)} after`);
  const mark = paint(isOver ? "green" : "red", isOver ? "✓" : "✗");
  return `${mark} attacker: ${grouped(accepted - after)} sends accepted before, ${since}; ${grouped(refused)} refused`;
}

function drawLogins({ loginsFailed, loginsSaved, mode }: LeakReport, paint: Paint): string {
  const isGood = loginsFailed === 0;
  const style = isGood ? "green" : mode === "revoke-first" ? "yellow" : "red";
  const failed = paint(["bold", style], `${grouped(loginsFailed)} logins failed`);
  return `${paint(style, isGood ? "✓" : "✗")} ${failed}, ${grouped(loginsSaved)} were saved with the clean key`;
}

const FINDING_WIDTHS = [6, 20, 12, 7, 20];

function drawFinding(
  { severity, kind, count, country, numbers = [], reason }: ReviewFinding,
  paint: Paint,
): string[] {
  const cells = [severity, kind, `${grouped(count)} sends`, country ?? "", numbers[0] ?? ""];
  const line = row(
    cells.map((text) => ({ text })),
    FINDING_WIDTHS,
    plain,
  );
  const style = severity === "alarm" ? "red" : "yellow";
  return [
    ` ${paint(style, line)}`,
    ...wrap(reason, WIDTH - 8).map((text) => paint("dim", `        ${text}`)),
  ];
}
