import { unheldBy } from "../cutover/forget-leaks.ts";
import { currentOf, isClean, isHeld, keyBornAtMs, keyOf, leaksOf, taints } from "../cutover/ledger.ts";
import { type Goal, type LeakGoal, MARK, type Observation } from "../cutover/observation.ts";
import type { SecretView, Version } from "../cutover/ports.ts";
import { orphansIn } from "../cutover/strays.ts";
import type { Journal, JournalEntry } from "../run.ts";
import { agreedListIn, followKeys } from "./watch-keys.ts";
import { watchNews } from "./watch-news.ts";
import { isSameMark, type LeakMark, type WatchedIncident } from "./watched.ts";

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
  /** What a leak response goes by: the key that it was asked for by its hash has its id, and its times are the joined incident's. */
  goal(): LeakGoal | undefined;
}

/** Makes a watch for one run. @param now milliseconds since the epoch */
export function watchIncidents(now: () => number): IncidentWatch {
  let seen: readonly WatchedIncident[] = [];
  const entries: TimedEntry[] = [];
  const news = watchNews(now);
  let secretArn: string | undefined;
  let leak: LeakGoal | undefined;
  return {
    record: (entry) => {
      entries.push({ ...entry, atMs: now() });
      news.record(entry);
    },
    see: (observation, goal) => {
      secretArn = observation.secret.arn;
      if (goal.kind === "leak-response") leak = goal;
      for (const mark of marksIn(observation, goal)) seen = withMark(seen, mark, observation);
      const shown = news.see(observation);
      // One whose label has come off in this run is over, and what it names is proven.
      seen = seen.map((incident) => ({
        ...incident,
        ...aboutKeys(incident, observation),
        keys: followKeys(incident, shown),
      }));
    },
    incidents: () => seen,
    entries: () => entries,
    secretArn: () => secretArn,
    goal: () => leak,
  };
}

type Marked = LeakMark & Pick<WatchedIncident, "deadlineMs">;

/** Leaks that are marked, and the one that could not be; the oldest first. */
function marksIn({ secret, run }: Observation, goal: Goal): readonly Marked[] {
  const marked = leaksOf(secret).map(({ target, atMs, deadlineMs }) => ({ target, atMs, deadlineMs }));
  if (goal.kind === "leak-response" && run.failed[MARK] !== undefined) {
    marked.push({ target: goal.target, atMs: goal.atMs, deadlineMs: goal.deadlineMs });
  }
  return marked.toSorted((one, other) => one.atMs - other.atMs);
}

/** Adds a label to the incident that it is part of, or as an incident of its own. */
function withMark(
  seen: readonly WatchedIncident[],
  { target, atMs, deadlineMs }: Marked,
  observation: Observation,
): readonly WatchedIncident[] {
  const mark = { target, atMs };
  if (seen.some(({ marks }) => marks.some((any) => isSameMark(any, mark)))) return seen;
  const joined = seen.find((incident) => isPartOf(mark, incident, observation));
  if (joined === undefined) return [...seen, { ...mark, deadlineMs, marks: [mark], keys: [] }];
  const marks = [...joined.marks, mark].toSorted((one, other) => one.atMs - other.atMs);
  // Another's label may be shown later than this run's own, and be older.
  const first = atMs < joined.atMs && target === joined.target ? { atMs, deadlineMs } : {};
  return seen.map((incident) => (incident === joined ? { ...joined, ...first, marks } : incident));
}

/**
 * Two people may ask at once, each before the other's label is there: of the same keys, it is one incident. Of every key, it
 * is another one where a key was born in between: the replacement has leaked, too.
 */
function isPartOf(mark: LeakMark, incident: WatchedIncident, observation: Observation): boolean {
  const { secret } = observation;
  if (mark.target === incident.target) {
    if (mark.target !== "all") return true;
    const [from, to] = [mark.atMs, incident.atMs].toSorted((one, other) => one - other) as [number, number];
    return !secret.versions.some((version) => isBornBetween(version, secret, { from, to }));
  }
  if (incident.target !== "all" || mark.target === "all" || incident.atMs > mark.atMs) return false;
  const { list } = observation;
  const isHeldByBoth = secret.versions.some((version) => {
    return taints(mark, version, secret) && taints(incident, version, secret);
  });
  const unheld = list?.kind === "listed" ? unheldBy(incident, list, observation) : [];
  return isHeldByBoth || [...unheld, ...incident.keys.map(({ keyId: id }) => ({ id }))].some(isTarget(mark));
}

function isTarget({ target }: LeakMark): (key: { readonly id?: string | undefined }) => boolean {
  return ({ id }) => id === target;
}

function isBornBetween(
  version: Version,
  secret: SecretView,
  { from, to }: { readonly from: number; readonly to: number },
): boolean {
  const bornAtMs = keyBornAtMs(secret, version);
  return keyOf(version) !== undefined && bornAtMs >= from && bornAtMs < to;
}

/** What else an observation says of an incident; what it was not asked for stays as it was known. */
function aboutKeys(
  incident: WatchedIncident,
  observation: Observation,
): Pick<WatchedIncident, "unknownKeys" | "agreedList" | "replacement"> {
  const { secret } = observation;
  const unknownKeys = unknownIn(incident, observation);
  const agreedList = agreedListIn(observation);
  const current = currentOf(secret);
  const isReplaced =
    current !== undefined &&
    keyOf(current) !== undefined &&
    isClean(current, secret) &&
    !taints(incident, current, secret);
  return {
    ...(unknownKeys === undefined ? {} : { unknownKeys }),
    ...(agreedList === undefined ? {} : { agreedList }),
    ...(isReplaced ? { replacement: aboutVersion(current) } : {}),
  };
}

/** Where a key can make keys, one that nobody knows may be an attacker's; one that a leak names is known. */
function unknownIn(incident: WatchedIncident, observation: Observation): WatchedIncident["unknownKeys"] {
  const { list, secret, run } = observation;
  if (list?.kind !== "listed") return undefined;
  const named = [incident, ...leaksOf(secret)].flatMap((leak) => unheldBy(leak, list, observation));
  const known = new Set([...named, ...orphansIn(list.keys, observation)].map(({ id }) => id));
  return list.keys
    .filter((key) => !isHeld(secret, key) && !key.isDisabled)
    .filter(({ id }) => !known.has(id) && !run.revoked.includes(id))
    .map(({ id, createdAtMs }) => ({ keyId: id, ...(createdAtMs === undefined ? {} : { createdAtMs }) }));
}

function aboutVersion(version: Version): NonNullable<WatchedIncident["replacement"]> {
  const { keyId } = keyOf(version) ?? {};
  return { versionId: version.id, ...(keyId === undefined ? {} : { keyId }) };
}
