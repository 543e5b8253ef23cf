import type { Label } from "../../contract/labels.ts";
import type { Policy } from "../../contract/policy.ts";
import { leakedAlive, leaksIn, type Named, namersOf } from "./named-keys.ts";

/** The promises, as functions that judge the truth of a world, which only a test or the rehearsal can see whole. */

/** One instant of a world: the versions of one secret, and all keys that ever were at its provider. */
export interface Truth {
  readonly atMs: number;
  /** When AWSCURRENT came to where it is; absent where nobody knows. */
  readonly currentSinceMs?: number;
  /** When the leak was marked that is open the longest; absent where nobody knows, or none is marked. */
  readonly markedAtMs?: number;
  readonly versions: readonly TrueVersion[];
  readonly keys: readonly TrueKey[];
}

export interface TrueVersion {
  readonly id: string;
  readonly isCurrent: boolean;
  readonly isPending: boolean;
  readonly labels: readonly Label[];
  /** The key that it holds; absent for an empty one. */
  readonly keyId?: string;
}

export interface TrueKey {
  readonly id: string;
  /** Whether the provider accepts it. */
  readonly works: boolean;
  readonly bornAtMs: number;
  /** Whether dualkey made it for this secret. */
  readonly isOurs: boolean;
  /** Whether its name at the provider says so: where keys have no names, nobody can tell. @default what `isOurs` says */
  readonly isMarked?: boolean;
  /** When a consumer last sent with it. */
  readonly lastSendAtMs?: number;
}

/** Two instants with one change between them. */
export interface Change {
  readonly before: Truth;
  readonly after: Truth;
}

export interface Terms {
  readonly policy: Pick<Policy, "minOverlapSeconds" | "quietForSeconds">;
  /** The policy allows an outage: the new key takes the old one's place at the provider before AWSCURRENT follows. */
  readonly isInPlace?: boolean;
  /** No probe is answered, or AWSCURRENT cannot be moved: what is past its deadline ends all the same. @default false */
  readonly isStuck?: boolean;
  /** How old what a look shows may be. @default 0 */
  readonly staleMs?: number;
  /** What operators have named, besides what labels say: their request, while its mark is not written yet. */
  readonly named?: readonly Named[];
  /** When the run began that made the change; absent where nobody knows: then it may have begun before any leak. */
  readonly runBeganAtMs?: number;
}

export interface KeptPromise {
  readonly id: "P1" | "P2" | "P3" | "P4" | "P5" | "P8";
  readonly says: string;
  /** The sentence that says what was broken, or nothing. */
  readonly brokenBy: (change: Change, terms: Terms) => string | undefined;
}

/** What must hold at every single change. P2 also wants an end: `orphansOf` is empty once a world has come to rest. */
export const PROMISES: readonly KeptPromise[] = [
  {
    id: "P1",
    says: "At every instant, the provider accepts the key under AWSCURRENT, and every key that may be promoted",
    brokenBy: (change, terms) => {
      const { before, after } = change;
      for (const version of after.versions) {
        const key = after.keys.find(({ id }) => id === version.keyId);
        if (key === undefined || key.works) continue;
        if (terms.isInPlace && isReplaced(version, after)) continue;
        const namers = namersOf(key, after, terms.named);
        if (namers.length > 0 && (!version.isCurrent || mayEndAsCurrent(key, change, { ...terms, namers })))
          continue;
        // In place, the key that is made for a leak ends the one that was to be next.
        if (terms.isInPlace && !version.isCurrent && isLeakOpen(after, terms)) continue;
        if (version.isCurrent) return `key ${key.id} is current and does not work`;
        // Where it was so before, this change did not do it: somebody revoked a pending key by hand.
        const earlier = before.versions.find(({ id }) => id === version.id);
        const wasDead = before.keys.some(({ id, works }) => id === key.id && !works);
        const wasSo = earlier !== undefined && isPromotable(earlier) && wasDead;
        if (isPromotable(version) && !wasSo)
          return `key ${key.id} is live and clean in the ledger, and does not work`;
      }
      return undefined;
    },
  },
  {
    id: "P2",
    says: "No key that works and that a version named is forgotten",
    brokenBy: ({ before, after }) => {
      const lost = after.keys.find(({ id, works }) => works && names(before, id) && !names(after, id));
      return lost && `key ${lost.id} works, and no version names it any more`;
    },
  },
  {
    id: "P3",
    says: "A retiring key is revoked after the minimum overlap, and when nobody has sent with it for the quiet time",
    brokenBy: ({ before, after }, { policy, isInPlace = false, named }) => {
      for (const key of died(before, after)) {
        if (namersOf(key, before, named).length > 0 || makesRoom(key, before, named)) continue;
        if (isInPlace && isLeakOpen(before, { named: named ?? [] })) continue; // as of P1
        if (isInPlace && before.versions.some((any) => any.keyId === key.id && isReplaced(any, after)))
          continue;
        const version = before.versions.find(({ keyId, labels }) => keyId === key.id && has(labels, "live"));
        if (version === undefined) continue;
        const replacedAt = Math.max(
          ...version.labels.map((label) => (label.kind === "replaced" ? label.atMs : -1)),
        );
        if (replacedAt < 0) return `key ${key.id} was revoked without ever being replaced`;
        if (after.atMs < replacedAt + policy.minOverlapSeconds * 1000)
          return `key ${key.id} was revoked in its overlap`;
        if ((key.lastSendAtMs ?? 0) > after.atMs - policy.quietForSeconds * 1000) {
          return `key ${key.id} was revoked while a consumer sent with it`;
        }
      }
      return undefined;
    },
  },
  {
    id: "P4",
    says: "A key is forgotten only when it is dead",
    brokenBy: ({ before, after }) => {
      const forgotten = before.versions.filter(({ id, labels }) => {
        return has(labels, "live") && !has(after.versions.find((any) => any.id === id)?.labels ?? [], "live");
      });
      for (const { keyId } of forgotten) {
        const works = after.keys.some(({ id, works }) => id === keyId && works);
        if (works && keyId !== undefined && !names(after, keyId))
          return `key ${keyId} was forgotten and works`;
      }
      return undefined;
    },
  },
  {
    id: "P5",
    says: "A leak is not forgotten while a key that it names works",
    brokenBy: ({ before, after }) => {
      const left = leaksIn(after);
      for (const leak of leaksIn(before)) {
        if (left.some(({ target, atMs }) => target === leak.target && atMs === leak.atMs)) continue;
        const [key] = leakedAlive(leak, before);
        if (key) return `key ${key.id} leaked and works, and the label that says so is off`;
      }
      return undefined;
    },
  },
  {
    id: "P8",
    says: "No key is revoked that nobody has named: no stranger's, and none that is under AWSCURRENT or AWSPENDING",
    brokenBy: ({ before, after }, { isInPlace = false, named }) => {
      for (const key of died(before, after)) {
        if (namersOf(key, before, named).length > 0) continue;
        if (isInPlace && isLeakOpen(before, { named: named ?? [] })) continue; // as of P1
        const holders = before.versions.filter(({ keyId }) => keyId === key.id);
        if (!key.isOurs && holders.length === 0) return `key ${key.id} is a stranger's and was revoked`;
        if (isInPlace && holders.some((any) => isReplaced(any, after))) continue;
        if (holders.some(({ isCurrent, isPending }) => isCurrent || isPending))
          return `key ${key.id} was revoked while it was in the rotation`;
      }
      return undefined;
    },
  },
];

