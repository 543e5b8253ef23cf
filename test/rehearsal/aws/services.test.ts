import { InvokeCommand, ResourceNotFoundException, TooManyRequestsException } from "@aws-sdk/client-lambda";
import { DescribeSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import {
  DeleteParameterCommand,
  GetParameterCommand,
  GetParametersByPathCommand,
  ParameterAlreadyExists,
  ParameterNotFound,
  PutParameterCommand,
} from "@aws-sdk/client-ssm";
import { describe, expect, it } from "vitest";
import { createOtp, labelsOf, put, startWorld, token, type World } from "./world.ts";

describe("Parameter Store", () => {
  const write = (world: World, Name: string, Value: string, Overwrite?: boolean) =>
    world.parameters.send(new PutParameterCommand({ Name, Value, Type: "String", Overwrite }));

  it("keeps parameters, and overwrites only when told to", async () => {
    const world = await startWorld();
    await write(world, "/dualkey/a/otp", "{}");
    await expect(write(world, "/dualkey/a/otp", "{2}")).rejects.toBeInstanceOf(ParameterAlreadyExists);
    await expect(write(world, "/dualkey/a/otp", "{2}", true)).resolves.toMatchObject({ Version: 2 });
    const got = await world.parameters.send(new GetParameterCommand({ Name: "/dualkey/a/otp" }));
    expect(got.Parameter).toMatchObject({ Value: "{2}", Version: 2, Type: "String" });
    await world.parameters.send(new DeleteParameterCommand({ Name: "/dualkey/a/otp" }));
    await expect(
      world.parameters.send(new GetParameterCommand({ Name: "/dualkey/a/otp" })),
    ).rejects.toBeInstanceOf(ParameterNotFound);
  });

  it("shows a SecureString in clear only with decryption", async () => {
    const world = await startWorld();
    const Name = "/secure";
    await world.parameters.send(new PutParameterCommand({ Name, Value: "clear", Type: "SecureString" }));
    const read = async (WithDecryption: boolean) =>
      (await world.parameters.send(new GetParameterCommand({ Name, WithDecryption }))).Parameter?.Value;
    expect(await read(false)).not.toContain("clear");
    expect(await read(true)).toBe("clear");
  });

  it("lists by path, ten a page, and deeper only when told to", async () => {
    const world = await startWorld();
    for (let index = 10; index < 22; index++) await write(world, `/dualkey/a/${index}`, "{}");
    await write(world, "/dualkey/a/deep/er", "{}");
    await write(world, "/dualkey/ab", "{}");
    const list = async (input: object) => {
      const page = await world.parameters.send(
        new GetParametersByPathCommand({ Path: "/dualkey/a", ...input }),
      );
      return { names: page.Parameters?.map((parameter) => parameter.Name), next: page.NextToken };
    };
    const first = await list({});
    expect(first.names).toHaveLength(10);
    expect((await list({ NextToken: first.next })).names).toEqual(["/dualkey/a/20", "/dualkey/a/21"]);
    const deep = await list({ Recursive: true });
    expect((await list({ Recursive: true, NextToken: deep.next })).names).toContain("/dualkey/a/deep/er");
  });
});

describe("Lambda", () => {
  it("finds a function by its name, its ARN and a partial ARN, and no other", async () => {
    const world = await startWorld();
    const { arn } = world.aws.createFunction({ name: "echo", code: { inline: (event) => event } });
    for (const FunctionName of ["echo", arn, `${arn}:$LATEST`, "123456789012:function:echo"]) {
      const answer = await world.lambda.send(new InvokeCommand({ FunctionName, Payload: '{"a":1}' }));
      expect(answer).toMatchObject({ StatusCode: 200, ExecutedVersion: "$LATEST" });
      expect(answer.Payload?.transformToString()).toBe('{"a":1}');
    }
    await expect(world.lambda.send(new InvokeCommand({ FunctionName: "other" }))).rejects.toBeInstanceOf(
      ResourceNotFoundException,
    );
  });

  it("only checks on a dry run", async () => {
    const world = await startWorld();
    let calls = 0;
    world.aws.createFunction({ name: "count", code: { inline: () => calls++ } });
    const dry = new InvokeCommand({ FunctionName: "count", InvocationType: "DryRun" });
    expect((await world.lambda.send(dry)).StatusCode).toBe(204);
    expect(calls).toBe(0);
  });

  it("refuses more invocations at once than are reserved", async () => {
    const world = await startWorld();
    const started = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    world.aws.createFunction({
      name: "slow",
      reservedConcurrency: 1,
      code: {
        inline: () => {
          started.resolve();
          return release.promise;
        },
      },
    });
    const first = world.lambda.send(new InvokeCommand({ FunctionName: "slow" }));
    await started.promise;
    await expect(world.lambda.send(new InvokeCommand({ FunctionName: "slow" }))).rejects.toBeInstanceOf(
      TooManyRequestsException,
    );
    release.resolve();
    expect((await first).FunctionError).toBeUndefined();
  });

  it("accepts an event at once, runs it when there is room, and drops it when it is too old by then", async () => {
    const world = await startWorld();
    const seen: unknown[] = [];
    const release = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    world.aws.createFunction({
      name: "later",
      reservedConcurrency: 1,
      maximumEventAgeSeconds: 300,
      code: {
        inline: async (event) => {
          seen.push(event);
          started.resolve();
          await release.promise;
        },
      },
    });
    const send = (Payload: string) =>
      world.lambda.send(new InvokeCommand({ FunctionName: "later", InvocationType: "Event", Payload }));
    expect((await send("1")).StatusCode).toBe(202);
    await started.promise;
    await send("2");
    world.time.advance(299_000);
    await send("3");
    world.time.advance(1000);
    release.resolve();
    await world.aws.events.until((event) => event.kind === "event-dropped");
    await expect.poll(() => seen).toEqual([1, 3]);
  });

  it("delivers an event twice, at the same time, when a hook asks for it", async () => {
    const seen: string[] = [];
    const world = await startWorld({ onInvoke: ({ isRedelivery }) => (isRedelivery ? "once" : "twice") });
    world.aws.createFunction({
      name: "twice",
      code: { inline: (event, context) => seen.push(`${JSON.stringify(event)} ${context.awsRequestId}`) },
    });
    await world.lambda.send(new InvokeCommand({ FunctionName: "twice", Payload: '"same"' }));
    await expect.poll(() => seen.length).toBe(2);
    expect(seen.every((line) => line.startsWith('"same" '))).toBe(true);
    expect(new Set(seen).size).toBe(2);
  });
});

describe("the clock", () => {
  it("sends a scheduled event every period until it is stopped", async () => {
    const world = await startWorld();
    const seen: unknown[] = [];
    world.aws.createFunction({ name: "sweep", code: { inline: (event) => seen.push(event) } });
    const stop = world.aws.startClock({ functionName: "sweep", everyMs: 1000 });
    world.time.advance(2500);
    await expect.poll(() => seen.length).toBe(2);
    expect(seen[0]).toMatchObject({
      version: "0",
      source: "aws.events",
      "detail-type": "Scheduled Event",
      account: "123456789012",
      region: "us-east-1",
      time: "2026-03-01T00:00:01Z",
      detail: {},
    });
    stop();
    world.time.advance(5000);
    expect(world.time.nextInMs()).toBeUndefined();
  });
});

describe("the endpoint", () => {
  it("refuses a request that nobody signed", async () => {
    const world = await startWorld();
    const response = await fetch(world.aws.endpoint, {
      method: "POST",
      headers: { "X-Amz-Target": "secretsmanager.ListSecrets", "Content-Type": "application/x-amz-json-1.1" },
      body: "{}",
    });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ __type: "MissingAuthenticationTokenException" });
  });

  it.each([
    ["drop-before", false],
    ["drop-after", true],
    ["error-500", false],
    ["error-500-after", true],
    ["throttle", false],
  ] as const)("plays the fault %s (carried out: %s)", async (fault, isApplied) => {
    const world = await startWorld();
    await createOtp(world);
    world.aws.setHooks({ onRequest: ({ operation }) => (operation === "PutSecretValue" ? fault : "pass") });
    await expect(put(world, "2", "second")).rejects.toThrow();
    expect((await labelsOf(world))["2"] !== undefined).toBe(isApplied);
  });

  it("leaves a caller to its own timeout when it hangs", async () => {
    const world = await startWorld();
    await createOtp(world);
    world.aws.setHooks({ onRequest: () => "hang-after" });
    const abort = new AbortController();
    const hanging = world.secrets.send(new DescribeSecretCommand({ SecretId: "otp" }), {
      abortSignal: abort.signal,
    });
    await world.aws.events.until((event) => event.kind === "call" && event.fault === "hang-after");
    abort.abort();
    await expect(hanging).rejects.toMatchObject({ name: "AbortError" });
  });

  it("lets the SDK's own retries get over a dropped connection", async () => {
    const world = await startWorld();
    await createOtp(world);
    world.aws.setHooks({ onRequest: ({ callNumber }) => (callNumber === 1 ? "drop-after" : "pass") });
    const client = new SecretsManagerClient(world.aws.clientConfig("AKIARETRYING"));
    await expect(client.send(new DescribeSecretCommand({ SecretId: "otp" }))).resolves.toMatchObject({
      Name: "otp",
    });
    client.destroy();
  });

  it("shows the state before the last write for as long as reads are stale, while writes see the truth", async () => {
    const world = await startWorld({ consistency: { staleReadMs: 3000 } });
    await createOtp(world);
    world.time.advance(5000);
    await put(world, "2", "second");
    expect(await labelsOf(world)).toEqual({ "1": ["AWSCURRENT"] });
    await expect(put(world, "2", "other")).rejects.toMatchObject({ name: "ResourceExistsException" });
    expect(world.aws.secrets.get("otp")?.labelled("AWSCURRENT")?.id).toBe(token("2"));
    world.time.advance(3000);
    expect(await labelsOf(world)).toEqual({ "1": ["AWSPREVIOUS"], "2": ["AWSCURRENT"] });
  });
});
