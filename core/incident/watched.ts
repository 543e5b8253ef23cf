import type { IncidentKeyState } from "../../contract/incident-record.ts";

/** A label of a leak: whoever asks writes one of their own, unless they have seen one of the same keys. */
export interface LeakMark {
  readonly target: string;
  readonly atMs: number;
}

/** What a run has seen of one leak: nothing of it is a key. */
export interface WatchedIncident extends LeakMark {
  readonly deadlineMs: number;
  /** Its labels, the oldest first: several, where people asked at the same time. */
  readonly marks: readonly LeakMark[];
  readonly keys: readonly WatchedKey[];
  /** Keys of the account that no version holds and nobody has named; absent where the provider was not asked. */
  readonly unknownKeys?: readonly { readonly keyId: string; readonly createdAtMs?: number }[];
  /** The keys that two whole lists in a row have shown; absent where there were none. */
  readonly agreedList?: { readonly keyIds: readonly string[]; readonly atMs: number };
  /** The clean key that is current. */
  readonly replacement?: { readonly versionId: string; readonly keyId?: string };
}

/** One leaked key, as a run has seen it. */
export interface WatchedKey {
  readonly keyId?: string;
  readonly versionId?: string;
  readonly was: "current" | "pending" | "retiring" | "unheld";
  readonly state: IncidentKeyState;
  readonly bornAtMs?: number;
  /** When this run heard that it is revoked, or saw that it is dead. */
  readonly revokedAtMs?: number;
  readonly provenAtMs?: number;
  /** When the provider last accepted it: whatever was known of its end before is not so. */
  readonly seenAliveAtMs?: number;
  /** No label said that it lives when this run first saw it: it died before, or never was in the ledger. @default false */
  readonly isOutside?: boolean;
}

export function isSameMark(one: LeakMark, other: LeakMark): boolean {
  return one.target === other.target && one.atMs === other.atMs;
}

interface Named {
  readonly keyId?: string | undefined;
  readonly versionId?: string | undefined;
}

/** The same version's, or of one id where no version of the one is known: a key is listed before a version holds it. */
export function isSameKey(one: Named, other: Named): boolean {
  if (one.versionId !== undefined && other.versionId !== undefined) return one.versionId === other.versionId;
  return one.keyId !== undefined && one.keyId === other.keyId;
}
