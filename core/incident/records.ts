import type { IncidentRecord } from "../../contract/incident-record.ts";
import type { Call } from "../cutover/call.ts";

/** A record as it was read, and what a later write is guarded with. */
export interface StoredIncident {
  readonly record: IncidentRecord;
  /** Changes with every write. */
  readonly tag: string;
}

/** A key that was proven dead: what is left of it when its version has no label any more. */
export interface DeadKey {
  readonly secret: string;
  readonly versionId: string;
  readonly provider: string;
  readonly keyId?: string;
  readonly diedAtMs: number;
}

/**
 * What is no state of a rotation: records of incidents, and of keys that are dead. A run does not depend on it: where it
 * cannot be read or written, keys are contained all the same.
 *
 * All reject with ProviderUnavailableError, ProviderRejectedError or OutcomeUnknownError, as the other ports on AWS do.
 */
export interface Records {
  readIncident(
    incident: { readonly secret: string; readonly id: string },
    call: Call,
  ): Promise<StoredIncident | undefined>;
  /** The ids of a secret's incidents, the newest first, at most 100. */
  listIncidents(of: { readonly secret: string }, call: Call): Promise<readonly string[]>;
  /**
   * Writes a record where it still is as it was read, or where there is none.
   *
   * @param guard.tag of the record as it was read; absent where there was none
   * @throws StaleStateError where somebody else has written meanwhile: read it again
   */
  writeIncident(record: IncidentRecord, guard: { readonly tag?: string }, call: Call): Promise<void>;
  /**
   * Remembers a dead key by its id and by hashes of its values. Repeatable.
   *
   * @param sha256s of values that are too long to guess: 64 hexadecimal digits each
   */
  rememberDead(key: DeadKey, sha256s: readonly string[], call: Call): Promise<void>;
  /** Finds a dead key by its id or by the hash of a value. */
  findDead(
    what: { readonly sha256: string } | { readonly secret: string; readonly keyId: string },
    call: Call,
  ): Promise<DeadKey | undefined>;
}
