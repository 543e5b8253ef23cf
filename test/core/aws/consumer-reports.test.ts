import { CloudWatchClient, GetMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { mockClient } from "aws-sdk-client-mock";
import { describe, expect, it } from "vitest";
import { ProviderRejectedError, ProviderUnavailableError } from "../../../contract/errors.ts";
import { createConsumerReports } from "../../../core/aws/consumer-reports.ts";
import { aReport, startConsumerWorld } from "../../rehearsal/aws/consumer-world.ts";
import { aCall, awsError, failureOf, NAME, NEW, NOW_MS, OLD } from "./a-secret.ts";

const MINUTE_MS = 60_000;

/** Reports of one secret in an embedded AWS whose clock begins at a whole minute. */
async function aReader(options: { readonly periodMs?: number } = {}) {
  const world = await startConsumerWorld();
  const reports = createConsumerReports({
    cloudWatch: world.cloudWatch,
    secretName: NAME,
    now: () => world.time.now(),
    ...options,
  });
  const startMs = world.time.now();
  return {
    world,
    startMs,
    metrics: world.aws.consumers.metrics,
    read: (sinceMs = startMs, consumers = ["login", "billing"]) =>
      reports.read({ consumers, versionIds: [OLD, NEW], sinceMs }, aCall()),
  };
}

describe("what consumers report", () => {
  it("is summed up by consumer and version, with the end of the last minute that had a send", async () => {
    const { world, startMs, metrics, read } = await aReader();
    metrics.putEmf(aReport({ consumer: "login", version: OLD, atMs: startMs + 5_000, sends: 3 }));
    metrics.putEmf(aReport({ consumer: "login", version: OLD, atMs: startMs + 50_000, sends: 4 }));
    metrics.putEmf(
      aReport({ consumer: "login", version: NEW, atMs: startMs + 90_000, sends: 9, rejections: 2 }),
    );
    metrics.putEmf(aReport({ consumer: "login", version: OLD, atMs: startMs + 200_000, sends: 0 }));
    world.time.advance(240_000);
    const { reports } = await read();
    expect(reports).toEqual([
      {
        consumer: "login",
        byVersion: {
          [OLD]: { sends: 7, rejections: 0, lastSendAtMs: startMs + MINUTE_MS },
          [NEW]: { sends: 9, rejections: 2, lastSendAtMs: startMs + 2 * MINUTE_MS },
        },
      },
      { consumer: "billing", byVersion: {} },
    ]);
  });

  it("is read by the second where the metrics are kept by the second", async () => {
    const { world, startMs, metrics, read } = await aReader({ periodMs: 1_000 });
    const precise = aReport({ consumer: "login", version: OLD, atMs: startMs + 5_500, sends: 3 });
    metrics.putEmf(precise.replaceAll('"Unit":', '"StorageResolution":1,"Unit":'));
    metrics.putEmf(aReport({ consumer: "billing", version: OLD, atMs: startMs + 5_500, sends: 3 }));
    world.time.advance(10_000);
    const { reports } = await read();
    expect(reports[0]?.byVersion[OLD]).toMatchObject({ sends: 3, lastSendAtMs: startMs + 6_000 });
    // CloudWatch keeps what is of ordinary resolution under the start of its minute.
    expect(reports[1]?.byVersion[OLD]).toMatchObject({ sends: 3, lastSendAtMs: startMs + 1_000 });
  });

  it("is absent where nothing was reported, and 0 only where a consumer has said so", async () => {
    const { startMs, metrics, read } = await aReader();
    metrics.putEmf(aReport({ consumer: "billing", version: NEW, atMs: startMs }));
    const { reports } = await read();
    expect(reports[0]?.byVersion).toEqual({});
    expect(reports[1]?.byVersion).toEqual({ [NEW]: { sends: 0, rejections: 0 } });
  });

  it("is complete until three minutes ago, as a line comes late", async () => {
    const { world, startMs, metrics, read } = await aReader();
    metrics.setDelay(170_000);
    metrics.putEmf(aReport({ consumer: "login", version: OLD, atMs: startMs, sends: 1 }));
    world.time.advance(169_000);
    const early = await read();
    expect(early.reports[0]?.byVersion).toEqual({});
    expect(early.completeUntilMs).toBeLessThan(startMs);
    world.time.advance(11_000);
    const late = await read();
    expect(late.completeUntilMs).toBe(startMs);
    expect(late.reports[0]?.byVersion[OLD]).toMatchObject({ sends: 1 });
  });

  it("includes the whole minute in which the time asked about falls, and nothing before it", async () => {
    const { world, startMs, metrics, read } = await aReader();
    metrics.putEmf(aReport({ consumer: "login", version: OLD, atMs: startMs + 59_000, sends: 1 }));
    metrics.putEmf(aReport({ consumer: "login", version: OLD, atMs: startMs + 61_000, sends: 1 }));
    world.time.advance(150_000);
    const { reports } = await read(startMs + 90_000);
    expect(reports[0]?.byVersion[OLD]).toEqual({
      sends: 1,
      rejections: 0,
      lastSendAtMs: startMs + 2 * MINUTE_MS,
    });
  });

  it("of another secret, or in another namespace, is not this one's", async () => {
    const { startMs, metrics, read } = await aReader();
    const line = aReport({ consumer: "login", version: OLD, atMs: startMs, sends: 1 });
    metrics.putEmf(line.replace(NAME, "prod/mail"));
    metrics.putEmf(line.replace("Dualkey/Consumers", "Other"));
    metrics.putEmf("not a line of metrics");
    expect((await read()).reports[0]?.byVersion).toEqual({});
  });

  it("is asked for 500 metrics a call, page by page", async () => {
    const cloudWatch = new CloudWatchClient({ region: "ap-south-1" });
    const aws = mockClient(cloudWatch);
    const answer = (count: number) =>
      Array.from({ length: count }, (_, index) => ({
        Id: `q${index}`,
        StatusCode: "Complete" as const,
        Timestamps: [new Date(NOW_MS)],
        Values: [1],
      }));
    aws
      .on(GetMetricDataCommand)
      .resolvesOnce({
        MetricDataResults: answer(500).map((one) => ({ ...one, StatusCode: "PartialData" })),
        NextToken: "two",
      })
      .resolvesOnce({
        MetricDataResults: answer(500).map((one) => ({ ...one, Timestamps: [new Date(NOW_MS + MINUTE_MS)] })),
      })
      .resolves({ MetricDataResults: answer(4) });
    const reports = createConsumerReports({
      cloudWatch,
      secretName: NAME,
      now: () => NOW_MS,
    });
    const consumers = Array.from({ length: 126 }, (_, index) => `service-${index}`);
    const read = await reports.read({ consumers, versionIds: [OLD, NEW], sinceMs: NOW_MS }, aCall());
    const inputs = aws.commandCalls(GetMetricDataCommand).map((call) => call.args[0].input);
    expect(inputs.map(({ MetricDataQueries, NextToken }) => [MetricDataQueries?.length, NextToken])).toEqual([
      [500, undefined],
      [500, "two"],
      [4, undefined],
    ]);
    expect(read.reports[0]?.byVersion[OLD]).toMatchObject({ sends: 2, lastSendAtMs: NOW_MS + 2 * MINUTE_MS });
    expect(read.reports[125]?.byVersion[NEW]).toMatchObject({ sends: 1, rejections: 1 });
    expect(inputs[0]?.MetricDataQueries?.[0]).toEqual({
      Id: "q0",
      ReturnData: true,
      MetricStat: {
        Metric: {
          Namespace: "Dualkey/Consumers",
          MetricName: "Sends",
          Dimensions: [
            { Name: "Secret", Value: NAME },
            { Name: "Consumer", Value: "service-0" },
            { Name: "Version", Value: OLD },
          ],
        },
        Period: 60,
        Stat: "Sum",
      },
    });
  });

  it("is asked for no further back than minutes are kept, where nothing at all would be answered", async () => {
    const { world, startMs, metrics, read } = await aReader();
    const day = 86_400_000;
    world.time.advance(20 * day);
    metrics.putEmf(aReport({ consumer: "login", version: OLD, atMs: startMs + 19 * day, sends: 1 }));
    const asked: unknown[] = [];
    world.cloudWatch.middlewareStack.add(
      (next, { commandName }) =>
        (args) => {
          asked.push(commandName, args.input);
          return next(args);
        },
      { step: "initialize" },
    );
    expect((await read()).reports[0]?.byVersion[OLD]).toMatchObject({ sends: 1 });
    const { StartTime } = asked[1] as { StartTime: Date };
    expect(world.time.now() - StartTime.getTime()).toBeLessThan(15 * day);
  });
});

describe("reports that cannot be had", () => {
  it("are not taken for silence where CloudWatch is down, or gives a part", async () => {
    const { world, metrics, read } = await aReader();
    world.aws.setHooks({ onRequest: () => "error-500" });
    expect(await failureOf(read())).toBeInstanceOf(ProviderUnavailableError);
    world.aws.setHooks({ onRequest: () => "pass" });
    metrics.setState("partial");
    const part = await failureOf(read());
    expect(part).toBeInstanceOf(ProviderUnavailableError);
    expect(part.message).toBe(
      `${NAME}: GetMetricData gave a part of the reports, got InternalError. Repeat it later.`,
    );
  });

  it.each([
    ["left out", []],
    ["forbidden", [{ Id: "q0", StatusCode: "Forbidden" as const }]],
  ])("are not taken for silence where an answer is %s", async (_, results) => {
    const cloudWatch = new CloudWatchClient({ region: "ap-south-1" });
    mockClient(cloudWatch).on(GetMetricDataCommand).resolves({ MetricDataResults: results });
    const reports = createConsumerReports({
      cloudWatch,
      secretName: NAME,
      now: () => NOW_MS,
    });
    const reading = reports.read({ consumers: ["login"], versionIds: [OLD], sinceMs: NOW_MS }, aCall());
    await expect(reading).rejects.toBeInstanceOf(
      results.length === 0 ? ProviderUnavailableError : ProviderRejectedError,
    );
  });

  it("are refused with the permission that is missing", async () => {
    const cloudWatch = new CloudWatchClient({ region: "ap-south-1" });
    mockClient(cloudWatch).rejects(awsError("AccessDenied", 403));
    const reports = createConsumerReports({
      cloudWatch,
      secretName: NAME,
      now: () => NOW_MS,
    });
    const error = await failureOf(
      reports.read({ consumers: ["login"], versionIds: [OLD], sinceMs: NOW_MS }, aCall()),
    );
    expect(error).toBeInstanceOf(ProviderRejectedError);
    expect(error.message).toContain("Allow cloudwatch:GetMetricData to the function's role.");
  });
});