/** P2 at rest: keys that dualkey made, that work, and that no version names. */
export function orphansOf(truth: Truth): readonly TrueKey[] {
  return truth.keys.filter(({ id, works, isOurs }) => works && isOurs && !names(truth, id));
}

/**
 * Whether a key that somebody has named may be current and dead: it was so before; AWSCURRENT came to it when it had been
 * named, by a move that was in flight (or whose run had read stale), and leaves it at the next look; it goes first, as it
 * was asked for; or its deadline has passed, and no other key could take its place.
 */
function mayEndAsCurrent(
  { id }: TrueKey,
  { before, after }: Change,
  {
    namers,
    isInPlace = false,
    runBeganAtMs = 0,
    staleMs = 0,
    isStuck = false,
  }: Omit<Terms, "policy"> & { readonly namers: readonly Named[] },
): boolean {
  const wasCurrent = before.versions.some(({ isCurrent, keyId }) => isCurrent && keyId === id);
  const wasDead = before.keys.some((key) => key.id === id && !key.works);
  if (wasDead) return wasCurrent || namers.some(({ atMs }) => runBeganAtMs <= atMs);
  const { currentSinceMs = Number.NEGATIVE_INFINITY } = after;
  const isAsked = namers.some(({ atMs, mode }) => {
    return mode === "revoke-first" || currentSinceMs > (after.markedAtMs ?? atMs) - staleMs;
  });
  if (isAsked || isInPlace) return true; // in place, logins fail, as was said in words
  const isOverdue = namers.some(({ deadlineMs }) => after.atMs >= deadlineMs);
  return isOverdue && (isStuck || !after.versions.some((version) => canFollow(version, after)));
}

function isLeakOpen(truth: Truth, { named = [] }: Pick<Terms, "named">): boolean {
  return named.length > 0 || leaksIn(truth).length > 0;
}

function canFollow(version: TrueVersion, truth: Truth): boolean {
  const key = truth.keys.find(({ id, works }) => works && id === version.keyId);
  return key !== undefined && isPromotable(version) && namersOf(key, truth).length === 0;
}

/** While the current key is leaked, one that is condemned or rejected makes room for the next. */
function makesRoom({ id }: TrueKey, truth: Truth, named?: readonly Named[]): boolean {
  const isCurrentNamed = truth.versions.some(({ isCurrent, keyId }) => {
    return isCurrent && keyId !== undefined && namersOf({ id: keyId }, truth, named).length > 0;
  });
  return isCurrentNamed && truth.versions.some((any) => any.keyId === id && isGivenUp(any));
}

/** In place: the current key has failed, and a version that may follow it holds the one that works. */
function isReplaced(version: TrueVersion, { versions, keys }: Truth): boolean {
  if (!version.isCurrent) return false;
  return versions.some((any) => {
    const works = keys.some(({ id, works }) => works && id === any.keyId);
    return any.id !== version.id && works && isPromotable(any);
  });
}

function isPromotable(version: TrueVersion): boolean {
  return has(version.labels, "live") && !isGivenUp(version);
}

function isGivenUp({ labels }: TrueVersion): boolean {
  return has(labels, "condemned") || has(labels, "rejected");
}

function names(truth: Truth, keyId: string): boolean {
  return truth.versions.some((version) => version.keyId === keyId && has(version.labels, "live"));
}

function died(before: Truth, after: Truth): readonly TrueKey[] {
  return after.keys.filter(
    ({ id, works }) => !works && before.keys.some((any) => any.id === id && any.works),
  );
}

function has(labels: readonly Label[], kind: Label["kind"]): boolean {
  return labels.some((label) => label.kind === kind);
}
