import type { Policy } from "../contract/policy.ts";
import type { EffectReport } from "../contract/responder-answer.ts";
import type { Policies } from "../core/aws/policies.ts";
import { nameOfSecret } from "../core/aws/secret-name.ts";
import type { Goal, Hold } from "../core/cutover/observation.ts";
import type { Journal, JournalEntry, Outcome, Ports, RunOptions } from "../core/run.ts";
import type { Facts, Telemetry } from "./telemetry.ts";

/** What it takes to pursue a goal on one secret. */
export interface GoalParts extends Omit<RunOptions, "policy"> {
  readonly policies: Policies;
  readonly now: () => number;
  readonly run: (goal: Goal, ports: Ports, options: RunOptions) => Promise<Outcome>;
  readonly telemetry: Telemetry;
  readonly signal: AbortSignal;
  /** Hears of each effect, besides log and metrics. */
  readonly onEffect?: (entry: JournalEntry) => void;
  /** Makes the ports for one run on one secret. */
  portsFor(request: PortsRequest): Ports;
}

/** What ports are made for. */
export interface PortsRequest {
  /** The secret's full ARN, or its name. */
  readonly secret: string;
  readonly policy: Policy;
  readonly journal: Journal;
}

/**
 * Pursues a goal on one secret, and says in logs and metrics what came of it. The policy comes first: without one,
 * nothing is touched.
 *
 * @throws ConfigError where the secret has no policy, or one with mistakes
 */
export async function runGoal(secret: string, goal: Goal, parts: GoalParts): Promise<Outcome> {
  const { policies, run, portsFor, signal, telemetry } = parts;
  const about = { secret: nameOfSecret(secret), goal: goal.kind };
  const startedAtMs = parts.now();
  const policy = await policies.read(about.secret, { signal });
  const ports = portsFor({ secret, policy, journal: journalOf(about.secret, parts) });
  const outcome = await run(goal, ports, { ...optionsIn(parts), policy, signal });
  if (outcome.kind === "refuse") return refuse(outcome.because, about, parts);
  if (outcome.kind === "wait") reportHolds(outcome.holds, about, telemetry);
  const durationMs = parts.now() - startedAtMs;
  telemetry.log("info", "the run is over", { ...about, outcome: outcome.kind, durationMs });
  return outcome;
}

function optionsIn(parts: GoalParts): Omit<RunOptions, "policy" | "signal"> {
  const { fence, callMs, deadlineMs, lastUsedResolutionSeconds } = parts;
  const lastUsed = lastUsedResolutionSeconds === undefined ? {} : { lastUsedResolutionSeconds };
  return { fence, callMs, deadlineMs, ...lastUsed };
}

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

/** Logs and counts each effect, and tells whoever has asked for it. */
function journalOf(
  secret: string,
  { telemetry, onEffect }: Pick<GoalParts, "telemetry" | "onEffect">,
): Journal {
  return {
    record: (entry) => {
      onEffect?.(entry);
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

/** Field by field, so that what an entry may hold one day does not get into a log or an answer by itself. */
export function reportEffect(entry: JournalEntry): EffectReport {
  const { effect, because, outcome, versionId, keyId, label, error } = entry;
  return {
    effect,
    because,
    outcome,
    ...(versionId === undefined ? {} : { versionId }),
    ...(keyId === undefined ? {} : { keyId }),
    ...(label === undefined ? {} : { label }),
    ...(error === undefined ? {} : { failure: error }),
  };
}
