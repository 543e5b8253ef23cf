import { type IncidentRecord, incidentIdOf } from "../contract/incident-record.ts";
import type { Call } from "../core/cutover/ports.ts";
import type { Records, StoredIncident } from "../core/incident/records.ts";
import { isSameKey, type WatchedIncident } from "../core/incident/watched.ts";
import { callOf, type KeepParts } from "./write-record.ts";

/** So many of a secret's incidents are looked through, the newest first. */
const MOST_LOOKED_AT = 5;

/**
 * Finds the records of an incident, the one that it is kept in first. There are several where two people asked in the same
 * moment; and it may be kept under a label that is not there any more.
 *
 * @throws ProviderUnavailableError, ProviderRejectedError where they cannot be read
 */
export async function findRecords(
  incident: WatchedIncident,
  secret: string,
  parts: KeepParts,
): Promise<readonly StoredIncident[]> {
  const { records } = parts.incidents;
  if (records === undefined) return [];
  const read = (id: string) => records.readIncident({ secret, id }, callOf(parts));
  const own = await Promise.all(incident.marks.map((mark) => read(incidentIdOf(mark))));
  const found = own.filter((stored) => stored !== undefined);
  if (found.length > 0) return found;
  const others = await latestRecords(records, secret, () => callOf(parts));
  return others.filter(({ record }) => hasAll(record, incident)).slice(-1);
}

/**
 * The latest incidents of a secret, the newest first.
 *
 * @throws ProviderUnavailableError, ProviderRejectedError where they cannot be read
 */
export async function latestRecords(
  records: Records,
  secret: string,
  call: () => Call,
): Promise<readonly StoredIncident[]> {
  const ids = await records.listIncidents({ secret }, call());
  const read = ids.slice(0, MOST_LOOKED_AT).map((id) => records.readIncident({ secret, id }, call()));
  return (await Promise.all(read)).filter((stored) => stored !== undefined);
}

/** How far apart two people are who ask in the same moment. */
const MOMENT_MS = 5_000;

/** A key leaks once: an incident that has all keys of this one is this one, unless it was over before this one began. */
function hasAll(
  { keys, startedAt, containedAt }: IncidentRecord,
  { keys: own, atMs }: WatchedIncident,
): boolean {
  const isBefore = Date.parse(startedAt) <= atMs + MOMENT_MS;
  const isOver = containedAt !== undefined && Date.parse(containedAt) < atMs;
  return isBefore && !isOver && own.length > 0 && own.every((key) => keys.some((any) => isSameKey(any, key)));
}
