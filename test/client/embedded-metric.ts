import { z } from "zod";

/**
 * CloudWatch's embedded metric format: the members, types and limits that its specification names.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
const Name = z.string().min(1).max(1024);
const Document = z.looseObject({
  _aws: z.strictObject({
    Timestamp: z.int().min(0),
    CloudWatchMetrics: z.array(
      z.strictObject({
        Namespace: Name,
        Dimensions: z.array(z.array(z.string().min(1).max(250)).min(1).max(30)).min(1),
        Metrics: z.array(
          z.strictObject({
            Name,
            Unit: z.string().optional(),
            StorageResolution: z.union([z.literal(1), z.literal(60)]).optional(),
          }),
        ),
      }),
    ),
  }),
});

/** Whether a line is one that CloudWatch takes: by the shape above, and with a member at the root for each name in it. */
export function isEmbeddedMetric(line: unknown): boolean {
  const parsed = Document.safeParse(line);
  if (!parsed.success) return false;
  const root = parsed.data as Readonly<Record<string, unknown>>;
  return parsed.data._aws.CloudWatchMetrics.every(
    ({ Dimensions, Metrics }) =>
      Dimensions.flat().every((name) => typeof root[name] === "string" && root[name] !== "") &&
      Metrics.every(({ Name: name }) => typeof root[name] === "number"),
  );
}
