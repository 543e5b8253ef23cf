import type { Policy } from "../contract/policy.ts";
import type { Policies } from "../core/aws/policies.ts";
import { nameOfSecret } from "../core/aws/secret-name.ts";
import type { Goal, Hold } from "../core/cutover/observation.ts";
import type { Call, SecretOutline } from "../core/cutover/ports.ts";
import type { Asked } from "../core/incident/build-record.ts";
import { watchDeaths } from "../core/incident/watch-deaths.ts";
import { type IncidentWatch, watchIncidents } from "../core/incident/watch-incidents.ts";
import { reportEffect } from "../core/report-effect.ts";
import type { Journal, Outcome, Ports, RunOptions } from "../core/run.ts";
import { keepDeaths } from "./keep-deaths.ts";
import { type Kept, keepIncidents } from "./keep-incidents.ts";
import { reserveMs } from "./reserve.ts";
import type { Facts, Telemetry } from "./telemetry.ts";
import type { IncidentParts } from "./write-record.ts";

/** What it takes to pursue a goal on one secret. */
export interface GoalParts extends Omit<RunOptions, "policy"> {
  readonly policies: Policies;
  readonly now: () => number;
  readonly run: (goal: Goal, ports: Ports, options: RunOptions) => Promise<Outcome>;
  readonly telemetry: Telemetry;
  readonly signal: AbortSignal;
  /** Where incidents are kept and told. */
  readonly incidents: IncidentParts;
  /** Begins to look at a secret while its policy is read: its labels, and no value. */
  readonly beginLook?: (secret: string, call: Call) => Promise<SecretOutline>;
  /** Makes the ports for one run on one secret. */
  portsFor(request: PortsRequest): Ports;
}

/** What ports are made for. */
export interface PortsRequest {
  /** The secret's full ARN, or its name. */
  readonly secret: string;
  readonly policy: Policy;
  readonly journal: Journal;
  /** A look at the secret that has begun; the run's first one takes it. */
  readonly begun?: Promise<SecretOutline>;
}

/** What came of a goal. */
export interface Pursued extends Kept {
  readonly outcome: Outcome;
  readonly watch: IncidentWatch;
  readonly policy: Policy;
  readonly ports: Ports;
}

/** Pursues a goal on one secret, for nobody in particular. @throws ConfigError as `pursue` does */
export async function runGoal(secret: string, goal: Goal, parts: GoalParts): Promise<Outcome> {
  return (await pursue(secret, goal, parts)).outcome;
}

/**
 * Pursues a goal on one secret, and says in logs and metrics what came of it. The policy comes first: without one,
 * nothing is touched. What was seen of leaks and dead keys is kept, also where the run ends with an error.
 *
 * @throws ConfigError where the secret has no policy, or one with mistakes
 */
export async function pursue(secret: string, goal: Goal, parts: GoalParts, asked?: Asked): Promise<Pursued> {
  const { policies, run, portsFor, signal, telemetry } = parts;
  const about = { secret: nameOfSecret(secret), goal: goal.kind };
  const startedAtMs = asked?.atMs ?? parts.now();
  const begun = goal.kind === "leak-response" ? parts.beginLook?.(secret, { signal }) : undefined;
  begun?.catch(() => undefined); // where it fails, whoever takes it hears why
  const policy = await policies.read(about.secret, { signal });
  const [watch, deathWatch] = [watchIncidents(parts.now), watchDeaths(parts.now)];
  const kept = { watch, policy, startedAtMs, secret: about.secret, ...(asked ? { asked } : {}) };
  const keeper = keepIncidents(kept, parts);
  const journal = journalOf(about.secret, [watch, deathWatch, asJournal(keeper)], telemetry);
  const ports = portsFor({ secret, policy, journal, ...(begun ? { begun } : {}) });
  const keep = async (outcome: Outcome | undefined): Promise<Kept> => {
    const dead = { secret: about.secret, provider: policy.provider.id };
    return (await Promise.all([keeper.end(outcome), keepDeaths(deathWatch.deaths(), dead, parts)]))[0];
  };
  let outcome: Outcome;
  try {
    outcome = await run(goal, ports, { ...optionsIn(parts, goal), policy, signal });
  } catch (error) {
    await Promise.allSettled([keep(undefined)]); // the run's own error is the one to hear of
    throw error;
  }
  reportOutcome(outcome, { ...about, durationMs: parts.now() - startedAtMs }, telemetry);
  return { outcome, watch, policy, ports, ...(await keep(outcome)) };
}

/** The record of a leak is begun as soon as the run has seen what it is about. */
function asJournal(keeper: ReturnType<typeof keepIncidents>): Required<Journal> {
  return { see: () => keeper.begin(), record: () => undefined };
}

function reportOutcome(
  outcome: Outcome,
  { durationMs, ...about }: Pick<Facts, "secret" | "goal" | "durationMs">,
  telemetry: Telemetry,
): void {
  if (outcome.kind === "refuse") {
    refuse(outcome.because, about, { telemetry });
    return;
  }
  if (outcome.kind === "wait") reportHolds(outcome.holds, about, telemetry);
  telemetry.log("info", "the run is over", {
    ...about,
    outcome: outcome.kind,
    ...(durationMs === undefined ? {} : { durationMs }),
  });
}

function optionsIn(parts: GoalParts, goal: Goal): Omit<RunOptions, "policy" | "signal"> {
  const { fence, callMs, lastUsedResolutionSeconds } = parts;
  const lastUsed = lastUsedResolutionSeconds === undefined ? {} : { lastUsedResolutionSeconds };
  const kept = goal.kind === "leak-response" ? reserveMs(parts, RESERVE_SHARE) : 0;
  return { fence, callMs, deadlineMs: parts.deadlineMs - kept, ...lastUsed };
}

/** What a leak response leaves of the time for its record. */
const RESERVE_SHARE = 0.1;

/** Says that a goal is refused, which a person has to see to. */
export function refuse(
  because: string,
  about: Pick<Facts, "secret" | "goal">,
  { telemetry }: Pick<GoalParts, "telemetry">,
): Outcome {
  telemetry.count("Refusals");
  telemetry.log("error", "refused", { ...about, outcome: "refuse", because });
  return { kind: "refuse", because };
}

function reportHolds(
  holds: readonly Hold[],
  about: Pick<Facts, "secret" | "goal">,
  telemetry: Telemetry,
): void {
  const keys = new Set(holds.map((hold) => hold.keyId ?? hold.versionId).filter((id) => id !== undefined));
  if (keys.size > 0) telemetry.count("KeysHeld", keys.size);
  for (const { alarm, ...hold } of holds) {
    if (alarm) telemetry.count("Alarms");
    telemetry.log(alarm ? "warn" : "info", "something is owed and has to wait", { ...about, ...hold });
  }
}

/** Logs and counts each effect, and tells those who follow the run. */
function journalOf(secret: string, watches: readonly Required<Journal>[], telemetry: Telemetry): Journal {
  return {
    see: (observation, goal) => {
      for (const watch of watches) watch.see(observation, goal);
    },
    record: (entry) => {
      for (const watch of watches) watch.record(entry);
      const { goal, outcome } = entry;
      if (outcome === "applied") telemetry.count("EffectsApplied");
      telemetry.log(outcome === "applied" ? "info" : "warn", "effect", {
        secret,
        goal,
        ...reportEffect(entry),
      });
    },
  };
}
