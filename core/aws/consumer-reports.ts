import {
  type CloudWatchClient,
  GetMetricDataCommand,
  type MetricDataQuery,
  type MetricDataResult,
} from "@aws-sdk/client-cloudwatch";
import { CONSUMER_METRICS } from "../../contract/consumer-report.ts";
import { ProviderRejectedError, ProviderUnavailableError } from "../../contract/errors.ts";
import type { Call, ConsumerReport, ConsumerReports, ReportedUse } from "../cutover/ports.ts";
import { type Operation, sending } from "./_consequence.ts";

/** How far apart the data points are: what CloudWatch keeps of a metric of ordinary resolution. */
export const REPORT_PERIOD_MS = 60_000;

/**
 * How late a report may be: a consumer writes what it has counted at least every 60 s, and a metric can be read back "up to
 * two minutes" after it was made (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/publishingMetrics.html),
 * which one of a new version is at first. Unconfirmed: how long a line takes before, which "depends on your log publishing
 * flow" (CloudWatch_Embedded_Metric_Format_Alarms.html, no bound given); a report that is later still is seen by a later look.
 */
export const REPORT_LAG_MS = CONSUMER_METRICS.everySeconds * 1000 + 120_000;

/** What one call takes: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html */
const QUERIES_PER_CALL = 500;

/** Data points of a minute are kept for 15 days, and a question that begins before gets none at all. */
const REACH_MS = 15 * 86_400_000 - 3_600_000;

/** What reading reports needs. */
export interface ConsumerReportsOptions {
  readonly cloudWatch: CloudWatchClient;
  /** The secret's name. */
  readonly secretName: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** How late a report may be. @default REPORT_LAG_MS */
  readonly lagMs?: number;
  /** What is summed up to one number. Below a minute for metrics of high resolution alone. @default REPORT_PERIOD_MS */
  readonly periodMs?: number;
}

/** One metric that is asked for. */
interface Asked {
  readonly consumer: string;
  readonly versionId: string;
  readonly metric: "sends" | "rejections";
}

/** What came of one query, all pages taken together: by the start of the minute. */
type Points = ReadonlyMap<number, number>;

/**
 * Reads what consumers report from CloudWatch, minute by minute.
 *
 * The minute in which the time asked about falls is read whole, so a use shortly before it is seen as one after it: that
 * can only hold a key for longer. Permission: `cloudwatch:GetMetricData`, which knows no resources (`*`).
 */
export function createConsumerReports(options: ConsumerReportsOptions): ConsumerReports {
  const { now, lagMs = REPORT_LAG_MS, periodMs = REPORT_PERIOD_MS } = options;
  return {
    read: async ({ consumers, versionIds, sinceMs }, call) => {
      const nowMs = now();
      const asked = consumers.flatMap((consumer) =>
        versionIds.flatMap((versionId) => [
          { consumer, versionId, metric: "sends" } as const,
          { consumer, versionId, metric: "rejections" } as const,
        ]),
      );
      const found = new Map<Asked, Points>();
      const range = rangeOf(sinceMs, { nowMs, periodMs });
      for (let start = 0; start < asked.length; start += QUERIES_PER_CALL) {
        const some = asked.slice(start, start + QUERIES_PER_CALL);
        for (const [of, points] of await query(some, { ...options, periodMs, range }, call))
          found.set(of, points);
      }
      return {
        completeUntilMs: nowMs - lagMs,
        reports: consumers.map((consumer) => reportOf(consumer, { found, periodMs })),
      };
    },
  };
}

interface Range {
  readonly StartTime: Date;
  readonly EndTime: Date;
}

/** On whole periods, as CloudWatch would round them; the end is exclusive. */
function rangeOf(
  sinceMs: number,
  { nowMs, periodMs }: { readonly nowMs: number; readonly periodMs: number },
): Range {
  const startMs = Math.max(sinceMs, nowMs - REACH_MS);
  return {
    StartTime: new Date(Math.floor(startMs / periodMs) * periodMs),
    EndTime: new Date(Math.floor(nowMs / periodMs + 1) * periodMs),
  };
}

