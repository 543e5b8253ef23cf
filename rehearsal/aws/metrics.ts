import { AwsError } from "./aws-error.ts";
import { type EmfPoint, nameMetric, readEmf } from "./emf.ts";
import { cutPage } from "./page.ts";
import {
  type Input,
  integerField,
  requiredString,
  stringField,
  structureField,
  structureListField,
} from "./request-fields.ts";
import type { Time } from "./time.ts";

interface Stored extends EmfPoint {
  readonly visibleFromMs: number;
}

/** Seconds: these, and whole minutes. Below a minute, only metrics of high resolution have more than one point in it. */
const SHORT_PERIODS: readonly number[] = [1, 5, 10, 30];

/**
 * CloudWatch's metrics, made of the lines that consumers write, and seen a while later.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
 */
export class Metrics {
  readonly #time: Time;
  readonly #points: Stored[] = [];
  #delayMs = 0;
  #state: "up" | "partial" = "up";

  constructor({ time }: { readonly time: Time }) {
    this.#time = time;
  }

  /** How long it takes until a line that is written from now on is seen. @default 0 */
  setDelay(delayMs: number): void {
    this.#delayMs = delayMs;
  }

  /** Whether answers are whole. @default "up" */
  setState(state: "up" | "partial"): void {
    this.#state = state;
  }

  /**
   * Takes a line of a consumer's log; one that is not in the embedded metric format is ignored, as CloudWatch does.
   *
   * @param atMs when it was written. @default now
   */
  putEmf(line: string, atMs: number = this.#time.now()): void {
    for (const point of readEmf(line)) this.#points.push({ ...point, visibleFromMs: atMs + this.#delayMs });
  }

  /** What of a metric, as `nameMetric` writes it, can be seen by now, since a time. */
  sumOf(metric: string, sinceMs: number): number {
    return this.#seen(metric, { startMs: sinceMs, endMs: Number.POSITIVE_INFINITY }).reduce(
      (sum, { value }) => sum + value,
      0,
    );
  }

  /** Carries out one operation. */
  handle(operation: string, input: Input): object {
    if (operation !== "GetMetricData") {
      throw new AwsError("UnknownOperationException", `No operation ${operation} here.`);
    }
    const queries = structureListField(input, "MetricDataQueries") ?? [];
    if (queries.length === 0 || queries.length > 500) {
      throw new AwsError("ValidationError", "The collection MetricDataQueries must have 1 to 500 members.");
    }
    const range = readRange(input);
    const found = queries.flatMap((query) => this.#answer(query, range));
    const page = cutPage(found, {
      size: integerField(input, "MaxDatapoints", { min: 1, max: 100_800 }) ?? 100_800,
      token: stringField(input, "NextToken"),
      tokenError: "InvalidNextToken",
    });
    const status = this.#state === "partial" ? "InternalError" : "Complete";
    return {
      NextToken: page.nextToken,
      MetricDataResults: queries.map((query) => {
        const id = requiredString(query, "Id");
        const points = page.items.filter((point) => point.id === id);
        return {
          Id: id,
          Label: id,
          StatusCode: page.nextToken === undefined ? status : "PartialData",
          Timestamps: points.map(({ atMs }) => atMs / 1000),
          Values: points.map(({ sum }) => sum),
        };
      }),
    };
  }

  #answer(query: Input, range: Range): { id: string; atMs: number; sum: number }[] {
    const id = requiredString(query, "Id");
    const { metric, periodMs } = readMetric(query);
    const startMs = floorTo(periodMs, range.startMs);
    const sums = new Map<number, number>();
    for (const { atMs, value } of this.#seen(metric, { ...range, startMs })) {
      const from = floorTo(periodMs, atMs);
      sums.set(from, (sums.get(from) ?? 0) + value);
    }
    // Newest first, unless something else is asked for.
    return [...sums].sort(([a], [b]) => b - a).map(([atMs, sum]) => ({ id, atMs, sum }));
  }

  /** Points as they are kept: their times are those of the second or the minute that they fall into. */
  #seen(metric: string, { startMs, endMs }: Range): { readonly atMs: number; readonly value: number }[] {
    const nowMs = this.#time.now();
    return this.#points.flatMap((point) => {
      const atMs = floorTo(point.resolutionMs, point.atMs);
      const isSeen = point.visibleFromMs <= nowMs && atMs >= startMs && atMs < endMs;
      return point.metric === metric && isSeen ? [{ atMs, value: point.value }] : [];
    });
  }
}

interface Range {
  readonly startMs: number;
  readonly endMs: number;
}

function readRange(input: Input): Range {
  const [start, end] = [input.StartTime, input.EndTime];
  if (typeof start !== "number" || typeof end !== "number" || start >= end) {
    throw new AwsError("ValidationError", "The parameter StartTime must be less than the parameter EndTime.");
  }
  return { startMs: start * 1000, endMs: end * 1000 };
}

function floorTo(stepMs: number, atMs: number): number {
  return Math.floor(atMs / stepMs) * stepMs;
}

/** The metric that a query names, as `nameMetric` writes it, and the time that is summed up to one value. */
function readMetric(query: Input): { readonly metric: string; readonly periodMs: number } {
  const stat = structureField(query, "MetricStat");
  const metric = stat && structureField(stat, "Metric");
  const period = Number(stat?.Period);
  const isPeriod = SHORT_PERIODS.includes(period) || (period > 0 && period % 60 === 0);
  if (!stat || !metric || !isPeriod || stat.Stat !== "Sum") {
    throw new AwsError(
      "ValidationError",
      "Only sums are known here, over 1, 5, 10 or 30 seconds or whole minutes.",
    );
  }
  const dimensions = (structureListField(metric, "Dimensions") ?? []).map(
    (one) => [requiredString(one, "Name"), requiredString(one, "Value")] as const,
  );
  const name = requiredString(metric, "MetricName");
  return {
    metric: nameMetric(requiredString(metric, "Namespace"), name, dimensions),
    periodMs: period * 1000,
  };
}
