import {
  type IncidentEffect,
  type IncidentKey,
  type IncidentRecord,
  type IncidentRun,
  incidentIdOf,
} from "../../contract/incident-record.ts";
import type { LeakRequest } from "../../contract/requests.ts";
import type { Hold } from "../cutover/observation.ts";
import { reportEffect } from "../report-effect.ts";
import { foldEffects, keepEnds } from "./fold-effects.ts";
import { mergeKeys } from "./merge-keys.ts";
import type { TimedEntry } from "./watch-incidents.ts";
import type { WatchedIncident } from "./watched.ts";

/** What an operator has asked for, and when it arrived. */
export interface Asked extends Pick<LeakRequest, "mode" | "reason" | "drill" | "leakedAt"> {
  readonly atMs: number;
}

/** What one run adds to an incident. */
export interface RunOfIncident {
  readonly incident: WatchedIncident;
  readonly entries: readonly TimedEntry[];
  readonly about: Pick<IncidentRecord, "deployment" | "secret" | "secretArn" | "environment" | "provider">;
  /** Absent where the clock goes on with it. */
  readonly asked?: Asked;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly outcome: IncidentRun["outcome"];
  readonly holds: readonly Pick<Hold, "because" | "alarm" | "keyId">[];
}

/** So many lines are kept of an incident: how it began, and the newest. */
const EFFECTS = { first: 100, most: 400 };
const RUNS = { first: 10, most: 100 };

/**
 * Makes the record of an incident as it is after a run, from what earlier runs have written and what this one has seen.
 * What a newer version of dualkey has added is kept; of what this one knows, nothing but the review is taken over unseen.
 */
export function buildRecord(run: RunOfIncident, before: IncidentRecord | undefined): IncidentRecord {
  const { incident, about, asked, endedAtMs, holds } = run;
  const { containedAt: _, containmentSeconds: __, replacement: ___, ...rest } = before ?? {};
  const keys = mergeKeys(before?.keys ?? [], incident);
  const unknownKeys = unknownKeysOf(incident, keys, before);
  const held = holds.map(writeHold);
  if (asked === undefined && before?.state === "closed" && stateOf(keys) === "closed") {
    return { ...before, unknownKeys, held }; // what the clock still does is no part of it, but for what is owed
  }
  const startedAt = earliest(before?.startedAt, iso(incident.atMs));
  const containment = containmentOf(keys, startedAt);
  const replacement = replacementOf(run, keys, before);
  const until = containment.containedAt ?? iso(endedAtMs);
  return {
    ...rest,
    version: 1,
    id: before?.id ?? incidentIdOf(incident),
    ...about,
    drill: isDrill(asked, before),
    mode: before?.mode ?? asked?.mode ?? "replace-first",
    target: before?.target ?? incident.target,
    startedAt,
    deadlineAt: earliest(before?.deadlineAt, iso(incident.deadlineMs)),
    state: stateOf(keys),
    ...containment,
    keys,
    ...(replacement === undefined ? {} : { replacement }),
    unknownKeys,
    exposure: exposureOf({ keys, asked, before, until, startedAt }),
    held,
    runs: mergeRuns(before?.runs ?? [], run),
    effects: mergeEffects(before?.effects ?? [], run.entries.map(writeEffect)),
  };
}

/** Somebody who asks for real has a leak, whatever others practise; and a drill takes nothing back. */
function isDrill(asked: Asked | undefined, before: IncidentRecord | undefined): boolean {
  if (before === undefined) return asked?.drill === true;
  return before.drill && (asked === undefined || asked.drill === true);
}

/** When the last key died, as long as none works. */
function containmentOf(
  keys: readonly IncidentKey[],
  startedAt: string,
): Pick<IncidentRecord, "containedAt" | "containmentSeconds"> {
  const containedAt =
    stateOf(keys) === "open" ? undefined : latest(keys.flatMap((key) => key.revokedAt ?? []));
  if (containedAt === undefined) return {};
  return { containedAt, containmentSeconds: secondsBetween(startedAt, containedAt) };
}

function unknownKeysOf(
  { unknownKeys }: WatchedIncident,
  keys: readonly IncidentKey[],
  before: IncidentRecord | undefined,
): IncidentRecord["unknownKeys"] {
  const seen = unknownKeys?.map(({ keyId, createdAtMs }) => {
    return { keyId, ...(createdAtMs === undefined ? {} : { createdAt: iso(createdAtMs) }) };
  });
  const all = seen ?? before?.unknownKeys ?? []; // a run that has not asked knows no better
  return all.filter(({ keyId }) => !keys.some((key) => key.keyId === keyId));
}

