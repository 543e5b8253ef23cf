import type { IncidentKey } from "../../contract/incident-record.ts";
import { isSameKey, type WatchedIncident, type WatchedKey } from "./watched.ts";

/** How sure it is that a key is dead. */
const STATES: readonly IncidentKey["state"][] = ["alive", "revoked", "unproven", "listed-gone", "proven"];

/**
 * Brings together what a record says of an incident's keys and what a run has seen. What was seen once stays true, for a later
 * run begins without knowing that a key was revoked; but a key that worked after its end was written down is alive.
 */
export function mergeKeys(
  before: readonly IncidentKey[],
  { keys, agreedList }: Pick<WatchedIncident, "keys" | "agreedList">,
): IncidentKey[] {
  const known = before.map((key) => {
    const seen = keys.find((any) => isSameKey(any, key));
    return seen === undefined ? key : merge(key, seen);
  });
  const fresh = keys.filter((key) => !before.some((any) => isSameKey(any, key))).map(writeKey);
  return [...known, ...fresh].map((key) => endUnlisted(key, agreedList));
}

function merge(before: IncidentKey, seen: WatchedKey): IncidentKey {
  const now = writeKey(seen);
  const known = isBack(before, seen) ? now : before;
  const state = STATES.indexOf(now.state) > STATES.indexOf(known.state) ? now.state : known.state;
  const { revokedAt: _, provenAt: __, ...rest } = before;
  const bornAt = before.bornAt ?? now.bornAt;
  const revokedAt = earliest(known.revokedAt, now.revokedAt);
  const provenAt = earliest(known.provenAt, now.provenAt);
  return {
    ...rest,
    ...(now.keyId === undefined ? {} : { keyId: now.keyId }),
    ...(now.versionId === undefined ? {} : { versionId: before.versionId ?? now.versionId }),
    was: before.versionId === undefined ? now.was : before.was,
    state,
    ...(bornAt === undefined ? {} : { bornAt }),
    ...(revokedAt === undefined ? {} : { revokedAt }),
    ...(provenAt === undefined ? {} : { provenAt }),
  };
}

/** A revocation may be slow, or be undone: the provider has accepted the key since. */
function isBack({ revokedAt }: IncidentKey, { seenAliveAtMs }: WatchedKey): boolean {
  return seenAliveAtMs !== undefined && (revokedAt === undefined || seenAliveAtMs > Date.parse(revokedAt));
}

/** Whoever revoked it: a key whose value nobody has is gone when two whole lists do not show it. */
function endUnlisted(key: IncidentKey, agreed: WatchedIncident["agreedList"]): IncidentKey {
  const { versionId, keyId, state, revokedAt } = key;
  const isOpen = versionId === undefined && (state === "alive" || state === "revoked");
  if (!isOpen || keyId === undefined || agreed === undefined || agreed.keyIds.includes(keyId)) return key;
  const goneAt = iso(agreed.atMs);
  return { ...key, state: "listed-gone", revokedAt: revokedAt ?? goneAt, provenAt: goneAt };
}

function writeKey({
  keyId,
  versionId,
  was,
  state,
  bornAtMs,
  revokedAtMs,
  provenAtMs,
}: WatchedKey): IncidentKey {
  return {
    ...(keyId === undefined ? {} : { keyId }),
    ...(versionId === undefined ? {} : { versionId }),
    was,
    state,
    ...(bornAtMs === undefined ? {} : { bornAt: iso(bornAtMs) }),
    ...(revokedAtMs === undefined ? {} : { revokedAt: iso(revokedAtMs) }),
    ...(provenAtMs === undefined ? {} : { provenAt: iso(provenAtMs) }),
  };
}

function earliest(one: string | undefined, other: string | undefined): string | undefined {
  return [one, other].filter((time) => time !== undefined).toSorted()[0];
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
