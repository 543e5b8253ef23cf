import { madeBy } from "../report/key-report.ts";
import { notesOf } from "../report/notes.ts";
import { shortId } from "../short-id.ts";
import type { Stage } from "../stage.ts";
import type { KeyLife, Role } from "../watch/key-lives.ts";
import { isOfLeak, type PhaseName, phasesUnder } from "../watch/phase.ts";
import { keyIdOf } from "../watch/truth.ts";
import type { Told } from "../watch/watch.ts";
import { cutTo, grouped, inSeconds, type Paint, row, type Style } from "./paint.ts";

const ROLE_STYLES: Readonly<Record<Role, Style>> = {
  current: ["bold", "green"],
  pending: "cyan",
  retiring: "yellow",
  condemned: "magenta",
  revoked: "red",
  dead: "gray",
  lost: "red",
  stranger: "gray",
};

const KEY_WIDTHS = [8, 9, 8, 5, 5, 6];
const SPARKS = "▁▂▃▄▅▆▇█";
const SHOWN_EVENTS = 6;

export interface FrameOptions {
  readonly columns: number;
  readonly nowMs: number;
  readonly paint: Paint;
}

/** Draws a rehearsal as it is now, for a terminal that is `columns` wide. */
export function drawFrame(stage: Stage, { columns, nowMs, paint }: FrameOptions): string {
  const width = Math.max(60, Math.min(columns, 110)) - 1;
  const options = { columns: width, nowMs, paint };
  return [
    "",
    drawTitle(stage, options),
    "",
    drawRail(stage, options),
    ...drawPhase(stage, options),
    "",
    ...drawKeys(stage, options),
    "",
    drawLogins(stage, options),
    ...drawAttack(stage, options),
    ...drawServices(stage, options),
    "",
    ...drawEvents(stage, options),
    "",
    ...notesOf(stage).map((note) => paint("dim", cutTo(` ${note}`, width))),
    "",
  ].join("\n");
}

function drawTitle({ request, watch, world }: Stage, { columns, nowMs, paint }: FrameOptions): string {
  const { scenario, rate, seed } = request;
  const about = `${scenario.name}, ${world.vendor.title}${scenario.mischief ? `, seed ${seed}` : ""}, ${rate} logins/s`;
  const time = inSeconds(nowMs - watch.startedAtMs);
  const left = ` dualkey rehearsal  ${about}`;
  const gap = " ".repeat(Math.max(1, columns - left.length - time.length));
  return ` ${paint("bold", "dualkey rehearsal")}  ${paint("cyan", about)}${gap}${time}`;
}

function drawRail({ request, watch, world }: Stage, { paint }: FrameOptions): string {
  const now = watch.phases.at(-1)?.name ?? "steady";
  const all = Object.keys(phasesUnder(world, request.scenario.name)) as PhaseName[];
  const isLeak = isOfLeak(now) || (request.leak?.phase === "steady" && request.scenario.trouble === "leak");
  const names = all.filter((name) => name === "steady" || isOfLeak(name) === isLeak);
  const shown = request.scenario.replacedBy === "script" ? (["steady", "after"] as const) : names;
  const reached = names.indexOf(now);
  const stops = shown.map((name) => {
    if (name === now) return paint(["bold", "cyan"], `● ${name}`);
    return names.indexOf(name) < reached ? paint("green", `✓ ${name}`) : paint("dim", `○ ${name}`);
  });
  return ` ${stops.join("  ")}`;
}

function drawPhase({ watch, request, world }: Stage, { columns, nowMs, paint }: FrameOptions): string[] {
  const phase = watch.phases.at(-1);
  const name = phase?.name ?? "steady";
  const isScripts = request.scenario.replacedBy === "script" && name === "after";
  const says = isScripts
    ? "the old key is revoked, and consumers still have it in their caches"
    : (phasesUnder(world, request.scenario.name)[name] ?? "");
  const since = inSeconds(nowMs - (phase?.atMs ?? nowMs));
  const isWaiting = !["steady", "after", "leaked", "closed"].includes(name);
  const hold = isWaiting ? watch.log.holds.at(0) : undefined;
  const left =
    hold?.untilMs !== undefined && hold.untilMs > nowMs ? `, ${inSeconds(hold.untilMs - nowMs)} to go` : "";
  const waits = hold ? `waits: ${hold.because}${left}` : "";
  return [cutTo(` ${since}  ${says}`, columns), paint("dim", cutTo(` ${waits}`, columns))];
}

