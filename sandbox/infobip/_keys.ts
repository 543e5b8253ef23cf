import { randomBytes, randomUUID } from "node:crypto";
import type { TrueKey } from "../_journal.ts";

const DAY_MS = 86_400_000;
/** Where nothing else is asked. */
const VALID_DAYS = 365;

export interface Account {
  readonly id: string;
  /** Who may manage its keys, in both forms that the vendor takes. */
  readonly admin: { readonly username: string; readonly password: string };
  isSuspended: boolean;
  isAdminExpired: boolean;
}

/** A pair of a CPaaS X application and entity. */
export interface Platform {
  readonly key?: string;
  readonly applicationId: string;
  readonly entityId?: string;
  readonly action?: "FILL" | "FORCE";
}

/** What a key is made with. */
export interface KeySettings {
  readonly name: string;
  readonly allowedIPs?: readonly string[];
  readonly validFromMs?: number;
  readonly validToMs?: number;
  readonly permissions?: readonly string[];
  readonly platform?: readonly Platform[];
  readonly scopeGuids?: readonly string[];
}

export interface Key {
  readonly id: string;
  readonly value: string;
  readonly account: Account;
  readonly createdAtMs: number;
  name: string;
  allowedIPs: readonly string[];
  validFromMs: number;
  validToMs: number;
  permissions: readonly string[];
  platform: readonly Platform[];
  /** Absent: not limited by scopes. Empty: no endpoint at all. */
  scopeGuids: readonly string[] | undefined;
  enabled: boolean;
  endedAtMs?: number;
  lastUsedAtMs?: number;
}

/** The accounts, and every key ever made: none can be deleted. */
export class KeyTable {
  readonly accounts = new Map<string, Account>();
  readonly #byId = new Map<string, Key>();
  readonly #byValue = new Map<string, Key>();

  addAccount(): Account {
    const id = hexId();
    const admin = { username: `admin-${id.slice(0, 8)}`, password: randomBytes(12).toString("base64url") };
    const account: Account = { id, admin, isSuspended: false, isAdminExpired: false };
    this.accounts.set(id, account);
    return account;
  }

  make(account: Account, settings: KeySettings, nowMs: number): Key {
    const platform = (settings.platform ?? []).map((pair) => ({ key: hexId(), ...pair }));
    // Seconds: the vendor's examples have no fraction.
    const createdAtMs = Math.floor(nowMs / 1000) * 1000;
    const key: Key = {
      id: hexId(),
      value: `${randomBytes(16).toString("hex")}-${randomUUID()}`,
      account,
      createdAtMs: nowMs,
      name: settings.name,
      allowedIPs: settings.allowedIPs ?? [],
      validFromMs: settings.validFromMs ?? createdAtMs,
      validToMs: settings.validToMs ?? createdAtMs + VALID_DAYS * DAY_MS,
      permissions: permissionsOf(settings.permissions, platform),
      platform,
      scopeGuids: settings.scopeGuids,
      enabled: true,
    };
    this.#byId.set(key.id, key);
    this.#byValue.set(key.value, key);
    return key;
  }

  find(value: string): Key | undefined {
    return this.#byValue.get(value);
  }

  /** The account's key with this id: another account's is as unknown as none. */
  get(account: Account, id: string): Key | undefined {
    const key = this.#byId.get(id);
    return key?.account === account ? key : undefined;
  }

  /** In the order of their ids, as the vendor lists them where nothing else is asked. */
  list(account: Account): readonly Key[] {
    const keys = this.all().filter((key) => key.account === account);
    return keys.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }

  all(): readonly Key[] {
    return [...this.#byId.values()];
  }
}

/** A key with a platform has no permissions; any other has at least the default. */
export function permissionsOf(
  asked: readonly string[] | undefined,
  platform: readonly Platform[],
): readonly string[] {
  if (asked && asked.length > 0) return asked;
  return platform.length > 0 ? [] : ["PUBLIC_API"];
}

export function trueKey({ id, name, account, createdAtMs, endedAtMs, lastUsedAtMs }: Key): TrueKey {
  return {
    id,
    name,
    account: account.id,
    createdAtMs,
    ...(endedAtMs === undefined ? {} : { endedAtMs }),
    ...(lastUsedAtMs === undefined ? {} : { lastUsedAtMs }),
  };
}

function hexId(): string {
  return randomBytes(16).toString("hex").toUpperCase();
}
