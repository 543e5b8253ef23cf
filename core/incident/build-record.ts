import {
  type IncidentEffect,
  type IncidentKey,
  type IncidentRecord,
  type IncidentRun,
  incidentIdOf,
} from "../../contract/incident-record.ts";
import type { LeakMode } from "../../contract/requests.ts";
import type { Hold } from "../cutover/observation.ts";
import type { TimedEntry, WatchedIncident, WatchedKey } from "./watch-incidents.ts";

/** What one run adds to an incident. */
export interface RunOfIncident {
  readonly incident: WatchedIncident;
  readonly entries: readonly TimedEntry[];
  readonly about: Pick<IncidentRecord, "deployment" | "secret" | "secretArn" | "environment" | "provider">;
  /** What the operator asked for; absent where the clock goes on with it. */
  readonly asked?: {
    readonly mode: LeakMode;
    readonly drill: boolean;
    readonly reason: string;
    readonly leakedAt?: string;
  };
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly outcome: IncidentRun["outcome"];
  readonly holds: readonly Hold[];
}

/** So many effects are kept of an incident: the first ones, and what the newest run has added. */
const MOST_EFFECTS = 400;
const MOST_RUNS = 100;

/** Makes the record of an incident as it is after a run, from what earlier runs have written and what this one has seen. */
export function buildRecord(run: RunOfIncident, before: IncidentRecord | undefined): IncidentRecord {
  const { incident, about, asked, endedAtMs, holds } = run;
  const keys = mergeKeys(before?.keys ?? [], incident.keys.map(writeKey));
  const state = stateOf(keys);
  const startedAt = before?.startedAt ?? iso(incident.atMs);
  const containedAt = state === "open" ? undefined : latest(keys.flatMap(({ revokedAt }) => revokedAt ?? []));
  const replacement = replacementOf(run, keys, before);
  return {
    ...before, // a newer version of dualkey may have written what this one does not know
    version: 1,
    id: incidentIdOf(incident),
    ...about,
    drill: before?.drill ?? asked?.drill ?? false,
    mode: before?.mode ?? asked?.mode ?? "replace-first",
    target: incident.target,
    startedAt,
    deadlineAt: iso(incident.deadlineMs),
    state,
    ...(containedAt === undefined ? {} : { containedAt }),
    ...(containedAt === undefined ? {} : { containmentSeconds: secondsBetween(startedAt, containedAt) }),
    keys,
    ...(replacement === undefined ? {} : { replacement }),
    unknownKeys: incident.unknownKeys.map(({ keyId, createdAtMs }) => {
      return { keyId, ...(createdAtMs === undefined ? {} : { createdAt: iso(createdAtMs) }) };
    }),
    exposure: exposureOf({ keys, asked, before, until: containedAt ?? iso(endedAtMs), startedAt }),
    held: holds.map(({ because, alarm, keyId }) => ({
      because,
      alarm,
      ...(keyId === undefined ? {} : { keyId }),
    })),
    runs: mergeRuns(before?.runs ?? [], run),
    effects: mergeEffects(before?.effects ?? [], run.entries.map(writeEffect)),
  };
}

/** How sure it is that a key is dead. */
const STATES: readonly IncidentKey["state"][] = ["alive", "revoked", "unproven", "listed-gone", "proven"];

/** What was seen once stays true: a later run begins without knowing that a key was revoked. */
function mergeKeys(before: readonly IncidentKey[], after: readonly IncidentKey[]): IncidentKey[] {
  const known = before.map((key) => {
    const now = after.find((any) => isSame(any, key));
    if (now === undefined) return key;
    const state = STATES.indexOf(now.state) > STATES.indexOf(key.state) ? now.state : key.state;
    return { ...now, ...key, state, ...(now.keyId === undefined ? {} : { keyId: now.keyId }) };
  });
  return [...known, ...after.filter((key) => !before.some((any) => isSame(any, key)))];
}

function isSame(one: IncidentKey, other: IncidentKey): boolean {
  if (one.versionId !== undefined || other.versionId !== undefined) return one.versionId === other.versionId;
  return one.keyId === other.keyId;
}

function writeKey({ bornAtMs, revokedAtMs, provenAtMs, ...key }: WatchedKey): IncidentKey {
  return {
    ...key,
    ...(bornAtMs === undefined ? {} : { bornAt: iso(bornAtMs) }),
    ...(revokedAtMs === undefined ? {} : { revokedAt: iso(revokedAtMs) }),
    ...(provenAtMs === undefined ? {} : { provenAt: iso(provenAtMs) }),
  };
}

function stateOf(keys: readonly IncidentKey[]): IncidentRecord["state"] {
  if (keys.some(({ state }) => state === "alive")) return "open";
  return keys.some(({ state }) => state === "revoked") ? "contained" : "closed";
}

/** The clock comes back every few minutes: a run of it that did nothing is none to tell of. */
function mergeRuns(before: readonly IncidentRun[], run: RunOfIncident): IncidentRun[] {
  const isIdle = run.asked === undefined && run.entries.length === 0 && before.length > 0;
  return isIdle || before.length >= MOST_RUNS ? [...before] : [...before, writeRun(run)];
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

function writeEffect({
  atMs,
  effect,
  because,
  outcome,
  versionId,
  keyId,
  label,
  error,
}: TimedEntry): IncidentEffect {
  return {
    at: iso(atMs),
    effect,
    because,
    outcome,
    ...(versionId === undefined ? {} : { versionId }),
    ...(keyId === undefined ? {} : { keyId }),
    ...(label === undefined ? {} : { label }),
    ...(error === undefined ? {} : { failure: error }),
  };
}

function mergeEffects(before: readonly IncidentEffect[], after: readonly IncidentEffect[]): IncidentEffect[] {
  const room = Math.max(0, MOST_EFFECTS - before.length);
  return [...before, ...after.slice(0, room)];
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
  const known = before?.exposure.sinceIs === "leaked-at" ? before.exposure.since : asked?.leakedAt;
  if (known !== undefined) return { since: iso(Date.parse(known)), until, sinceIs: "leaked-at" };
  const births = keys.flatMap(({ bornAt }) => bornAt ?? []).toSorted();
  return { since: births[0] ?? startedAt, until, sinceIs: "key-birth" };
}

function latest(times: readonly string[]): string | undefined {
  return times.toSorted().at(-1);
}

function secondsBetween(since: string, until: string): number {
  return Math.max(0, (Date.parse(until) - Date.parse(since)) / 1000);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
