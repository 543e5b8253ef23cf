import { GetMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import {
  ClusterNotFoundException,
  DescribeServicesCommand,
  ServiceNotFoundException,
  UpdateServiceCommand,
} from "@aws-sdk/client-ecs";
import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import {
  GetFunctionConfigurationCommand,
  ListAliasesCommand,
  PreconditionFailedException,
  ResourceConflictException,
  ResourceNotFoundException,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { describe, expect, it } from "vitest";
import type { BusEvent } from "../../../rehearsal/aws/event-bus.ts";
import { aReport, type ConsumerWorld, startConsumerWorld } from "./consumer-world.ts";

describe("ECS", () => {
  const force = ({ ecs }: ConsumerWorld, service = "login") =>
    ecs.send(new UpdateServiceCommand({ cluster: "web", service, forceNewDeployment: true }));
  const look = async ({ ecs }: ConsumerWorld, services: string[], cluster = "web") =>
    ecs.send(new DescribeServicesCommand({ cluster, services }));

  it("replaces a service's tasks after a while, and tells who listens", async () => {
    const world = await startConsumerWorld();
    const told: string[] = [];
    const { arn } = world.aws.consumers.ecs.create({
      cluster: "web",
      service: "login",
      desiredCount: 3,
      stableAfterMs: 5_000,
      onStart: () => told.push("start"),
      onStable: () => told.push("stable"),
    });
    world.time.advance(1000);
    await force(world);
    const during = (await look(world, [arn])).services?.[0];
    expect(during?.deployments).toMatchObject([
      { status: "PRIMARY", rolloutState: "IN_PROGRESS", runningCount: 0, desiredCount: 3 },
      { status: "ACTIVE", rolloutState: "COMPLETED", runningCount: 3 },
    ]);
    expect(during?.deployments?.[0]?.createdAt?.getTime()).toBe(world.time.now());
    expect(told).toEqual(["start"]);
    world.time.advance(5_000);
    const after = (await look(world, ["login"])).services?.[0];
    expect(after).toMatchObject({
      serviceArn: arn,
      deployments: [{ status: "PRIMARY", rolloutState: "COMPLETED", runningCount: 3 }],
    });
    expect(told).toEqual(["start", "stable"]);
  });

  it("does nothing at an update that forces nothing", async () => {
    const world = await startConsumerWorld();
    world.aws.consumers.ecs.create({ cluster: "web", service: "login" });
    await world.ecs.send(new UpdateServiceCommand({ cluster: "web", service: "login" }));
    expect(world.aws.consumers.ecs.deploymentsOf("login")).toHaveLength(1);
  });

  it("knows a service by its name or ARN in its cluster alone, and says which is missing", async () => {
    const world = await startConsumerWorld();
    world.aws.consumers.ecs.create({ cluster: "web", service: "login" });
    const { services, failures } = await look(world, ["login", "signin"]);
    expect(services).toHaveLength(1);
    expect(failures).toEqual([
      { arn: "arn:aws:ecs:us-east-1:123456789012:service/web/signin", reason: "MISSING" },
    ]);
    await expect(look(world, ["login"], "batch")).rejects.toBeInstanceOf(ClusterNotFoundException);
    await expect(force(world, "signin")).rejects.toBeInstanceOf(ServiceNotFoundException);
  });
});

describe("Lambda's configuration of a consumer's function", () => {
  const configure = ({ lambda }: ConsumerWorld, variables: Record<string, string>, RevisionId?: string) =>
    lambda.send(
      new UpdateFunctionConfigurationCommand({
        FunctionName: "billing",
        Environment: { Variables: variables },
        ...(RevisionId === undefined ? {} : { RevisionId }),
      }),
    );
  const show = ({ lambda }: ConsumerWorld, FunctionName = "billing") =>
    lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));

  it("takes all variables at once, is being updated for a while, and has another revision then", async () => {
    const world = await startConsumerWorld();
    const seen: unknown[] = [];
    world.aws.consumers.functions.create({
      name: "billing",
      environment: { A: "1" },
      onUpdated: (environment) => seen.push(environment),
    });
    const before = await show(world, "arn:aws:lambda:us-east-1:123456789012:function:billing");
    expect(before).toMatchObject({ LastUpdateStatus: "Successful", Environment: { Variables: { A: "1" } } });
    world.time.advance(5_000);
    await configure(world, { B: "2" }, before.RevisionId);
    const during = await show(world);
    expect(during).toMatchObject({ LastUpdateStatus: "InProgress", Environment: { Variables: { B: "2" } } });
    expect(Date.parse(during.LastModified ?? "")).toBe(world.time.now());
    await expect(configure(world, {})).rejects.toBeInstanceOf(ResourceConflictException);
    expect(seen).toEqual([]);
    world.time.advance(1000);
    expect(seen).toEqual([{ B: "2" }]);
    await expect(configure(world, {}, before.RevisionId)).rejects.toBeInstanceOf(PreconditionFailedException);
  });

  it("lists the function's aliases, and knows no other function", async () => {
    const world = await startConsumerWorld();
    world.aws.consumers.functions.create({ name: "billing", aliases: { live: "7" } });
    const { Aliases } = await world.lambda.send(new ListAliasesCommand({ FunctionName: "billing" }));
    expect(Aliases).toMatchObject([{ Name: "live", FunctionVersion: "7" }]);
    await expect(show(world, "other")).rejects.toBeInstanceOf(ResourceNotFoundException);
  });
});

