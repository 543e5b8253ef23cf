import { randomBytes, randomInt } from "node:crypto";
import type { TrueKey } from "../_journal.ts";

/** "AccessKeysPerUser": it cannot be raised. */
export const KEYS_PER_USER = 2;

export interface Account {
  /** Twelve digits. */
  readonly id: string;
  /** The credential of a role that may do all of IAM, as the function's. */
  readonly role: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly users: Set<string>;
  isSuspended: boolean;
}

export interface Use {
  readonly atMs: number;
  readonly service: string;
  readonly region: string;
}

export interface Key {
  readonly id: string;
  readonly secret: string;
  readonly account: Account;
  readonly userName: string;
  readonly createdAtMs: number;
  status: "Active" | "Inactive";
  isDeleted: boolean;
  endedAtMs?: number;
  lastUse?: Use;
}

/** The accounts, their users, and every access key ever made. */
export class KeyTable {
  readonly accounts = new Map<string, Account>();
  /** Of several uses in this time, only the first is recorded. */
  lastUsedResolutionMs = 15 * 60_000;
  readonly #keys = new Map<string, Key>();

  addAccount(userNames: readonly string[]): Account {
    const id = String(randomInt(1e11, 1e12 / 4));
    const role = { accessKeyId: accessKeyId("ASIA"), secretAccessKey: secretAccessKey() };
    const account: Account = { id, role, users: new Set(userNames), isSuspended: false };
    this.accounts.set(id, account);
    return account;
  }

  make(account: Account, userName: string, nowMs: number): Key {
    const key: Key = {
      id: accessKeyId("AKIA"),
      secret: secretAccessKey(),
      account,
      userName,
      createdAtMs: nowMs,
      status: "Active",
      isDeleted: false,
    };
    this.#keys.set(key.id, key);
    return key;
  }

  /** Dead or alive. */
  find(id: string): Key | undefined {
    return this.#keys.get(id);
  }

  /** The user's keys that are not deleted, inactive ones too. */
  list(account: Account, userName: string): readonly Key[] {
    return this.all().filter((key) => {
      return key.account === account && key.userName === userName && !key.isDeleted;
    });
  }

  roleWith(id: string): Account | undefined {
    return [...this.accounts.values()].find(({ role }) => role.accessKeyId === id);
  }

  touch(key: Key, use: Use): void {
    const last = key.lastUse?.atMs ?? Number.NEGATIVE_INFINITY;
    if (use.atMs - last >= this.lastUsedResolutionMs) key.lastUse = use;
  }

  setStatus(key: Key, status: Key["status"], nowMs: number): void {
    if (key.status === status) return;
    key.status = status;
    if (status === "Active") delete key.endedAtMs;
    else key.endedAtMs = nowMs;
  }

  delete(key: Key, nowMs: number): void {
    key.isDeleted = true;
    key.endedAtMs ??= nowMs;
  }

  all(): readonly Key[] {
    return [...this.#keys.values()];
  }
}

export function trueKey({ id, account, createdAtMs, endedAtMs, lastUse }: Key): TrueKey {
  return {
    id,
    name: "",
    account: account.id,
    createdAtMs,
    ...(endedAtMs === undefined ? {} : { endedAtMs }),
    ...(lastUse === undefined ? {} : { lastUsedAtMs: lastUse.atMs }),
  };
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

function accessKeyId(prefix: string): string {
  return prefix + [...randomBytes(16)].map((byte) => ALPHABET[byte % 32]).join("");
}

function secretAccessKey(): string {
  return randomBytes(30).toString("base64");
}
