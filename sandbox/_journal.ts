/** One thing that happened at a fake vendor. It names keys by id and never holds a value, a phone number or a code. */
export interface SandboxEvent {
  readonly atMs: number;
  readonly kind: "key-made" | "key-ended" | "send-accepted" | "send-rejected" | "request-rejected";
  /** The key that was made or ended, or that came with the request; absent where no such key was ever made. */
  readonly keyId?: string;
  /** Of a rejection: the HTTP status. */
  readonly status?: number;
  /** Of a rejection: the vendor's message. */
  readonly because?: string;
}

/** A key as it really is, whatever the API shows. */
export interface TrueKey {
  readonly id: string;
  /** The name that it was made with; empty where the vendor keeps none. */
  readonly name: string;
  readonly account: string;
  readonly createdAtMs: number;
  /** When it was deleted, disabled or replaced; absent while it works. */
  readonly endedAtMs?: number;
  readonly lastUsedAtMs?: number;
}

/** What one key was used for. */
export interface KeyTally {
  readonly sendsAccepted: number;
  readonly lastSendAtMs?: number;
  /** Requests with this key, sends included, that were answered 401 or 403. */
  readonly rejected: number;
}

/** What happened, as it happens and added up. */
export class Journal {
  readonly #listeners = new Set<(event: SandboxEvent) => void>();
  readonly #tallies = new Map<string, { sendsAccepted: number; lastSendAtMs?: number; rejected: number }>();
  #rejectedUnknown = 0;

  subscribe(listener: (event: SandboxEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  record(event: SandboxEvent): void {
    this.#add(event);
    for (const listener of this.#listeners) listener(event);
  }

  tallies(): ReadonlyMap<string, KeyTally> {
    return this.#tallies;
  }

  sendsByKey(): Record<string, number> {
    return Object.fromEntries([...this.#tallies].map(([id, tally]) => [id, tally.sendsAccepted]));
  }

  rejectionsByKey(): Record<string, number> {
    const known = [...this.#tallies].map(([id, tally]) => [id, tally.rejected]);
    return { ...Object.fromEntries(known), unknown: this.#rejectedUnknown };
  }

  #add({ kind, keyId, status, atMs }: SandboxEvent): void {
    const isRefusedKey = status === 401 || status === 403;
    if (keyId === undefined) {
      if (isRefusedKey) this.#rejectedUnknown += 1;
      return;
    }
    let tally = this.#tallies.get(keyId);
    if (!tally) {
      tally = { sendsAccepted: 0, rejected: 0 };
      this.#tallies.set(keyId, tally);
    }
    if (isRefusedKey) tally.rejected += 1;
    if (kind === "send-accepted") {
      tally.sendsAccepted += 1;
      tally.lastSendAtMs = atMs;
    }
  }
}
