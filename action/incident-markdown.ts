import type { IncidentEffect, IncidentKey, IncidentRecord } from "../contract/incident-record.ts";
import { effectWords } from "./effect-words.ts";
import { clock, code, duration, prose, shortId, table } from "./markdown.ts";

/** More lines than this are for a machine: the record has them all. */
const MAX_LINES = 100;

/** The leaked keys: what each was, and how far its end is shown. */
export function leakedKeys({ keys }: IncidentRecord): string {
  if (keys.length === 0) return "No key is named yet.";
  return table(
    ["leaked key", "version", "it was", "state", "born", "revoked", "shown"],
    keys.map((key) => [
      key.keyId === undefined ? "–" : code(key.keyId),
      key.versionId === undefined ? "none" : shortId(key.versionId),
      WAS[key.was],
      STATES[key.state],
      ...[key.bornAt, key.revokedAt, key.provenAt].map((at) => (at === undefined ? "–" : clock(at))),
    ]),
  );
}

const WAS = {
  current: "current",
  pending: "pending",
  retiring: "retiring",
  unheld: "in no version",
} as const satisfies Record<IncidentKey["was"], string>;

const STATES = {
  alive: ":rotating_light: **STILL WORKS**",
  revoked: ":hourglass: revoked, not yet proven",
  proven: ":white_check_mark: proven dead",
  "listed-gone": ":white_check_mark: listed gone",
  unproven: ":warning: **unproven**",
} as const satisfies Record<IncidentKey["state"], string>;

/** Since when, and until when, others may have used the key: a paragraph. */
export function exposure({ exposure: { since, until, sinceIs } }: IncidentRecord): string {
  const seconds = (Date.parse(until) - Date.parse(since)) / 1000;
  const basis =
    sinceIs === "leaked-at"
      ? "It begins when the key leaked, as the request says."
      : "It begins with the key's birth, for nobody has said when it leaked: it may have begun later.";
  return `${duration(seconds)}, from ${clock(since)} to ${clock(until)} UTC. ${basis}`;
}

/** Keys that a leaked key may have made. */
export function unknownKeys({ unknownKeys: keys }: IncidentRecord): string {
  if (keys.length === 0) return "";
  const lines = keys.map(
    ({ keyId, createdAt }) =>
      `- ${code(keyId)}${createdAt === undefined ? "" : `, made ${clock(createdAt)} UTC`}`,
  );
  return [
    `### Keys that nobody knows: ${keys.length}`,
    "They are on the same account, and no version holds them: a leaked key may have made them. Ask who made each; one that nobody made is to be ended with `operation: revoke` and its `key-id`.",
    capped(lines, "keys"),
  ].join("\n\n");
}

/** Everything that happened, in the order of time. */
export function timeLine(incident: IncidentRecord): string {
  const startMs = Date.parse(incident.startedAt);
  const rows = [...momentsOf(incident)]
    .sort((a, b) => a.at.localeCompare(b.at))
    .map(({ at, what, note }) => [clock(at), offset(Date.parse(at) - startMs), what, note]);
  const shown = rows.slice(0, MAX_LINES);
  return `${table(["UTC", "", "what", "why"], shown)}${moreThan(shown.length, rows.length, "lines")}`;
}

interface Moment {
  readonly at: string;
  readonly what: string;
  readonly note: string;
}

const OUTCOMES = {
  applied: "",
  stale: " (somebody else was first)",
  "not-applied": " **failed**",
  unknown: " **outcome unknown**",
} as const;

function momentsOf(incident: IncidentRecord): Moment[] {
  const { exposure, keys, runs, effects, deadlineAt, state } = incident;
  return [
    ...(exposure.sinceIs === "leaked-at" ? at(exposure.since, "**it leaked**", "as the request says") : []),
    ...runs.flatMap(({ startedAt, by, reason }) =>
      at(
        startedAt,
        by === "clock" ? "the clock goes on" : "somebody asks",
        reason === undefined ? "" : code(reason),
      ),
    ),
    ...effects.flatMap((effect) => at(effect.at, effectCell(effect), whyCell(effect))),
    ...keys.flatMap((key) => momentsOfKey(key, effects)),
    ...(state === "open" ? at(deadlineAt, "**the deadline**", "the leaked keys had to be dead") : []),
  ];
}

/** A revocation that an effect tells of is not told twice. */
function momentsOfKey(
  { keyId, revokedAt, provenAt }: IncidentKey,
  effects: readonly IncidentEffect[],
): Moment[] {
  const name = keyId === undefined ? "a leaked key" : `leaked key ${code(keyId)}`;
  const isTold = effects.some(
    (any) => any.effect === "revoke-key" && any.keyId === keyId && any.outcome === "applied",
  );
  return [
    ...(isTold ? [] : at(revokedAt, `**${name} is revoked**`)),
    ...at(provenAt, `**${name} is shown to be dead**`),
  ];
}

function at(time: string | undefined, what: string, note = ""): Moment[] {
  return time === undefined ? [] : [{ at: time, what, note }];
}

function effectCell(effect: IncidentEffect): string {
  const { keyId, versionId, outcome, times = 1, lastAt } = effect;
  const about = keyId !== undefined ? code(keyId) : versionId !== undefined ? shortId(versionId) : "";
  const often =
    times > 1 && lastAt !== undefined ? `, ${times} times, last at ${lastAt.slice(11, 19)} UTC` : "";
  return `${effectWords(effect)} ${about}`.trim() + OUTCOMES[outcome] + often;
}

function whyCell({ because, failure }: IncidentEffect): string {
  return failure === undefined ? prose(because) : `${prose(because)}: ${code(failure)}`;
}

function offset(ms: number): string {
  return `${ms < 0 ? "−" : "+"}${duration(Math.abs(ms) / 1000)}`;
}

/** A list that ends where nobody reads on. */
export function capped(lines: readonly string[], noun: string): string {
  const shown = lines.slice(0, MAX_LINES);
  return `${shown.join("\n")}${moreThan(shown.length, lines.length, noun)}`;
}

function moreThan(shown: number, all: number, noun: string): string {
  return all > shown ? `\n\n${all - shown} more ${noun}: see the record of the incident.` : "";
}
