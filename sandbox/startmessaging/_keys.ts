import { createHash, randomBytes, randomUUID } from "node:crypto";
import type { TrueKey } from "../_journal.ts";

/** The vendor shows at most this many keys, and has no paging (its server, `findAllByUser`). */
const LIST_CAP = 100;

export interface Account {
  readonly id: string;
  /** Whether the vendor has checked who the customer is; without it most routes answer 403. */
  readonly kycApproved: boolean;
  isSuspended: boolean;
  balance: number;
}

export interface Key {
  readonly id: string;
  readonly account: Account;
  readonly hash: string;
  readonly prefix: string;
  readonly label: string;
  readonly createdAtMs: number;
  allowedIps: readonly string[] | null;
  updatedAtMs: number;
  lastUsedAtMs?: number;
  endedAtMs?: number;
}

/** How long the vendor's edges take to learn of a change, in milliseconds; adjustable at any time. */
export interface Propagation {
  newKeyMs: number;
  revocationMs: number;
}

/** The accounts and every key ever made: deletion is soft, as at the vendor. Values are hashed at once. */
export class KeyTable {
  readonly accounts = new Map<string, Account>();
  readonly propagation: Propagation = { newKeyMs: 0, revocationMs: 0 };
  /** How coarse last-used is, in milliseconds. */
  lastUsedResolutionMs: number;
  readonly #byId = new Map<string, Key>();
  readonly #byHash = new Map<string, Key>();

  constructor(lastUsedResolutionMs: number) {
    this.lastUsedResolutionMs = lastUsedResolutionMs;
  }

  addAccount(options: { kycApproved: boolean; balance: number }): Account {
    const account: Account = { id: randomUUID(), isSuspended: false, ...options };
    this.accounts.set(account.id, account);
    return account;
  }

  make(
    account: Account,
    { label, allowedIps, nowMs }: { label: string; allowedIps: readonly string[] | null; nowMs: number },
  ): { key: Key; value: string } {
    const value = `sk_live_${randomBytes(20).toString("hex")}`;
    const key: Key = {
      id: randomUUID(),
      account,
      hash: hashOf(value),
      prefix: value.slice(0, 12),
      label,
      allowedIps: normalized(allowedIps),
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
    };
    this.#byId.set(key.id, key);
    this.#byHash.set(key.hash, key);
    return { key, value };
  }

  /** The key with this value, dead or alive. */
  find(value: string): Key | undefined {
    return this.#byHash.get(hashOf(value));
  }

  /** Whether requests with this key pass now: the propagation of a change may still be under way. */
  isKnown(key: Key, nowMs: number): boolean {
    if (nowMs < key.createdAtMs + this.propagation.newKeyMs) return false;
    return key.endedAtMs === undefined || nowMs < key.endedAtMs + this.propagation.revocationMs;
  }

  /** The vendor writes last-used at most once per resolution, on any authenticated request. */
  touch(key: Key, nowMs: number): void {
    if (nowMs - (key.lastUsedAtMs ?? Number.NEGATIVE_INFINITY) >= this.lastUsedResolutionMs)
      key.lastUsedAtMs = nowMs;
  }

  list(account: Account): readonly Key[] {
    const live = [...this.#byId.values()].filter(
      (key) => key.account === account && key.endedAtMs === undefined,
    );
    return live.reverse().slice(0, LIST_CAP);
  }

  /** The account's live key with this id: another account's is as unknown as none. */
  live(account: Account, id: string): Key | undefined {
    const key = this.#byId.get(id);
    return key?.account === account && key.endedAtMs === undefined ? key : undefined;
  }

  setAllowedIps(key: Key, allowedIps: readonly string[] | null, nowMs: number): void {
    key.allowedIps = normalized(allowedIps);
    key.updatedAtMs = nowMs;
  }

  all(): readonly Key[] {
    return [...this.#byId.values()];
  }
}

function hashOf(value: string): string {
  return createHash("sha256").update(value).digest("hex");
}

/** The vendor keeps an empty list as none: it allows every address. */
function normalized(allowedIps: readonly string[] | null): readonly string[] | null {
  return allowedIps && allowedIps.length > 0 ? allowedIps : null;
}

export function trueKey({ id, label, account, createdAtMs, endedAtMs, lastUsedAtMs }: Key): TrueKey {
  return {
    id,
    name: label,
    account: account.id,
    createdAtMs,
    ...(endedAtMs === undefined ? {} : { endedAtMs }),
    ...(lastUsedAtMs === undefined ? {} : { lastUsedAtMs }),
  };
}
