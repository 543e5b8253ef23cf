import type { Fields, Login } from "../vendor.ts";

/** When a service began to use a version of the secret. */
export interface Move {
  readonly atMs: number;
  readonly versionId: string;
}

/** One instance of a service that sends login codes. */
export interface Instance {
  readonly name: string;
  /** How it comes to a new key, for readers. */
  readonly how: string;
  readonly moves: readonly Move[];
  /** When it was stopped; undefined while it runs. */
  readonly endedAtMs?: number | undefined;
  /** Logs somebody in: the code must be on its way, or the login has failed. Never rejects. */
  login(phoneNumber: string): Promise<Login>;
}

/** What receives logins: an instance, or several of which one is chosen. */
export interface Service {
  readonly instances: readonly Instance[];
  login(phoneNumber: string): Promise<Login>;
  /** Writes what it has counted, for CloudWatch. @default it reports nothing */
  readonly report?: () => void;
  /** Logins in which a key was refused and a second try with another one was accepted. @default none is tried twice */
  readonly saved?: number;
}

/** Sends a code with a key, in the vendor's own way. */
export type SendCode = (fields: Fields, phoneNumber: string) => Promise<Login>;

/** What a login has come to that ended in an error. */
export function failedBy(error: unknown): Login {
  return { ok: false, because: error instanceof Error ? error.name : "unknown" };
}

/** Writes a move down where it is one. */
export function noteMove(moves: Move[], versionId: string): void {
  if (moves.at(-1)?.versionId !== versionId) moves.push({ atMs: Date.now(), versionId });
}