function writeHold({
  because,
  alarm,
  keyId,
}: RunOfIncident["holds"][number]): IncidentRecord["held"][number] {
  return { because, alarm, ...(keyId === undefined ? {} : { keyId }) };
}

function stateOf(keys: readonly IncidentKey[]): IncidentRecord["state"] {
  if (keys.some(({ state }) => state === "alive")) return "open";
  return keys.some(({ state }) => state === "revoked") ? "contained" : "closed";
}

/**
 * The clock comes back every few minutes: a run of it that did nothing is none to tell of. A run that is written down when it
 * begins takes that line's place when it ends.
 */
function mergeRuns(before: readonly IncidentRun[], run: RunOfIncident): IncidentRun[] {
  const isIdle = run.asked === undefined && run.entries.length === 0 && before.length > 0;
  if (isIdle) return [...before];
  const own = writeRun(run);
  const others = before.filter(({ startedAt, by, reason }) => {
    return startedAt !== own.startedAt || by !== own.by || reason !== own.reason;
  });
  return keepEnds([...others, own], RUNS);
}

function writeRun({ startedAtMs, endedAtMs, asked, outcome }: RunOfIncident): IncidentRun {
  return {
    startedAt: iso(startedAtMs),
    endedAt: iso(endedAtMs),
    by: asked === undefined ? "clock" : "responder",
    outcome,
    ...(asked === undefined ? {} : { reason: asked.reason }),
  };
}

function writeEffect(entry: TimedEntry): IncidentEffect {
  return { at: iso(entry.atMs), ...reportEffect(entry) };
}

/** In the order of time, for two runs may work on it at once. What is written down already is not written twice. */
function mergeEffects(before: readonly IncidentEffect[], after: readonly IncidentEffect[]): IncidentEffect[] {
  const fresh = after.filter((effect) => !before.some((any) => isWritten(any, effect)));
  const all = [...before, ...fresh].toSorted((one, other) => one.at.localeCompare(other.at));
  return keepEnds(foldEffects(all), EFFECTS);
}

function isWritten(one: IncidentEffect, other: IncidentEffect): boolean {
  return (
    one.at === other.at &&
    one.effect === other.effect &&
    one.versionId === other.versionId &&
    one.keyId === other.keyId &&
    one.label === other.label &&
    one.outcome === other.outcome
  );
}

/** The key that took a leaked current one's place; none where the current key never leaked. */
function replacementOf(
  { incident, entries, endedAtMs }: RunOfIncident,
  keys: readonly IncidentKey[],
  before: IncidentRecord | undefined,
): IncidentRecord["replacement"] {
  if (before?.replacement) return before.replacement;
  if (incident.replacement === undefined || !keys.some(({ was }) => was === "current")) return undefined;
  const { versionId } = incident.replacement;
  const move = entries.findLast((entry) => entry.effect === "promote" && entry.versionId === versionId);
  return { ...incident.replacement, promotedAt: iso(move?.atMs ?? endedAtMs) };
}

function exposureOf({
  keys,
  asked,
  before,
  until,
  startedAt,
}: {
  readonly keys: readonly IncidentKey[];
  readonly asked: RunOfIncident["asked"];
  readonly before: IncidentRecord | undefined;
  readonly until: string;
  readonly startedAt: string;
}): IncidentRecord["exposure"] {
  const told = before?.exposure.sinceIs === "leaked-at" ? before.exposure.since : undefined;
  const known = [told, asked?.leakedAt].flatMap((time) => (time === undefined ? [] : iso(Date.parse(time))));
  const [since] = known.toSorted();
  if (since !== undefined) return { since, until, sinceIs: "leaked-at" };
  const births = keys.flatMap(({ bornAt }) => bornAt ?? []).toSorted();
  return { since: births[0] ?? startedAt, until, sinceIs: "key-birth" };
}

function latest(times: readonly string[]): string | undefined {
  return times.toSorted().at(-1);
}

/** Two people may have asked in the same moment: the first one counts. */
function earliest(known: string | undefined, now: string): string {
  return known !== undefined && known < now ? known : now;
}

function secondsBetween(since: string, until: string): number {
  return Math.max(0, (Date.parse(until) - Date.parse(since)) / 1000);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
