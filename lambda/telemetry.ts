import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { SafeError } from "../core/aws/safe-error.ts";

/** All that may stand in a log entry. No event, no value, and no object of unknown content ever does (P6). */
export interface Facts {
  readonly secret?: string;
  /** What an operator asked for, and why: the contract withholds from a reason what could be a key. */
  readonly operation?: string;
  readonly reason?: string;
  readonly goal?: string;
  readonly effect?: string;
  readonly outcome?: string;
  readonly because?: string;
  readonly versionId?: string;
  readonly keyId?: string;
  readonly label?: string;
  /** What the error of an effect said; errors of ports hold no key material. */
  readonly failure?: string;
  readonly untilMs?: number;
  readonly durationMs?: number;
  readonly listed?: number;
  readonly owing?: number;
  readonly failed?: number;
  readonly error?: SafeError;
}

/** What is counted, in the CloudWatch namespace `dualkey`. */
export type MetricName =
  /** Effects that were carried out. */
  | "EffectsApplied"
  /** Runs that refused to go on; a person has to change something. */
  | "Refusals"
  /** What is owed, cannot be done now, and a person should know of. */
  | "Alarms"
  /** Leaked keys that may still work; of drills, by itself, for nobody is to be woken by one. */
  | "LeakedKeysAlive"
  | "DrillLeakedKeysAlive"
  /** From a leak response's request to the revocation of the last leaked key, in seconds; of drills, by itself. */
  | "ContainmentSeconds"
  | "DrillContainmentSeconds"
  /** Keys that are kept for now. */
  | "KeysHeld"
  /** Invocations that ended with an error. */
  | "Failures"
  /** Secrets that a sweep asked a reconciliation of. */
  | "SecretsOwing"
  /** Secrets whose reconciliation a sweep could not ask for. */
  | "InvocationsFailed";

/** Where a run says what it does. */
export interface Telemetry {
  log(level: "info" | "warn" | "error", message: string, facts: Facts): void;
  count(metric: MetricName, value?: number): void;
  /** Ends an invocation: what it counted goes out, under the name of the secret that it was about. */
  flush(secret: string | undefined): void;
}

/** Writes structured logs and metrics with Powertools: JSON on standard output, which Lambda takes to CloudWatch. */
export function createTelemetry(): Telemetry {
  const logger = new Logger({ serviceName: "dualkey" });
  const metrics = new Metrics({ namespace: "dualkey", serviceName: "dualkey" });
  return {
    log: (level, message, facts) => logger[level](message, { ...facts }),
    count: (metric, value = 1) => {
      const unit = metric.endsWith("Seconds") ? MetricUnit.Seconds : MetricUnit.Count;
      metrics.addMetric(metric, unit, value);
    },
    flush: (secret) => {
      if (!metrics.hasStoredMetrics()) return;
      if (secret !== undefined) metrics.addDimension("secret", secret);
      metrics.publishStoredMetrics();
    },
  };
}
