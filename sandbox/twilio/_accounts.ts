import { createHash, randomBytes } from "node:crypto";
import type { TrueKey } from "../_journal.ts";

export interface Account {
  readonly id: string;
  /** Whether the vendor's IAM API (`/v1/Keys`) is there for this account. */
  offersIamV1: boolean;
  isSuspended: boolean;
}

/** What a restricted key may do: `{ allow: ["/twilio/messaging/messages/read"] }`. */
export interface KeyPolicy {
  readonly allow: readonly string[];
}

/** `main` keys reach everything, and are made in the console alone; the others reach neither accounts nor keys. */
export type KeyType = "main" | "standard" | "restricted";

interface Credential {
  readonly id: string;
  readonly account: Account;
  readonly hash: string;
  readonly createdAtMs: number;
  endedAtMs?: number;
}

export interface Key extends Credential {
  readonly kind: "key";
  readonly name: string;
  readonly type: KeyType;
  /** Of a restricted key. */
  readonly policy: KeyPolicy | null;
}

export interface Token extends Credential {
  readonly kind: "token";
  /** The vendor shows it again when it is promoted. */
  readonly value: string;
  role: "primary" | "secondary";
}

/** The accounts, their auth tokens, and every API key ever made. The values of keys are hashed at once. */
export class AccountTable {
  readonly accounts = new Map<string, Account>();
  readonly #keys = new Map<string, Key>();
  readonly #tokens: Token[] = [];
  /** Keys and tokens, in the order in which they were made. */
  readonly #all: (Key | Token)[] = [];

  addAccount(offersIamV1: boolean): Account {
    const account: Account = { id: sid("AC"), offersIamV1, isSuspended: false };
    this.accounts.set(account.id, account);
    return account;
  }

  addKey(
    account: Account,
    options: Pick<Key, "name" | "type" | "policy">,
    nowMs: number,
  ): { key: Key; value: string } {
    const value = randomBytes(16).toString("hex");
    const { name, type, policy } = options;
    const made = { id: sid("SK"), account, hash: hashOf(value), createdAtMs: nowMs };
    const key: Key = { kind: "key", ...made, name, type, policy };
    this.#keys.set(key.id, key);
    this.#all.push(key);
    return { key, value };
  }

  addToken(account: Account, role: Token["role"], nowMs: number): { token: Token; value: string } {
    const value = randomBytes(16).toString("hex");
    const count = this.#tokens.filter((token) => token.account === account).length;
    const made = { id: `${account.id}/token-${count + 1}`, account, hash: hashOf(value), createdAtMs: nowMs };
    const token: Token = { kind: "token", ...made, value, role };
    this.#tokens.push(token);
    this.#all.push(token);
    return { token, value };
  }

  /** The key or token with these Basic credentials, dead or alive. */
  find({ user, password }: { readonly user: string; readonly password: string }): Key | Token | undefined {
    const hash = hashOf(password);
    const key = this.#keys.get(user);
    if (key) return key.hash === hash ? key : undefined;
    return this.#tokens.find((token) => token.account.id === user && token.hash === hash);
  }

  /** The account's live key with this id: another account's is as unknown as none. */
  liveKey(account: Account, id: string): Key | undefined {
    const key = this.#keys.get(id);
    return key?.account === account && key.endedAtMs === undefined ? key : undefined;
  }

  /** Newest first. Unconfirmed: whether main keys, which the API cannot make, are listed. */
  liveKeys(account: Account): readonly Key[] {
    const isLive = (key: Key) => key.account === account && key.endedAtMs === undefined;
    return [...this.#keys.values()].filter(isLive).reverse();
  }

  liveToken(account: Account, role: Token["role"]): Token | undefined {
    return this.#tokens.find(
      (token) => token.account === account && token.role === role && token.endedAtMs === undefined,
    );
  }

  all(): readonly (Key | Token)[] {
    return this.#all;
  }
}

/** A SID as the vendor makes them: two letters and 32 hexadecimal digits. */
export function sid(prefix: "AC" | "SK" | "SM"): string {
  return prefix + randomBytes(16).toString("hex");
}

export function trueKey(credential: Key | Token): TrueKey {
  const { id, account, createdAtMs, endedAtMs } = credential;
  return {
    id,
    name: credential.kind === "key" ? credential.name : "",
    account: account.id,
    createdAtMs,
    ...(endedAtMs === undefined ? {} : { endedAtMs }),
  };
}

function hashOf(value: string): string {
  return createHash("sha256").update(value).digest("hex");
}