describe("CloudWatch", () => {
  it("makes metrics of the lines that consumers write, sums them by the minute, and shows them late", async () => {
    const world = await startConsumerWorld();
    const { metrics } = world.aws.consumers;
    const startMs = world.time.now();
    const read = () =>
      world.cloudWatch.send(
        new GetMetricDataCommand({
          StartTime: new Date(startMs),
          EndTime: new Date(startMs + 600_000),
          MetricDataQueries: [
            {
              Id: "sends",
              MetricStat: {
                Metric: {
                  Namespace: "Dualkey/Consumers",
                  MetricName: "Sends",
                  // Their order is of no consequence.
                  Dimensions: [
                    { Name: "Version", Value: "v1" },
                    { Name: "Consumer", Value: "login" },
                    { Name: "Secret", Value: "prod/otp/startmessaging" },
                  ],
                },
                Period: 60,
                Stat: "Sum",
              },
            },
          ],
        }),
      );
    metrics.setDelay(120_000);
    for (const [afterMs, sends] of [[1_000, 2] as const, [59_000, 3] as const, [61_000, 4] as const]) {
      metrics.putEmf(aReport({ consumer: "login", version: "v1", atMs: startMs + afterMs, sends }));
    }
    world.time.advance(119_000);
    expect((await read()).MetricDataResults?.[0]).toMatchObject({ StatusCode: "Complete", Values: [] });
    world.time.advance(1000);
    expect((await read()).MetricDataResults?.[0]).toMatchObject({
      Id: "sends",
      Timestamps: [new Date(startMs + 60_000), new Date(startMs)],
      Values: [4, 5],
    });
  });
});

describe("the bus of EventBridge", () => {
  it("keeps what is put on it in order, and gives it to who listens until they stop", async () => {
    const world = await startConsumerWorld();
    const { bus } = world.aws.consumers;
    const heard: BusEvent[] = [];
    const stop = bus.listen((event) => heard.push(event));
    const put = (Detail: string) =>
      world.eventBridge.send(
        new PutEventsCommand({ Entries: [{ Source: "dualkey", DetailType: "KeyPromoted", Detail }] }),
      );
    expect(await put('{"n":1}')).toMatchObject({ FailedEntryCount: 0 });
    stop();
    await put('{"n":2}');
    expect(bus.all.map(({ detail }) => detail.n)).toEqual([1, 2]);
    expect(heard.map(({ detail }) => detail.n)).toEqual([1]);
    expect(await put("no JSON")).toMatchObject({
      FailedEntryCount: 1,
      Entries: [{ ErrorCode: "MalformedDetail" }],
    });
  });
});
