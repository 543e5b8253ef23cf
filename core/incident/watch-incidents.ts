import type { IncidentKeyState } from "../../contract/incident-record.ts";
import { unheldBy } from "../cutover/forget-leaks.ts";
import { bornAtMs, currentOf, isClean, isHeld, isLive, keyOf, leaksOf, taints } from "../cutover/ledger.ts";
import { type Goal, MARK, type Observation } from "../cutover/observation.ts";
import type { Version } from "../cutover/ports.ts";
import { orphansIn } from "../cutover/strays.ts";
import type { Journal, JournalEntry } from "../run.ts";

/** What a run has seen of one leak: nothing of it is a key. */
export interface WatchedIncident {
  readonly target: string;
  readonly atMs: number;
  readonly deadlineMs: number;
  readonly keys: readonly WatchedKey[];
  /** Keys of the account that no version holds and nobody has named. */
  readonly unknownKeys: readonly { readonly keyId: string; readonly createdAtMs?: number }[];
  /** The clean key that is current. */
  readonly replacement?: { readonly versionId: string; readonly keyId?: string };
}

export interface WatchedKey {
  readonly keyId?: string;
  readonly versionId?: string;
  readonly was: "current" | "pending" | "retiring" | "unheld";
  readonly state: IncidentKeyState;
  readonly bornAtMs?: number;
  /** When this run heard that it is revoked, or saw that it is dead. */
  readonly revokedAtMs?: number;
  readonly provenAtMs?: number;
}

/** An effect, and when its answer came. */
export interface TimedEntry extends JournalEntry {
  readonly atMs: number;
}

/** Follows a run, and takes out of it what may be told of the leaks that it sees. */
export interface IncidentWatch extends Required<Journal> {
  incidents(): readonly WatchedIncident[];
  entries(): readonly TimedEntry[];
  /** The secret's full ARN, once it was seen. */
  secretArn(): string | undefined;
}

/** Makes a watch for one run. @param now milliseconds since the epoch */
export function watchIncidents(now: () => number): IncidentWatch {
  const seen = new Map<string, WatchedIncident>();
  const entries: TimedEntry[] = [];
  let secretArn: string | undefined;
  return {
    record: (entry) => void entries.push({ ...entry, atMs: now() }),
    see: (observation, goal) => {
      secretArn = observation.secret.arn;
      for (const leak of openIn(observation, goal)) {
        const name = `${leak.target} ${leak.atMs}`;
        seen.set(name, follow(seen.get(name) ?? { ...leak, keys: [], unknownKeys: [] }, observation, now()));
      }
      // One whose label has come off in this run is over, and what it names is proven.
      for (const [name, incident] of seen) seen.set(name, follow(incident, observation, now()));
    },
    incidents: () => [...seen.values()],
    entries: () => entries,
    secretArn: () => secretArn,
  };
}

type Named = Pick<WatchedIncident, "target" | "atMs" | "deadlineMs">;

/** Leaks that are marked, and the one that could not be. */
function openIn({ secret, run }: Observation, goal: Goal): readonly Named[] {
  const marked = leaksOf(secret).map(({ target, atMs, deadlineMs }) => ({ target, atMs, deadlineMs }));
  if (goal.kind !== "leak-response" || run.failed[MARK] === undefined) return marked;
  const { target, atMs, deadlineMs } = goal;
  return [...marked, { target, atMs, deadlineMs }];
}

function follow(incident: WatchedIncident, observation: Observation, nowMs: number): WatchedIncident {
  const { secret } = observation;
  const named = secret.versions.filter((version) => {
    const isKnown = incident.keys.some(({ versionId }) => versionId === version.id);
    const mayWork = (isLive(version) || version.isCurrent) && version.content.kind !== "empty";
    return isKnown || (mayWork && taints(incident, version, secret));
  });
  const held = named.map((version) => followVersion(find(incident, version), version, observation, nowMs));
  const gone = incident.keys
    .filter(({ versionId }) => versionId !== undefined && !named.some(({ id }) => id === versionId))
    .map((key) => proven(key, nowMs)); // a version without any label was proven dead
  const current = currentOf(secret);
  const isReplaced = current !== undefined && isClean(current, secret) && keyOf(current) !== undefined;
  return {
    ...incident,
    keys: [...held, ...gone, ...followUnheld(incident, observation, nowMs)],
    unknownKeys: unknownIn(observation) ?? incident.unknownKeys,
    ...(isReplaced ? { replacement: aboutVersion(current) } : {}),
  };
}