async function query(
  asked: readonly Asked[],
  options: Required<Pick<ConsumerReportsOptions, "cloudWatch" | "secretName" | "periodMs">> & {
    readonly range: Range;
  },
  call: Call,
): Promise<Map<Asked, Points>> {
  const { cloudWatch: client, secretName, periodMs, range } = options;
  const operation: Operation = {
    name: "GetMetricData",
    service: "cloudwatch",
    effect: "none",
    subject: secretName,
  };
  const queries = asked.map((one, index) => queryOf(one, { id: `q${index}`, secretName, periodMs }));
  const points = asked.map(() => new Map<number, number>());
  const statuses: MetricDataResult["StatusCode"][] = [];
  let token: string | undefined;
  do {
    const command = new GetMetricDataCommand({ ...range, MetricDataQueries: queries, NextToken: token });
    const page = await sending(operation, command, (c) => client.send(c, { abortSignal: call.signal }));
    for (const result of page.MetricDataResults ?? []) {
      const index = Number(result.Id?.slice(1));
      statuses[index] = result.StatusCode;
      result.Timestamps?.forEach((at, n) => void points[index]?.set(at.getTime(), result.Values?.[n] ?? 0));
    }
    token = page.NextToken;
  } while (token !== undefined);
  checkWhole(statuses, asked.length, operation);
  return new Map(asked.map((one, index) => [one, points[index] ?? new Map()]));
}

function queryOf(
  { consumer, versionId, metric }: Asked,
  given: { readonly id: string; readonly secretName: string; readonly periodMs: number },
): MetricDataQuery {
  const { id, secretName, periodMs } = given;
  const values = { Secret: secretName, Consumer: consumer, Version: versionId };
  const { namespace, dimensions, [metric]: name } = CONSUMER_METRICS;
  return {
    Id: id,
    ReturnData: true,
    MetricStat: {
      Metric: {
        Namespace: namespace,
        MetricName: name,
        Dimensions: dimensions.map((dimension) => ({ Name: dimension, Value: values[dimension] })),
      },
      Period: periodMs / 1000,
      Stat: "Sum",
    },
  };
}

/**
 * A part is no answer: what is missing from it could be a use of the old key.
 *
 * @throws ProviderUnavailableError, ProviderRejectedError
 */
function checkWhole(
  statuses: readonly MetricDataResult["StatusCode"][],
  count: number,
  { subject, name }: Operation,
): void {
  const whole = Array.from({ length: count }, (_, index) => statuses[index]);
  if (whole.includes("Forbidden")) {
    throw new ProviderRejectedError(
      `${subject}: ${name} was refused for some of the metrics, got Forbidden. Allow cloudwatch:${name} to the function's role.`,
    );
  }
  const part = whole.find((status) => status !== "Complete");
  if (whole.every((status) => status === "Complete")) return;
  throw new ProviderUnavailableError(
    `${subject}: ${name} gave a part of the reports, got ${part ?? "no status"}. Repeat it later.`,
  );
}

function reportOf(
  consumer: string,
  { found, periodMs }: { readonly found: ReadonlyMap<Asked, Points>; readonly periodMs: number },
): ConsumerReport {
  const byVersion: Record<string, ReportedUse> = {};
  for (const [asked, points] of found) {
    if (asked.consumer !== consumer || points.size === 0) continue;
    const use = byVersion[asked.versionId] ?? { sends: 0, rejections: 0 };
    const sum = [...points.values()].reduce((total, value) => total + value, 0);
    byVersion[asked.versionId] = { ...use, [asked.metric]: sum, ...lastSend(asked, { points, periodMs }) };
  }
  return { consumer, byVersion };
}

/** The end of the minute: when in it the send was is not known, and later is safe. */
function lastSend(
  { metric }: Asked,
  { points, periodMs }: { readonly points: Points; readonly periodMs: number },
): Pick<ReportedUse, "lastSendAtMs"> {
  if (metric !== "sends") return {};
  const minutes = [...points].filter(([, value]) => value > 0).map(([atMs]) => atMs);
  return minutes.length === 0 ? {} : { lastSendAtMs: Math.max(...minutes) + periodMs };
}
