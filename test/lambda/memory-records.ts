import { StaleStateError } from "../../contract/errors.ts";
import { IncidentRecord } from "../../contract/incident-record.ts";
import type { DeadKey, Records, StoredIncident } from "../../core/incident/records.ts";

/** Records that live as long as a test; what is written must be as the schema says. */
export class MemoryRecords implements Records {
  readonly incidents = new Map<string, StoredIncident>();
  readonly dead: { readonly key: DeadKey; readonly sha256s: readonly string[] }[] = [];
  /** How many writes find that somebody else was there first. */
  stale = 0;

  async readIncident({ secret, id }: { readonly secret: string; readonly id: string }) {
    return this.incidents.get(`${secret} ${id}`);
  }

  async listIncidents({ secret }: { readonly secret: string }) {
    const own = [...this.incidents.values()].filter(({ record }) => record.secret === secret);
    return own.map(({ record }) => record.id).toReversed();
  }

  async writeIncident(record: IncidentRecord, { tag }: { readonly tag?: string }) {
    const name = `${record.secret} ${record.id}`;
    if (this.stale > 0 || this.incidents.get(name)?.tag !== tag) {
      this.stale -= 1;
      throw new StaleStateError(`${name}: somebody else has written`);
    }
    const next = String(Number(tag ?? 0) + 1);
    this.incidents.set(name, { record: IncidentRecord.parse(structuredClone(record)), tag: next });
  }

  async rememberDead(key: DeadKey, sha256s: readonly string[]) {
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
}
