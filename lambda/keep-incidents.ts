import { isDeepStrictEqual } from "node:util";
import { StaleStateError } from "../contract/errors.ts";
import { type IncidentRecord, incidentIdOf } from "../contract/incident-record.ts";
import type { Policy } from "../contract/policy.ts";
import type { LeakRequest } from "../contract/requests.ts";
import type { IncidentAnnouncer } from "../core/aws/incident-announcer.ts";
import { describeError } from "../core/aws/safe-error.ts";
import type { Call } from "../core/cutover/ports.ts";
import { buildRecord, type RunOfIncident } from "../core/incident/build-record.ts";
import type { Records } from "../core/incident/records.ts";
import type { IncidentWatch } from "../core/incident/watch-incidents.ts";
import type { Outcome } from "../core/run.ts";
import type { Telemetry } from "./telemetry.ts";

/** Where incidents are kept, and who is told. */
export interface IncidentParts {
  readonly deployment: string;
  /** Absent where the environment names no bucket: then a record lives as long as its run. */
  readonly records?: Records;
  /** Absent where events are switched off. */
  readonly announcer?: IncidentAnnouncer;
}

/** What an operator has asked for, and when it arrived. */
export interface Asked extends Pick<LeakRequest, "mode" | "reason" | "drill" | "leakedAt"> {
  readonly atMs: number;
}

/** One run, as its incidents know it. */
export interface KeptRun {
  readonly watch: IncidentWatch;
  readonly outcome: Outcome;
  readonly policy: Policy;
  readonly secret: string;
  readonly startedAtMs: number;
  readonly asked?: Asked;
}

interface KeepParts {
  readonly incidents: IncidentParts;
  readonly telemetry: Telemetry;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/** Two runs may write at once, and a third. */
const TRIES = 4;

/**
 * Writes what a run has seen of each leak into its record, counts it, and tells whoever listens when its state changes.
 * Where that fails, the log says so, and the run's own outcome stands: keys are contained all the same.
 */
export async function keepIncidents(run: KeptRun, parts: KeepParts): Promise<readonly IncidentRecord[]> {
  const kept: IncidentRecord[] = [];
  for (const incident of run.watch.incidents()) {
    if (incident.keys.length === 0) continue; // it names nothing that there is
    const change = (before: IncidentRecord | undefined) => buildRecord(runOf(run, incident, parts), before);
    const id = incidentIdOf(incident);
    const { before, after } = await writeRecord({ id, secret: run.secret, change }, parts);
    count(before, after, parts.telemetry);
    if (before?.state !== after.state) await tell(after, parts);
    kept.push(after);
  }
  return kept;
}

function runOf(
  { watch, outcome, policy, secret, startedAtMs, asked }: KeptRun,
  incident: RunOfIncident["incident"],
  { incidents: { deployment }, now }: KeepParts,
): RunOfIncident {
  const { environment, provider } = policy;
  return {
    incident,
    entries: watch.entries(),
    about: { deployment, secret, secretArn: watch.secretArn() ?? secret, environment, provider: provider.id },
    ...(asked === undefined
      ? {}
      : {
          asked: {
            mode: asked.mode,
            drill: asked.drill ?? false,
            reason: asked.reason,
            ...(asked.leakedAt === undefined ? {} : { leakedAt: asked.leakedAt }),
          },
        }),
    startedAtMs,
    endedAtMs: now(),
    outcome: outcome.kind,
    holds: outcome.kind === "wait" ? outcome.holds : [],
  };
}

/** A change of one record. */
export interface RecordChange {
  readonly id: string;
  readonly secret: string;
  readonly change: (before: IncidentRecord | undefined) => IncidentRecord;
}

/** Reads, changes and writes a record, again where somebody else has written meanwhile. */
export async function writeRecord(
  { id, secret, change }: RecordChange,
  parts: KeepParts,
): Promise<{ readonly before: IncidentRecord | undefined; readonly after: IncidentRecord }> {
  const { records } = parts.incidents;
  const fresh = change(undefined);
  if (records === undefined) return { before: undefined, after: fresh };
  const call: Call = { signal: parts.signal };
  try {
    for (let tries = 1; ; tries += 1) {
      const stored = await records.readIncident({ secret, id }, call);
      const after = change(stored?.record);
      if (isDeepStrictEqual(after, stored?.record)) return { before: stored?.record, after };
      try {
        await records.writeIncident(after, stored === undefined ? {} : { tag: stored.tag }, call);
        return { before: stored?.record, after };
      } catch (error) {
        if (!(error instanceof StaleStateError) || tries >= TRIES) throw error;
      }
    }
  } catch (error) {
    const facts = { secret, error: describeError(error) };
    parts.telemetry.log(
      "error",
      "the incident's record could not be written: its keys are contained all the same",
      facts,
    );
    return { before: undefined, after: fresh };
  }
}

function count(before: IncidentRecord | undefined, after: IncidentRecord, telemetry: Telemetry): void {
  const alive = after.keys.filter(({ state }) => state === "alive").length;
  telemetry.count("LeakedKeysAlive", alive);
  if (before?.containedAt !== undefined || after.containmentSeconds === undefined) return;
  const metric = after.drill ? "DrillContainmentSeconds" : "ContainmentSeconds";
  telemetry.count(metric, after.containmentSeconds);
}

async function tell(record: IncidentRecord, { incidents, signal, telemetry }: KeepParts): Promise<void> {
  try {
    await incidents.announcer?.announceIncident(record, { signal });
  } catch (error) {
    telemetry.log("error", "the incident could not be told on the bus", {
      secret: record.secret,
      error: describeError(error),
    });
  }
}
