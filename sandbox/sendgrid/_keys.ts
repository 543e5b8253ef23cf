import { createHash, randomBytes, randomInt } from "node:crypto";
import type { TrueKey } from "../_journal.ts";

/** "If the number of maximum keys, 100, is reached, a 403 status will be returned" (tsg_api_keys_v3.json). */
export const MAX_KEYS = 100;

/** What full access means here: what the sandbox's routes ask for, and a few more of the vendor's list. */
export const FULL_ACCESS: readonly string[] = [
  "alerts.create",
  "alerts.read",
  "api_keys.create",
  "api_keys.delete",
  "api_keys.read",
  "api_keys.update",
  "mail.batch.create",
  "mail.batch.read",
  "mail.send",
  "templates.read",
  "user.profile.read",
  "user.username.read",
];

/** The vendor puts these on every key by itself, whatever was asked for. */
const MARKERS = ["2fa_required", "sender_verification_eligible"];

export interface Account {
  /** The number of the account's user. */
  readonly id: string;
  readonly username: string;
  isSuspended: boolean;
}

export interface Key {
  readonly id: string;
  readonly account: Account;
  readonly hash: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly createdAtMs: number;
  endedAtMs?: number;
}

/** The accounts and every key ever made. Values are hashed at once. */
export class KeyTable {
  readonly accounts = new Map<string, Account>();
  readonly #byId = new Map<string, Key>();
  readonly #byHash = new Map<string, Key>();

  addAccount(): Account {
    let id = String(randomInt(1_000_000, 100_000_000));
    while (this.accounts.has(id)) id = String(randomInt(1_000_000, 100_000_000));
    const account: Account = { id, username: `user${id}`, isSuspended: false };
    this.accounts.set(account.id, account);
    return account;
  }

  /** @returns `undefined` where the account has as many as it may have */
  make(
    account: Account,
    { name, scopes, nowMs }: { name: string; scopes: readonly string[]; nowMs: number },
  ): { key: Key; value: string } | undefined {
    if (this.live(account).length >= MAX_KEYS) return undefined;
    const id = randomBytes(16).toString("base64url");
    // 69 characters in all, as the vendor's are.
    const value = `SG.${id}.${randomBytes(32).toString("base64url")}`;
    const granted = scopes.length === 0 ? [] : [...new Set([...scopes, ...MARKERS])];
    const key: Key = { id, account, hash: hashOf(value), name, scopes: granted, createdAtMs: nowMs };
    this.#byId.set(key.id, key);
    this.#byHash.set(key.hash, key);
    return { key, value };
  }

  /** The key with this value, dead or alive. */
  find(value: string): Key | undefined {
    return this.#byHash.get(hashOf(value));
  }

  live(account: Account): readonly Key[] {
    return this.all().filter((key) => key.account === account && key.endedAtMs === undefined);
  }

  /** The account's live key with this id: another account's is as unknown as none. */
  one(account: Account, id: string): Key | undefined {
    const key = this.#byId.get(id);
    return key?.account === account && key.endedAtMs === undefined ? key : undefined;
  }

  all(): readonly Key[] {
    return [...this.#byId.values()];
  }
}

export function trueKey({ id, name, account, createdAtMs, endedAtMs }: Key): TrueKey {
  const key = { id, name, account: account.id, createdAtMs };
  return endedAtMs === undefined ? key : { ...key, endedAtMs };
}

function hashOf(value: string): string {
  return createHash("sha256").update(value).digest("hex");
}
