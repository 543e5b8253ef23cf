import { CONSUMER_METRICS } from "../contract/consumer-report.ts";

/** What a consumer has done with one version of a secret, for a minute or less. Never a key. */
export interface KeyReport {
  /** The secret's name. */
  readonly secret: string;
  /** The consumer's name, as the policy has it. */
  readonly consumer: string;
  /** The version's id in Secrets Manager. */
  readonly version: string;
  /** Calls that the provider has answered, but for rejections of the key. */
  readonly sends: number;
  /** Calls in which the provider has rejected the key. */
  readonly rejections: number;
  /** When the last of them was; the time of the report where there was none. Milliseconds since 1970. */
  readonly atMs: number;
}

/**
 * Writes a report in CloudWatch's embedded metric format: one line of JSON, without the line's end.
 *
 * @example
 * keyFor(secret, { consumer: "login", report: (report) => socket.write(`${formatReport(report)}\n`) });
 */
export function formatReport({ secret, consumer, version, sends, rejections, atMs }: KeyReport): string {
  const { namespace, dimensions, sends: Sends, rejections: Rejections } = CONSUMER_METRICS;
  const [Secret, Consumer, Version] = dimensions;
  const Metrics = [Sends, Rejections].map((Name) => ({ Name, Unit: "Count" }));
  return JSON.stringify({
    _aws: {
      Timestamp: Math.floor(atMs),
      CloudWatchMetrics: [{ Namespace: namespace, Dimensions: [dimensions], Metrics }],
    },
    [Secret]: secret,
    [Consumer]: consumer,
    [Version]: version,
    [Sends]: sends,
    [Rejections]: rejections,
  });
}
