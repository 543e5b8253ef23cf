import { createHash, randomBytes, randomUUID } from "node:crypto";
import type { TrueKey } from "../_journal.ts";

/** "Each Vonage account can have up to two API secrets at any time" (developer.vonage.com/account/secret-management). */
const MAX_SECRETS = 2;

export interface Account {
  /** The API key, in the vendor's words. */
  readonly id: string;
  isSuspended: boolean;
}

export interface Secret {
  readonly id: string;
  readonly account: Account;
  readonly hash: string;
  readonly createdAtMs: number;
  endedAtMs?: number;
}

/** The accounts and every secret ever registered. Values are hashed at once. */
export class SecretTable {
  readonly accounts = new Map<string, Account>();
  readonly #secrets: Secret[] = [];

  addAccount(): Account {
    const account: Account = { id: randomBytes(4).toString("hex"), isSuspended: false };
    this.accounts.set(account.id, account);
    return account;
  }

  /** @returns `undefined` where the account has as many as it may have */
  add(account: Account, value: string, nowMs: number): Secret | undefined {
    if (this.live(account).length >= MAX_SECRETS) return undefined;
    const secret: Secret = { id: randomUUID(), account, hash: hashOf(value), createdAtMs: nowMs };
    this.#secrets.push(secret);
    return secret;
  }

  /** The account's secret with this value: a live one before a dead one. */
  find(accountId: string, value: string): Secret | undefined {
    const hash = hashOf(value);
    const found = this.#secrets.filter((secret) => secret.account.id === accountId && secret.hash === hash);
    return found.find((secret) => secret.endedAtMs === undefined) ?? found.at(-1);
  }

  live(account: Account): readonly Secret[] {
    return this.#secrets.filter((secret) => secret.account === account && secret.endedAtMs === undefined);
  }

  all(): readonly Secret[] {
    return this.#secrets;
  }
}

/** By the vendor's rules: 8 to 25 characters, one lower case, one upper case, one digit (account.yml). */
export function isGoodSecret(value: unknown): value is string {
  if (typeof value !== "string" || value.length < 8 || value.length > 25) return false;
  return /[a-z]/.test(value) && /[A-Z]/.test(value) && /[0-9]/.test(value);
}

/** A secret as the dashboard would make one. */
export function newSecretValue(): string {
  return `Sb1${randomBytes(10).toString("hex")}`;
}

/** Secrets have no names. */
export function trueKey({ id, account, createdAtMs, endedAtMs }: Secret): TrueKey {
  const key = { id, name: "", account: account.id, createdAtMs };
  return endedAtMs === undefined ? key : { ...key, endedAtMs };
}

function hashOf(value: string): string {
  return createHash("sha256").update(value).digest("hex");
}
