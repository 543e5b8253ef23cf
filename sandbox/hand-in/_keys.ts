import { randomBytes } from "node:crypto";
import type { TrueKey } from "../_journal.ts";

export interface Account {
  readonly id: string;
  isSuspended: boolean;
}

/** A key as a person made it in the console. */
export interface Key {
  readonly id: string;
  readonly account: Account;
  readonly fields: Readonly<Record<string, string>>;
  readonly createdAtMs: number;
  /** When it ends by itself, where the person has said so. */
  readonly expiresAtMs?: number;
  endedAtMs?: number;
}

/** Every account and key of the vendor, kept by the field that a request names its key with. */
export class KeyTable {
  readonly accounts = new Map<string, Account>();
  readonly #keys = new Map<string, Key>();

  addAccount(id: string): Account {
    if (this.accounts.has(id)) throw new Error(`sandbox: there is an account ${id} already. Take another id`);
    const account = { id, isSuspended: false };
    this.accounts.set(id, account);
    return account;
  }

  accountOf({ id }: { readonly id: string }): Account {
    const account = this.accounts.get(id);
    if (!account) throw new Error(`sandbox: there is no account ${id}. Make one with createAccount()`);
    return account;
  }

  add(handle: string, key: Key): void {
    this.#keys.set(handle, key);
  }

  find(handle: string | undefined): Key | undefined {
    return handle === undefined ? undefined : this.#keys.get(handle);
  }

  byId(id: string): Key {
    const key = this.all().find((each) => each.id === id);
    if (!key) throw new Error(`sandbox: there is no key ${id}. Make one with createKey()`);
    return key;
  }

  all(): Key[] {
    return [...this.#keys.values()];
  }
}

/** The console shows no names that the API could tell, so a key has none here. */
export function trueKey({ id, account, createdAtMs, endedAtMs }: Key): TrueKey {
  const key = { id, name: "", account: account.id, createdAtMs };
  return endedAtMs === undefined ? key : { ...key, endedAtMs };
}

/** Random text of letters and digits, of any length. */
export function randomText(length: number): string {
  return randomBytes(length).toString("hex").slice(0, length);
}

/** Random bytes as OptStuff writes them. */
export function randomBase64url(bytes: number): string {
  return randomBytes(bytes).toString("base64url");
}
