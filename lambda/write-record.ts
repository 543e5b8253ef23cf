import { isDeepStrictEqual } from "node:util";
import { StaleStateError } from "../contract/errors.ts";
import type { IncidentRecord } from "../contract/incident-record.ts";
import type { IncidentAnnouncer } from "../core/aws/incident-announcer.ts";
import { describeError } from "../core/aws/safe-error.ts";
import type { Call } from "../core/cutover/ports.ts";
import type { Records, StoredIncident } from "../core/incident/records.ts";
import type { Telemetry } from "./telemetry.ts";

/** Where incidents are kept, and who is told. */
export interface IncidentParts {
  readonly deployment: string;
  /** Absent where the environment names no bucket: then a record lives as long as its run. */
  readonly records?: Records;
  /** Absent where events are switched off. */
  readonly announcer?: IncidentAnnouncer;
  /** A signal that is aborted after this time. @default AbortSignal.timeout */
  readonly timeout?: (ms: number) => AbortSignal;
}

/** What it takes to keep what a run has seen. */
export interface KeepParts {
  readonly incidents: IncidentParts;
  readonly telemetry: Telemetry;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/** The longest that one call to the records or the bus may take: who waits for the answer has a key that leaks. */
const CALL_MS = 5_000;

/** Two runs may write at once, and a third. */
const TRIES = 4;

/** What goes with one call to the records or the bus: a limit of its own, whatever is left to the run. */
export function callOf({ signal, incidents }: Pick<KeepParts, "signal" | "incidents">): Call {
  const { timeout = (ms: number) => AbortSignal.timeout(ms) } = incidents;
  return { signal: AbortSignal.any([signal, timeout(CALL_MS)]) };
}

/** A change of one record. */
export interface RecordChange {
  readonly id: string;
  readonly secret: string;
  readonly change: (before: IncidentRecord | undefined) => IncidentRecord;
}

/** What came of a change. */
export interface WrittenRecord {
  /** As it was; absent where there was none, or where that could not be read. */
  readonly before: IncidentRecord | undefined;
  readonly after: IncidentRecord;
}

/** Reads, changes and writes a record, again where somebody else has written meanwhile. */
export function writeRecord({ id, secret, change }: RecordChange, parts: KeepParts): Promise<WrittenRecord> {
  const find = () => parts.incidents.records?.readIncident({ secret, id }, callOf(parts));
  return changeRecord({ secret, change, find: async () => find() }, parts);
}

/** A change of a record that has to be found first. */
export interface FoundChange extends Pick<RecordChange, "secret" | "change"> {
  readonly find: () => Promise<StoredIncident | undefined>;
  /** What is done beside the write, once, whether it comes off or not. It does not reject. */
  readonly beside?: (written: WrittenRecord) => Promise<void>;
}

/** Finds, changes and writes a record. Where that fails, the log says so, and what the run has seen itself is given back. */
export async function changeRecord(
  { secret, change, find, beside }: FoundChange,
  parts: KeepParts,
): Promise<WrittenRecord> {
  const { records } = parts.incidents;
  let written: WrittenRecord = { before: undefined, after: change(undefined) };
  let doing: Promise<void> | undefined;
  try {
    for (let tries = 1; records !== undefined; tries += 1) {
      const stored = await find();
      const before = stored?.record;
      written = { before, after: change(before) };
      doing ??= beside?.(written);
      if (isDeepStrictEqual(written.after, before)) break;
      try {
        await records.writeIncident(written.after, stored ? { tag: stored.tag } : {}, callOf(parts));
        break;
      } catch (error) {
        if (!(error instanceof StaleStateError) || tries >= TRIES) throw error;
      }
    }
  } catch (error) {
    parts.telemetry.log(
      "error",
      "the incident's record could not be written: its keys are contained all the same",
      { secret, error: describeError(error) },
    );
  }
  await (doing ?? beside?.(written));
  return written;
}
