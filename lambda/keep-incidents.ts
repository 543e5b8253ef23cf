import type { IncidentRecord } from "../contract/incident-record.ts";
import type { Policy } from "../contract/policy.ts";
import { describeError } from "../core/aws/safe-error.ts";
import { type Asked, buildRecord, type RunOfIncident } from "../core/incident/build-record.ts";
import type { IncidentWatch } from "../core/incident/watch-incidents.ts";
import { isSameMark, type WatchedIncident } from "../core/incident/watched.ts";
import type { Outcome } from "../core/run.ts";
import { type CountedIncident, countIncidents } from "./count-incidents.ts";
import { findRecords } from "./find-record.ts";
import { callOf, changeRecord, type KeepParts, type WrittenRecord, writeRecord } from "./write-record.ts";

/** One run, as its incidents know it. */
export interface KeptRun {
  readonly watch: IncidentWatch;
  readonly policy: Policy;
  readonly secret: string;
  readonly startedAtMs: number;
  readonly asked?: Asked;
}

/** What is kept of a run. */
export interface Kept {
  /** The incidents that it has seen, as they stand now. */
  readonly incidents: readonly IncidentRecord[];
  /** The one among them that it was asked for. */
  readonly own?: IncidentRecord;
}

/** Keeps the records of a run's incidents. Neither method rejects: keys are contained whether or not it can be written down. */
export interface IncidentKeeper {
  /** Begins to write down the leak that the run is for, as soon as it is seen, and once: should the run die, it is on record. */
  begin(): void;
  /**
   * Writes what the run has seen of each leak into its record, counts it, and tells whoever listens when its state changes.
   *
   * @param outcome absent where the run has ended with an error
   */
  end(outcome: Outcome | undefined): Promise<Kept>;
}

type Ending = Pick<RunOfIncident, "outcome" | "holds">;

const BEGUN: Ending = {
  outcome: "wait",
  holds: [{ because: "leak response has begun, and has not said yet what came of it", alarm: true }],
};
const FAILED: Ending = {
  outcome: "wait",
  holds: [{ because: "the run has ended with an error: the next one goes on", alarm: true }],
};

/** Makes a keeper for one run. */
export function keepIncidents(run: KeptRun, parts: KeepParts): IncidentKeeper {
  const told = new Map<string, IncidentRecord["state"]>();
  let begun: Promise<unknown> | undefined;
  const keep = (incident: WatchedIncident, ending: Ending) => {
    const [{ secret }, atMs] = [run, parts.now()];
    const change = (before: IncidentRecord | undefined) => {
      return buildRecord(runOf(run, { incident, ending, atMs }, parts), before);
    };
    return keepOne({ incident, secret, change, told }, parts);
  };
  return {
    begin: () => {
      const own = begun === undefined ? ownIn(run.watch) : undefined;
      if (own) begun = keep(own, BEGUN);
    },
    end: async (outcome) => {
      await begun;
      const seen = run.watch.incidents().filter(({ keys }) => keys.length > 0); // others name nothing that there is
      const kept = await Promise.all(
        seen.map(async (incident): Promise<CountedIncident> => {
          return { incident, ...(await keep(incident, endingOf(outcome))) };
        }),
      );
      countIncidents(kept, parts.telemetry);
      const own = ownIn(run.watch);
      const record = kept.find(({ incident }) => incident === own)?.after;
      return { incidents: kept.map(({ after }) => after), ...(record === undefined ? {} : { own: record }) };
    },
  };
}

/** The incident that a leak response is for. */
function ownIn(watch: IncidentWatch): WatchedIncident | undefined {
  const goal = watch.goal();
  if (goal === undefined) return undefined;
  return watch.incidents().find(({ marks, keys }) => {
    return keys.length > 0 && marks.some((mark) => isSameMark(mark, goal));
  });
}

function endingOf(outcome: Outcome | undefined): Ending {
  if (outcome === undefined) return FAILED;
  return { outcome: outcome.kind, holds: outcome.kind === "wait" ? outcome.holds : [] };
}

function runOf(
  { watch, policy, secret, startedAtMs, asked }: KeptRun,
  { incident, ending, atMs }: { incident: WatchedIncident; ending: Ending; atMs: number },
  { incidents: { deployment } }: KeepParts,
): RunOfIncident {
  const { environment, provider } = policy;
  return {
    incident,
    entries: watch.entries(),
    about: { deployment, secret, secretArn: watch.secretArn() ?? secret, environment, provider: provider.id },
    ...(asked === undefined ? {} : { asked }),
    startedAtMs,
    endedAtMs: atMs,
    ...ending,
  };
}

interface Keeping {
  readonly incident: WatchedIncident;
  readonly secret: string;
  readonly change: (before: IncidentRecord | undefined) => IncidentRecord;
  /** What this run has told already, by the record's id. */
  readonly told: Map<string, IncidentRecord["state"]>;
}

async function keepOne(
  { incident, secret, change, told }: Keeping,
  parts: KeepParts,
): Promise<WrittenRecord> {
  let doubles: readonly string[] = [];
  const find = async () => {
    const [first, ...others] = await findRecords(incident, secret, parts);
    doubles = others.map(({ record }) => record.id);
    return first;
  };
  const beside = ({ before, after }: WrittenRecord) => {
    if (before?.state === after.state || told.get(after.id) === after.state) return Promise.resolve();
    told.set(after.id, after.state);
    return tell(after, parts);
  };
  const written = await changeRecord({ secret, change, find, beside }, parts);
  // Two people who asked in the same moment may each have begun a record: neither stays as it was.
  await Promise.all(doubles.map((id) => writeRecord({ id, secret, change }, parts)));
  return written;
}

async function tell(record: IncidentRecord, parts: KeepParts): Promise<void> {
  try {
    await parts.incidents.announcer?.announceIncident(record, callOf(parts));
  } catch (error) {
    parts.telemetry.log("error", "the incident could not be told on the bus", {
      secret: record.secret,
      error: describeError(error),
    });
  }
}
