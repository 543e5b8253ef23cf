import { ProviderUnavailableError, StaleStateError } from "../../contract/errors.ts";
import { IncidentRecord } from "../../contract/incident-record.ts";
import type { Call } from "../../core/cutover/call.ts";
import type { DeadKey, Records, StoredIncident } from "../../core/incident/records.ts";

/** Records that live as long as a test; what is written must be as the schema says. */
export class MemoryRecords implements Records {
  readonly incidents = new Map<string, StoredIncident>();
  readonly dead: { readonly key: DeadKey; readonly sha256s: readonly string[] }[] = [];
  /** How many writes find that somebody else was there first. */
  stale = 0;
  /** What the bucket does: it may refuse every call, or answer none. */
  mood: "works" | "is down" | "hangs" = "works";
  /** Every record as it was written, in order. */
  readonly written: IncidentRecord[] = [];

  async readIncident({ secret, id }: { readonly secret: string; readonly id: string }, call?: Call) {
    await this.#answer(call);
    return this.incidents.get(`${secret} ${id}`);
  }

  async listIncidents({ secret }: { readonly secret: string }, call?: Call) {
    await this.#answer(call);
    const own = [...this.incidents.values()].filter(({ record }) => record.secret === secret);
    return own.map(({ record }) => record.id).toReversed();
  }

  async writeIncident(record: IncidentRecord, { tag }: { readonly tag?: string }, call?: Call) {
    await this.#answer(call);
    const name = `${record.secret} ${record.id}`;
    if (this.stale > 0 || this.incidents.get(name)?.tag !== tag) {
      this.stale -= 1;
      throw new StaleStateError(`${name}: somebody else has written`);
    }
    const next = String(Number(tag ?? 0) + 1);
    this.written.push(record);
    this.incidents.set(name, { record: IncidentRecord.parse(structuredClone(record)), tag: next });
  }

  async rememberDead(key: DeadKey, sha256s: readonly string[], call?: Call) {
    await this.#answer(call);
    this.dead.push({ key, sha256s });
  }

  async findDead(
    what: { readonly sha256: string } | { readonly secret: string; readonly keyId: string },
  ): Promise<DeadKey | undefined> {
    return this.dead.find(({ key, sha256s }) => {
      if ("sha256" in what) return sha256s.includes(what.sha256);
      return key.secret === what.secret && key.keyId === what.keyId;
    })?.key;
  }

  async #answer(call: Call | undefined): Promise<void> {
    if (this.mood === "works") return;
    if (this.mood === "hangs") {
      await new Promise((resolve) => call?.signal.addEventListener("abort", resolve));
    }
    throw new ProviderUnavailableError("GetObject: no answer");
  }
}