function drawKeys(stage: Stage, { columns, nowMs, paint }: FrameOptions): string[] {
  const titles = ["KEY", "ROLE", "MADE BY", "AGE", "PER S", "SENDS"];
  const head = row(
    titles.map((text, index) => ({ text, align: index > 2 ? "right" : undefined })),
    KEY_WIDTHS,
    (_, text) => text,
  );
  const spark = columns - KEY_WIDTHS.reduce((sum, width) => sum + width + 2, 1);
  const { admin } = stage.world.vendor;
  const lives = stage.watch.lives.all.filter(({ id }) => id !== admin?.keyId);
  const lines = visible(lives).map((life) => {
    const { watch } = stage;
    const recent = watch.sends.recent(life.id, { seconds: spark, nowMs });
    const isUsed = watch.sends.total(life.id) > 0;
    const isLeaked = watch.leak?.has(life.id) && life.revokedAtMs === undefined;
    const style = isLeaked ? "red" : ROLE_STYLES[life.role];
    const cells = row(
      [
        { text: shortId(life.id), style },
        { text: isLeaked ? "leaked" : life.role, style },
        { text: madeBy(life.id, stage.world) },
        { text: `${Math.floor((nowMs - life.createdAtMs) / 1000)} s`, align: "right" },
        { text: isUsed ? String(recent.at(-1) ?? 0) : "", align: "right" },
        { text: isUsed ? grouped(watch.sends.total(life.id)) : "", align: "right" },
      ],
      KEY_WIDTHS,
      paint,
    );
    return ` ${cells}  ${paint("cyan", isUsed ? sparkline(recent, stage.request.rate) : "")}`;
  });
  return [paint("dim", ` ${head}  LAST ${spark} S`), ...lines];
}

/** Under chaos many keys are made and lost: the dead ones of no importance give way. */
function visible(lives: readonly KeyLife[]): readonly KeyLife[] {
  return lives.filter(({ role, promotedAtMs }) => role !== "dead" || promotedAtMs !== undefined);
}

function sparkline(counts: readonly number[], most: number): string {
  const bars = counts.map((count) => {
    if (count === 0) return " ";
    return SPARKS[Math.min(SPARKS.length - 1, Math.round((count / most) * (SPARKS.length - 1)))] ?? " ";
  });
  return bars.join("");
}

function drawLogins({ load }: Stage, { paint }: FrameOptions): string {
  const failed = `${grouped(load.failed)} failed`;
  const why = Object.entries(load.failures).map(([because, count]) => `${count} × ${because}`);
  const verdict = load.failed === 0 ? paint(["bold", "green"], failed) : paint(["bold", "red"], failed);
  return ` LOGINS  ${paint("bold", grouped(load.total))}  ${verdict}  ${why.join(", ")}`;
}

/** What somebody sends with a leaked key: a line from the start, so that the picture keeps its height. */
function drawAttack({ watch, request }: Stage, { paint }: FrameOptions): string[] {
  if (request.leak === undefined) return [];
  const { leak } = watch;
  if (leak === undefined) return [` ATTACK  ${paint("dim", "nobody else has the key")}`];
  const { sent, accepted } = leak.start.attacker;
  const { containedAtMs } = leak;
  const taken = paint(["bold", "red"], `${grouped(accepted)} accepted`);
  if (containedAtMs === undefined) return [` ATTACK  ${paint("bold", grouped(sent))}  ${taken}`];
  const after = leak.start.attacker.acceptedAfter(containedAtMs);
  const since = paint(
    after === 0 ? ["bold", "green"] : ["bold", "red"],
    `${grouped(after)} since the key is dead`,
  );
  return [` ATTACK  ${paint("bold", grouped(sent))}  ${taken}, ${since}`];
}

/** Which key each instance sends with; two lines, so that the picture keeps its height when one is started. */
function drawServices({ load, watch, world }: Stage, { columns, paint }: FrameOptions): string[] {
  const versions = world.aws.secrets.get(world.secretArn)?.versions ?? [];
  const running = load.instances.filter(
    ({ endedAtMs, moves }) => endedAtMs === undefined && moves.length > 0,
  );
  const shown = running.map(({ name, moves }) => {
    const value = versions.find(({ id }) => id === moves.at(-1)?.versionId)?.value;
    const id = value === undefined ? undefined : keyIdOf(JSON.parse(value), world);
    const role = watch.lives.get(id ?? "")?.role;
    return { says: `${name} ${id === undefined ? "?" : shortId(id)}`, style: role && ROLE_STYLES[role] };
  });
  const width = Math.max(0, ...shown.map(({ says }) => says.length)) + 2;
  const perLine = Math.max(1, Math.floor((columns - 9) / width));
  return [0, 1].map((line) => {
    const some = shown.slice(line * perLine, (line + 1) * perLine);
    const told = some.map(
      ({ says, style }) => (style ? paint(style, says) : says) + " ".repeat(width - says.length),
    );
    return ` ${line === 0 ? "WITH    " : "        "}${told.join("")}`.trimEnd();
  });
}

function drawEvents({ watch }: Stage, { columns, paint }: FrameOptions): string[] {
  const widths = [7, 24, columns - 7 - 24 - 5];
  const style = (kind: Told["kind"]): Style =>
    kind === "fault" || kind === "leak" ? "red" : kind === "effect" ? "white" : "cyan";
  const told = watch.told.filter(({ kind }) => kind !== "tidying").slice(-SHOWN_EVENTS);
  const lines = told.map(({ atMs, kind, what, because }) => {
    const at = inSeconds(atMs - watch.startedAtMs);
    const cells = [
      { text: at, align: "right" as const },
      { text: what, style: style(kind) },
      { text: because },
    ];
    return ` ${row(cells, widths, paint)}`;
  });
  // The picture keeps its height, so that it does not jump.
  return [...lines, ...Array.from({ length: SHOWN_EVENTS - lines.length }, () => "")];
}
