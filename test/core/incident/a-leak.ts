import type { IncidentRecord } from "../../../contract/incident-record.ts";
import { IncidentRecord as Schema } from "../../../contract/incident-record.ts";
import type { LeakGoal, Observation, ProbeLook } from "../../../core/cutover/observation.ts";
import { buildRecord, type RunOfIncident } from "../../../core/incident/build-record.ts";
import { type IncidentWatch, watchIncidents } from "../../../core/incident/watch-incidents.ts";
import type { JournalEntry } from "../../../core/run.ts";
import { ACCEPTED, NOON, REJECTED } from "../cutover/a-world.ts";

export const GOAL: LeakGoal = {
  kind: "leak-response",
  target: "all",
  atMs: NOON,
  deadlineMs: NOON + 60_000,
  mode: "replace-first",
  isDrill: false,
  evenInProduction: false,
  evenIfLoginsFail: false,
  requestedAtMs: NOON,
};

/** The label of a leak, on whichever version. */
export function leaked(target = "all", atMs = NOON) {
  return { kind: "leaked", target, atMs, deadlineMs: atMs + 60_000 } as const;
}

/** When something happens, in seconds after the leak was marked. */
export const at = (seconds: number) => NOON + seconds * 1000;
export const iso = (seconds: number) => new Date(at(seconds)).toISOString();

export const accepted = (seconds: number): ProbeLook => ({ ...ACCEPTED, atMs: at(seconds) });
export const rejected = (seconds: number): ProbeLook => ({ ...REJECTED, atMs: at(seconds) });

export function anEntry(over: Partial<JournalEntry> = {}): JournalEntry {
  return { goal: "leak-response", effect: "revoke-key", because: "it leaked", outcome: "applied", ...over };
}

/** One run, second by second, and the record after it. */
export class WatchedRun {
  nowMs = NOON;
  readonly watch: IncidentWatch = watchIncidents(() => this.nowMs);

  see(
    seconds: number,
    observation: Observation,
    goal: LeakGoal | { readonly kind: "reconcile" } = GOAL,
  ): this {
    this.nowMs = at(seconds);
    this.watch.see(observation, goal);
    return this;
  }

  record(seconds: number, entry: JournalEntry): this {
    this.nowMs = at(seconds);
    this.watch.record(entry);
    return this;
  }

  states(): readonly string[] {
    return this.watch.incidents().flatMap(({ keys }) => keys.map(({ state }) => state));
  }

  /** The record of the run's first incident, as its schema has it. */
  write(before?: IncidentRecord, over: Partial<RunOfIncident> = {}): IncidentRecord {
    return Schema.parse(this.build(before, over));
  }

  build(before?: IncidentRecord, over: Partial<RunOfIncident> = {}): IncidentRecord {
    const [incident] = this.watch.incidents();
    if (incident === undefined) throw new Error("no leak was seen");
    return buildRecord(
      {
        incident,
        entries: this.watch.entries(),
        about: {
          deployment: "keys",
          secret: "prod/otp",
          secretArn: this.watch.secretArn() ?? "",
          environment: "production",
          provider: "startmessaging",
        },
        startedAtMs: NOON,
        endedAtMs: this.nowMs,
        outcome: "wait",
        holds: [],
        ...over,
      },
      before,
    );
  }
}
