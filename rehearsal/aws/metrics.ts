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

const MINUTE_MS = 60_000;

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

  #answer(query: Input, { startMs, endMs }: Range): { id: string; atMs: number; sum: number }[] {
    const id = requiredString(query, "Id");
    const wanted = readMetric(query);
    const nowMs = this.#time.now();
    const sums = new Map<number, number>();
    for (const point of this.#points) {
      const minuteMs = Math.floor(point.atMs / MINUTE_MS) * MINUTE_MS;
      const isSeen = point.visibleFromMs <= nowMs && minuteMs >= startMs && minuteMs < endMs;
      if (point.metric === wanted && isSeen) sums.set(minuteMs, (sums.get(minuteMs) ?? 0) + point.value);
    }
    // Newest first, unless something else is asked for.
    return [...sums].sort(([a], [b]) => b - a).map(([atMs, sum]) => ({ id, atMs, sum }));
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
  return { startMs: Math.floor((start * 1000) / MINUTE_MS) * MINUTE_MS, endMs: end * 1000 };
}

/** The metric that a query names, as `nameMetric` writes it. */
function readMetric(query: Input): string {
  const stat = structureField(query, "MetricStat");
  const metric = stat && structureField(stat, "Metric");
  if (!stat || !metric || stat.Period !== 60 || stat.Stat !== "Sum") {
    throw new AwsError("ValidationError", "Only sums of metrics by the minute are known here.");
  }
  const dimensions = (structureListField(metric, "Dimensions") ?? []).map(
    (one) => [requiredString(one, "Name"), requiredString(one, "Value")] as const,
  );
  return nameMetric(requiredString(metric, "Namespace"), requiredString(metric, "MetricName"), dimensions);
}
