import { unheldBy } from "../cutover/forget-leaks.ts";
import { bornAtMs, currentOf, isClean, isLive, keyOf, labelsOf, taints } from "../cutover/ledger.ts";
import type { Observation, ProbeLook } from "../cutover/observation.ts";
import type { Version } from "../cutover/ports.ts";
import type { Shown } from "./watch-news.ts";
import { isSameKey, isSameMark, type WatchedIncident, type WatchedKey } from "./watched.ts";

/** The two probes of a control pair are at most this far apart (P4). */
const CONTROL_PAIR_MS = 60_000;

/** Follows the keys of one incident: those that versions hold, those whose versions are gone, and those that none holds. */
export function followKeys(incident: WatchedIncident, shown: Shown): readonly WatchedKey[] {
  const { secret } = shown.observation;
  const named = secret.versions.filter((version) => isNamed(incident, version, shown.observation));
  const held = named.map((version) => followVersion(incident, version, shown));
  const others = incident.keys.filter((key) => !held.some((any) => isSameKey(any, key)));
  const gone = others
    .filter(({ versionId }) => versionId !== undefined)
    .map((key) => (key.isOutside ? key : proven(key, shown.nowMs))); // one without any label was proven dead
  const known = others.filter(({ versionId }) => versionId === undefined);
  return [...held, ...gone, ...followUnheld(incident, { known, held: [...held, ...gone] }, shown)];
}

/**
 * Whether an incident is about the key of a version. Where every key is meant, one outside the ledger is named as soon as it
 * is seen to work, or by the leak's own label, which was put on the key that was current: others died long before.
 */
function isNamed(incident: WatchedIncident, version: Version, { secret, probes }: Observation): boolean {
  if (version.content.kind === "empty") return false;
  if (incident.keys.some(({ versionId }) => versionId === version.id)) return true;
  if (!taints(incident, version, secret)) return false;
  if (!isOutside(version) || incident.target !== "all") return true;
  return isCarrier(version, incident) || probes[version.id]?.kind === "accepted";
}

function isOutside(version: Version): boolean {
  return !isLive(version) && !version.isCurrent;
}

function isCarrier(version: Version, { marks }: WatchedIncident): boolean {
  return labelsOf(version, "leaked").some((label) => marks.some((mark) => isSameMark(mark, label)));
}

function followVersion(incident: WatchedIncident, version: Version, shown: Shown): WatchedKey {
  const key = withSight(incident, version, shown.observation);
  // What lived a moment ago and has no `live` any more was proven dead; what never was in the ledger has to be.
  if (isOutside(version) && key.isOutside !== true) return proven(key, shown.nowMs);
  const isFirstSight = !incident.keys.some((any) => isSameKey(any, key));
  const revoked = asRevoked(key, shown, isFirstSight);
  const probe = shown.observation.probes[version.id];
  if (probe?.kind === "accepted" && shown.isNew(probe)) return alive(revoked, probe.atMs);
  if (probe?.kind !== "rejected" || !hasControl(incident, probe, shown.observation)) return revoked;
  return key.isOutside ? proven(revoked, shown.nowMs) : dead(revoked, shown.nowMs);
}

/** What is known of a version's key, before its state is looked at. */
function withSight(incident: WatchedIncident, version: Version, observation: Observation): WatchedKey {
  const keyId = idOf(version, observation);
  const ids = { versionId: version.id, ...(keyId === undefined ? {} : { keyId }) };
  const { isOutside: wasOutside, ...known } = incident.keys.find((key) => isSameKey(key, ids)) ?? {
    state: "alive",
    bornAtMs: bornAtMs(version),
    was: "unheld",
    isOutside: isOutside(version),
  };
  const was = known.was === "unheld" ? placeOf(version, incident) : known.was;
  const isStillOutside = wasOutside === true && isOutside(version);
  return { ...known, ...ids, was, ...(isStillOutside ? { isOutside: true } : {}) };
}

/** What a version is, or was when the leak was marked, for its label went on the current one. */
function placeOf(version: Version, incident: WatchedIncident): WatchedKey["was"] {
  if (version.isCurrent) return "current";
  if (version.isPending) return "pending";
  return !isLive(version) && isCarrier(version, incident) ? "current" : "retiring";
}

