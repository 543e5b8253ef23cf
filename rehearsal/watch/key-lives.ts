import type { TrueKey, TrueVersion, Truth } from "../../core/cutover/promises.ts";

/** What a key is to the secret, at one instant. */
export type Role =
  | "current"
  | "pending"
  | "retiring"
  | "condemned"
  | "revoked"
  | "dead"
  | "lost"
  | "stranger";

/** What happened to one key, and when: milliseconds since 1970. */
export interface KeyLife {
  readonly id: string;
  readonly createdAtMs: number;
  role: Role;
  promotedAtMs?: number;
  replacedAtMs?: number;
  /** The time in which another key was current, before this one was gone back to. */
  away?: { readonly fromMs: number; readonly toMs: number };
  condemnedAtMs?: number;
  /** The provider accepts it no more. */
  revokedAtMs?: number;
  /** That was proven, and the ledger has closed its account; where there is no ledger, the moment of its revoke. */
  deadAtMs?: number;
}

/** Writes the lives of all keys down, from one truth to the next. */
export class KeyLives {
  readonly #lives = new Map<string, KeyLife>();

  /** Oldest first. */
  get all(): readonly KeyLife[] {
    return [...this.#lives.values()];
  }

  get(id: string): KeyLife | undefined {
    return this.#lives.get(id);
  }

  observe({ keys, versions, atMs }: Truth): void {
    for (const key of keys) {
      const held = versions.filter(({ keyId }) => keyId === key.id);
      const life = this.#lives.get(key.id) ?? { id: key.id, createdAtMs: key.bornAtMs, role: "lost" };
      this.#lives.set(key.id, life);
      note(life, { key, held, atMs });
      life.role = roleOf(life, { key, held });
    }
  }
}

interface Seen {
  readonly key: TrueKey;
  readonly held: readonly TrueVersion[];
}

function note(life: KeyLife, { key, held, atMs }: Seen & { readonly atMs: number }): void {
  const isCurrent = held.some((version) => version.isCurrent);
  if (isCurrent) {
    life.promotedAtMs ??= atMs;
    if (life.replacedAtMs !== undefined) life.away = { fromMs: life.replacedAtMs, toMs: atMs };
    delete life.replacedAtMs; // it is back
  } else if (life.promotedAtMs !== undefined) life.replacedAtMs ??= atMs;
  const condemned = held.flatMap(({ labels }) => labels).find(({ kind }) => kind === "condemned");
  if (condemned && "atMs" in condemned) life.condemnedAtMs ??= condemned.atMs;
  if (key.works) return;
  life.revokedAtMs ??= atMs;
  if (!held.some(isNamed)) life.deadAtMs ??= atMs;
}

function roleOf(life: KeyLife, { key, held }: Seen): Role {
  if (life.deadAtMs !== undefined) return "dead";
  if (!key.works) return "revoked";
  if (held.some((version) => version.isCurrent)) return "current";
  if (held.some((version) => version.isPending)) return "pending";
  if (held.some(({ labels }) => labels.some(({ kind }) => kind === "condemned"))) return "condemned";
  if (held.some(isNamed)) return "retiring";
  return key.isOurs ? "lost" : "stranger";
}

function isNamed({ labels }: TrueVersion): boolean {
  return labels.some(({ kind }) => kind === "live");
}
