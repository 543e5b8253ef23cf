import type { IncidentKey } from "../contract/incident-record.ts";
import type { WatchedIncident, WatchedKey } from "../core/incident/watched.ts";
import type { Telemetry } from "./telemetry.ts";
import type { WrittenRecord } from "./write-record.ts";

/** What a run has seen of an incident, and how its record stood before and stands now. */
export interface CountedIncident extends WrittenRecord {
  readonly incident: WatchedIncident;
}

/** Counts the leaked keys that may work, each once, and how long it took to contain them. Drills count by themselves. */
export function countIncidents(kept: readonly CountedIncident[], telemetry: Pick<Telemetry, "count">): void {
  const [drills, leaks] = [kept.filter(({ after }) => after.drill), kept.filter(({ after }) => !after.drill)];
  if (leaks.length > 0) telemetry.count("LeakedKeysAlive", countAlive(leaks));
  if (drills.length > 0) telemetry.count("DrillLeakedKeysAlive", countAlive(drills));
  for (const one of kept) {
    const { drill, containmentSeconds } = one.after;
    if (containmentSeconds === undefined || !isNews(one)) continue;
    telemetry.count(drill ? "DrillContainmentSeconds" : "ContainmentSeconds", containmentSeconds);
  }
}

function countAlive(kept: readonly CountedIncident[]): number {
  const alive = kept.flatMap(({ after }) => after.keys.filter(({ state }) => state === "alive"));
  return new Set(alive.map(nameOf)).size;
}

function nameOf({ keyId, versionId }: IncidentKey): string {
  return keyId ?? versionId ?? "";
}

/**
 * Whether this run has contained it. Where the record of before could not be read, a run that has only found dead keys has
 * not; one that has revoked a dead key once more cannot tell, and counts again.
 */
function isNews({ before, incident }: CountedIncident): boolean {
  return before?.containedAt === undefined && incident.keys.some(hasDiedInSight);
}

function hasDiedInSight({ state, isOutside, seenAliveAtMs }: WatchedKey): boolean {
  return state !== "alive" && (isOutside !== true || seenAliveAtMs !== undefined);
}