/** The id that a version's key is revoked by: a list may know it where the version does not. */
function idOf(version: Version, { list }: Observation): string | undefined {
  const key = keyOf(version);
  if (key === undefined || key.keyId !== undefined || list?.kind !== "listed") return key?.keyId;
  return list.keys.find((any) => any.is(key.fields) === true)?.id;
}

/** P4: where the current key is rejected, too, it may be the account that is suspended, and nothing has died. */
function hasControl(
  incident: WatchedIncident,
  rejected: ProbeLook,
  { secret, probes }: Observation,
): boolean {
  const current = currentOf(secret);
  if (current === undefined || !isClean(current, secret) || taints(incident, current, secret)) return false;
  const control = probes[current.id];
  return control?.kind === "accepted" && Math.abs(control.atMs - rejected.atMs) <= CONTROL_PAIR_MS;
}

/** Keys that no version holds: they are known from lists alone, or because somebody has named them. */
function followUnheld(
  incident: WatchedIncident,
  { known, held }: { readonly known: readonly WatchedKey[]; readonly held: readonly WatchedKey[] },
  shown: Shown,
): readonly WatchedKey[] {
  const { observation, nowMs } = shown;
  const { list } = observation;
  const listed = list?.kind === "listed" ? unheldBy(incident, list, observation) : [];
  const fresh = listed.map(({ id, createdAtMs: born }): WatchedKey => {
    return { keyId: id, was: "unheld", state: "alive", ...(born === undefined ? {} : { bornAtMs: born }) };
  });
  const all = [...known, ...fresh, ...onlyNamed(incident, observation)];
  const agreed = agreedListIn(observation);
  return all
    .filter((key, at) => all.findIndex((any) => any.keyId === key.keyId) === at)
    .filter(({ keyId }) => !held.some((any) => any.keyId === keyId))
    .map((key) => {
      const ended = asRevoked(key, shown, !known.includes(key));
      const isGone = agreed !== undefined && !agreed.keyIds.includes(key.keyId ?? "");
      return isGone ? listedGone(ended, nowMs) : ended;
    });
}

/** How the short name of a version looks: a leak may be named by one, where its key has no id. */
const SHORT_NAME = /^[0-9a-f]{8}$/;

/** A key that somebody has named while nobody could be asked whether it is there: it may be. */
function onlyNamed({ target }: WatchedIncident, { secret, run }: Observation): readonly WatchedKey[] {
  const isHeld = secret.versions.some((version) => {
    return version.v8 === target || keyOf(version)?.keyId === target;
  });
  if (target === "all" || isHeld || SHORT_NAME.test(target) || !run.capabilities.list) return [];
  return [{ keyId: target, was: "unheld", state: "alive" }];
}

/** The keys that two whole lists in a row have shown; nothing where there were no two. */
export function agreedListIn({ list }: Observation): WatchedIncident["agreedList"] {
  if (list?.kind !== "listed" || !list.complete || (list.times ?? 1) < 2) return undefined;
  const enabled = list.keys.filter(({ isDisabled }) => !isDisabled);
  return { keyIds: enabled.map(({ id }) => id), atMs: list.atMs };
}

/** Revoked by this run; after a key was seen to work, only a later revocation counts. */
function asRevoked(key: WatchedKey, { revocations }: Shown, isFirstSight: boolean): WatchedKey {
  const revocation = revocations.get(key.keyId ?? "");
  return revocation && (revocation.isNew || isFirstSight) ? dead(key, revocation.atMs) : key;
}

function dead(key: WatchedKey, atMs: number): WatchedKey {
  return key.state === "alive" ? { ...key, state: "revoked", revokedAtMs: atMs } : key;
}

function alive({ revokedAtMs: _, provenAtMs: __, ...key }: WatchedKey, seenAliveAtMs: number): WatchedKey {
  return { ...key, state: "alive", seenAliveAtMs };
}

function listedGone(key: WatchedKey, nowMs: number): WatchedKey {
  if (key.state !== "alive" && key.state !== "revoked") return key;
  return { ...dead(key, nowMs), state: "listed-gone", provenAtMs: nowMs };
}

function proven(key: WatchedKey, nowMs: number): WatchedKey {
  if (key.state === "proven") return key;
  const { revokedAtMs = nowMs } = key;
  return { ...key, state: "proven", revokedAtMs, provenAtMs: nowMs };
}
