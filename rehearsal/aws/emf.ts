/** One value of one metric. */
export interface EmfPoint {
  /** Its name with its dimensions, as `nameMetric` writes them. */
  readonly metric: string;
  readonly atMs: number;
  readonly value: number;
  /** How finely its time is kept: metrics of high resolution by the second, all others by the minute. */
  readonly resolutionMs: 1_000 | 60_000;
}

interface Directive {
  readonly Namespace?: unknown;
  readonly Dimensions?: unknown;
  readonly Metrics?: unknown;
}

interface MetricDefinition {
  readonly Name: string;
  /** Seconds: 1, or 60. */
  readonly StorageResolution?: unknown;
}

/**
 * Reads the metrics out of a line of a log; none where it is not in the embedded metric format.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function readEmf(line: string): EmfPoint[] {
  const root = parseObject(line);
  const metadata = root?._aws as { Timestamp?: unknown; CloudWatchMetrics?: unknown } | undefined;
  if (!root || typeof metadata?.Timestamp !== "number" || !Array.isArray(metadata.CloudWatchMetrics))
    return [];
  const { Timestamp: atMs } = metadata;
  return metadata.CloudWatchMetrics.flatMap((directive: Directive) => readDirective(directive, root, atMs));
}

/** One name of a metric with its dimensions, whatever their order. */
export function nameMetric(
  namespace: string,
  name: string,
  dimensions: readonly (readonly [string, string])[],
): string {
  return JSON.stringify([namespace, name, dimensions.toSorted(([a], [b]) => (a < b ? -1 : 1))]);
}

/** Every metric of the directive for every set of dimensions. A value may be a number or a list of them. */
function readDirective(
  { Namespace: namespace, Dimensions: sets, Metrics: metrics }: Directive,
  root: Readonly<Record<string, unknown>>,
  atMs: number,
): EmfPoint[] {
  if (typeof namespace !== "string" || !Array.isArray(sets) || !Array.isArray(metrics)) return [];
  return sets.flatMap((names: readonly string[]) => {
    const dimensions = names.map((name) => [name, root[name]] as const);
    // A dimension without a text for its value makes the set one that is not valid.
    if (!dimensions.every((pair): pair is readonly [string, string] => typeof pair[1] === "string"))
      return [];
    return metrics.flatMap(({ Name: name, StorageResolution }: MetricDefinition) => {
      const resolutionMs = StorageResolution === 1 ? 1_000 : 60_000;
      return [root[name]].flat().flatMap((value) => {
        if (typeof value !== "number") return [];
        return [{ metric: nameMetric(namespace, name, dimensions), atMs, value, resolutionMs }];
      });
    });
  });
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(line);
    return typeof json === "object" && json !== null ? (json as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