function find({ keys }: WatchedIncident, { id }: Version): WatchedKey | undefined {
  return keys.find(({ versionId }) => versionId === id);
}

function followVersion(
  known: WatchedKey | undefined,
  version: Version,
  { run, probes }: Observation,
  nowMs: number,
): WatchedKey {
  const { keyId } = keyOf(version) ?? {};
  const was = version.isCurrent ? "current" : version.isPending ? "pending" : "retiring";
  const key: WatchedKey = known ?? {
    versionId: version.id,
    was,
    state: "alive",
    bornAtMs: bornAtMs(version),
  };
  const identified = keyId === undefined ? key : { ...key, keyId };
  if (!isLive(version) && !version.isCurrent) return proven(identified, nowMs);
  const isDead =
    (keyId !== undefined && run.revoked.includes(keyId)) || probes[version.id]?.kind === "rejected";
  return isDead ? revoked(identified, nowMs) : identified;
}

/** Keys that no version holds: they are known from lists alone. */
function followUnheld(
  incident: WatchedIncident,
  observation: Observation,
  nowMs: number,
): readonly WatchedKey[] {
  const { list, run } = observation;
  const known = incident.keys.filter(({ versionId }) => versionId === undefined);
  const listed = list?.kind === "listed" ? unheldBy(incident, list, observation) : [];
  const fresh = listed
    .filter(({ id }) => !known.some(({ keyId }) => keyId === id))
    .map(({ id, createdAtMs: born }): WatchedKey => {
      return { keyId: id, was: "unheld", state: "alive", ...(born === undefined ? {} : { bornAtMs: born }) };
    });
  return [...known, ...fresh].map((key) => {
    if (!run.revoked.includes(key.keyId ?? "")) return key;
    const isGone =
      list?.kind === "listed" && (list.times ?? 1) >= 2 && !listed.some(({ id }) => id === key.keyId);
    const dead = revoked(key, nowMs);
    return isGone && dead.state === "revoked" ? { ...dead, state: "listed-gone", provenAtMs: nowMs } : dead;
  });
}

function revoked(key: WatchedKey, nowMs: number): WatchedKey {
  return key.state === "alive" ? { ...key, state: "revoked", revokedAtMs: nowMs } : key;
}

function proven(key: WatchedKey, nowMs: number): WatchedKey {
  if (key.state === "proven") return key;
  const { revokedAtMs = nowMs } = key;
  return { ...key, state: "proven", revokedAtMs, provenAtMs: nowMs };
}

/** Where a key can make keys, one that nobody knows may be an attacker's; absent where the provider was not asked. */
function unknownIn(observation: Observation): WatchedIncident["unknownKeys"] | undefined {
  const { list, secret, run } = observation;
  if (list?.kind !== "listed") return undefined;
  const ours = new Set(orphansIn(list.keys, observation).map(({ id }) => id));
  return list.keys
    .filter(
      (key) => !isHeld(secret, key) && !key.isDisabled && !ours.has(key.id) && !run.revoked.includes(key.id),
    )
    .map(({ id, createdAtMs }) => ({ keyId: id, ...(createdAtMs === undefined ? {} : { createdAtMs }) }));
}

function aboutVersion(version: Version): NonNullable<WatchedIncident["replacement"]> {
  const { keyId } = keyOf(version) ?? {};
  return { versionId: version.id, ...(keyId === undefined ? {} : { keyId }) };
}
