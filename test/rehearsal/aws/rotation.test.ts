import {
  CancelRotateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  InvalidParameterException,
  InvalidRequestException,
  ResourceExistsException,
  ResourceNotFoundException,
  RotateSecretCommand,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { describe, expect, it } from "vitest";
import type { AwsEvent } from "../../../rehearsal/aws/journal.ts";
import { createOtp, labelsOf, put, startWorld, token, type World } from "./world.ts";

type Step = (world: World, event: { Step: string; SecretId: string; ClientRequestToken: string }) => unknown;

/** The steps of a rotator that does its job. */
const GOOD: Readonly<Record<string, Step>> = {
  createSecret: (world, event) =>
    put(world, event.ClientRequestToken.replace(/^.*-0*/, ""), "rotated", ["AWSPENDING"]),
  finishSecret: (world, event) =>
    world.secrets.send(
      new UpdateSecretVersionStageCommand({
        SecretId: event.SecretId,
        VersionStage: "AWSCURRENT",
        RemoveFromVersionId: token("1"),
        MoveToVersionId: event.ClientRequestToken,
      }),
    ),
};

interface Rotation extends World {
  /** The steps that the function was called with, in order. */
  readonly steps: string[];
  readonly events: Record<string, unknown>[];
  readonly rotate: (end: string, input?: object) => Promise<unknown>;
}

async function startRotation(behaviour: Readonly<Record<string, Step>>): Promise<Rotation> {
  const world = await startWorld({ rotationRetries: { attempts: 3, firstDelayMs: 1000 } });
  await createOtp(world);
  const steps: string[] = [];
  const events: Record<string, unknown>[] = [];
  const { arn } = world.aws.createFunction({
    name: "rotator",
    code: {
      inline: async (event) => {
        const step = event as { Step: string; SecretId: string; ClientRequestToken: string };
        steps.push(step.Step);
        events.push({ ...step });
        await behaviour[step.Step]?.(world, step);
      },
    },
  });
  const rotate = (end: string, input: object = {}) =>
    world.secrets.send(
      new RotateSecretCommand({
        SecretId: "otp",
        ClientRequestToken: token(end),
        RotationLambdaARN: arn,
        RotationRules: { AutomaticallyAfterDays: 30 },
        ...input,
      }),
    );
  return { ...world, steps, events, rotate };
}

/** Waits for an event, and moves the clock on whenever the service waits before another attempt. */
async function playUntil(world: World, kind: AwsEvent["kind"]): Promise<void> {
  let isOver = false;
  const over = world.aws.events
    .until((event) => event.kind === kind)
    .then(() => {
      isOver = true;
    });
  while (!isOver) {
    const waitMs = world.time.nextInMs();
    if (waitMs !== undefined) world.time.advance(waitMs);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await over;
}

const kindsOf = (world: World) => world.aws.events.all.map((event) => event.kind);

describe("a rotation", () => {
  it("calls the four steps in order, takes AWSPENDING off at the end, and sets the date", async () => {
    const world = await startRotation(GOOD);
    await world.rotate("2");
    await playUntil(world, "rotation-succeeded");
    expect(world.steps).toEqual(["createSecret", "setSecret", "testSecret", "finishSecret"]);
    expect(await labelsOf(world)).toEqual({ "1": ["AWSPREVIOUS"], "2": ["AWSCURRENT"] });
    const described = await world.secrets.send(new DescribeSecretCommand({ SecretId: "otp" }));
    expect(described).toMatchObject({
      RotationEnabled: true,
      LastRotatedDate: new Date("2026-03-01T00:00:00Z"),
      NextRotationDate: new Date("2026-03-31T00:00:00Z"),
    });
  });

  it("tells the function the full ARN, the token, and a rotation token", async () => {
    const world = await startRotation(GOOD);
    await world.rotate("2");
    await playUntil(world, "rotation-succeeded");
    expect(world.events[0]).toEqual({
      Step: "createSecret",
      SecretId: world.aws.secrets.get("otp")?.arn,
      ClientRequestToken: token("2"),
      RotationToken: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  it("places an empty AWSPENDING version before the function is called, which may be filled once", async () => {
    const seen: unknown[] = [];
    const world = await startRotation({
      ...GOOD,
      createSecret: async (inner, event) => {
        seen.push(await labelsOf(inner));
        const read = new GetSecretValueCommand({ SecretId: "otp", VersionId: event.ClientRequestToken });
        seen.push(
          await inner.secrets
            .send(read)
            .catch((error: unknown) => error instanceof ResourceNotFoundException),
        );
        await put(inner, "2", "rotated", ["AWSPENDING"]);
        seen.push(
          await put(inner, "2", "other").catch((error: unknown) => error instanceof ResourceExistsException),
        );
      },
    });
    await world.rotate("2");
    await playUntil(world, "rotation-succeeded");
    expect(seen).toEqual([{ "1": ["AWSCURRENT"], "2": ["AWSPENDING"] }, true, true]);
  });

  it("starts again at createSecret with the same token when a step fails", async () => {
    let failures = 1;
    const world = await startRotation({
      ...GOOD,
      testSecret: () => {
        if (failures-- > 0) throw new Error("not yet");
      },
    });
    await world.rotate("2");
    await playUntil(world, "rotation-succeeded");
    expect(world.steps.slice(2, 5)).toEqual(["testSecret", "createSecret", "setSecret"]);
    expect(new Set(world.events.map((event) => event.ClientRequestToken))).toEqual(new Set([token("2")]));
  });

  it("is given up after the last attempt, with AWSPENDING left behind, which blocks the next one", async () => {
    const world = await startRotation({
      createSecret: () => {
        throw new Error("never");
      },
    });
    await world.rotate("2");
    await playUntil(world, "rotation-failed");
    expect(world.steps).toEqual(["createSecret", "createSecret", "createSecret"]);
    expect(await labelsOf(world)).toEqual({ "1": ["AWSCURRENT"], "2": ["AWSPENDING"] });
    await expect(world.rotate("3")).rejects.toBeInstanceOf(InvalidRequestException);
    await expect(world.rotate("3")).rejects.toThrow("A previous rotation isn't complete.");
  });

  it("waits longer before each further attempt", async () => {
    const world = await startRotation({
      createSecret: () => {
        throw new Error("never");
      },
    });
    await world.rotate("2");
    await playUntil(world, "rotation-failed");
    const starts = world.aws.events.all.filter((event) => event.kind === "step-started");
    const first = starts[0]?.atMs ?? 0;
    expect(starts.map((event) => event.atMs - first)).toEqual([0, 1000, 3000]);
  });

  it("has failed when finishSecret succeeds without having moved AWSCURRENT", async () => {
    const world = await startRotation({ createSecret: GOOD.createSecret ?? (() => undefined) });
    await world.rotate("2");
    await playUntil(world, "rotation-failed");
    expect(await labelsOf(world)).toEqual({ "1": ["AWSCURRENT"], "2": ["AWSPENDING"] });
    const described = await world.secrets.send(new DescribeSecretCommand({ SecretId: "otp" }));
    expect(described.LastRotatedDate).toBeUndefined();
  });

  it("is abandoned by a version that somebody else makes, and loses its AWSPENDING", async () => {
    const world = await startRotation({ ...GOOD, setSecret: (inner) => put(inner, "9", "by hand") });
    await world.rotate("2");
    await playUntil(world, "rotation-abandoned");
    await playUntil(world, "step-ended");
    expect(world.steps).toEqual(["createSecret", "setSecret"]);
    expect(await labelsOf(world)).toEqual({ "1": ["AWSPREVIOUS"], "2": [], "9": ["AWSCURRENT"] });
    await expect(world.rotate("3")).resolves.toMatchObject({ VersionId: token("3") });
  });

  it("does nothing new when RotateSecret is repeated with the same token", async () => {
    const world = await startRotation(GOOD);
    await world.rotate("2");
    await expect(world.rotate("2")).resolves.toMatchObject({ VersionId: token("2") });
    await playUntil(world, "rotation-succeeded");
    expect(kindsOf(world).filter((kind) => kind === "rotation-started")).toHaveLength(1);
  });

  it("ends when it is canceled: rotation is off, and the labels stay as they are", async () => {
    const world = await startRotation({
      ...GOOD,
      setSecret: (inner) => inner.secrets.send(new CancelRotateSecretCommand({ SecretId: "otp" })),
    });
    await world.rotate("2");
    await playUntil(world, "rotation-canceled");
    await playUntil(world, "step-ended");
    expect(world.steps).toEqual(["createSecret", "setSecret"]);
    expect(world.aws.secrets.get("otp")?.rotationEnabled).toBe(false);
    expect(await labelsOf(world)).toEqual({ "1": ["AWSCURRENT"], "2": ["AWSPENDING"] });
  });

  it("writes a journal of labels, versions and steps in which no value stands", async () => {
    const world = await startRotation(GOOD);
    await world.rotate("2");
    await playUntil(world, "rotation-succeeded");
    const story = world.aws.events.all.flatMap((event) => {
      if (event.kind === "label-moved") return `${event.label} to ${event.to?.slice(-1) ?? "none"}`;
      if (event.kind === "step-ended") return event.step;
      return event.kind === "value-put" || event.kind === "version-made"
        ? `${event.kind} ${event.versionId.slice(-1)}`
        : [];
    });
    expect(story).toEqual([
      ...[
        "version-made 1",
        "value-put 1",
        "AWSCURRENT to 1",
        "version-made 2",
        "AWSPENDING to 2",
        "value-put 2",
      ],
      ...["createSecret", "setSecret", "testSecret", "AWSCURRENT to 2", "AWSPREVIOUS to 1", "finishSecret"],
      "AWSPENDING to none",
    ]);
    expect(JSON.stringify(world.aws.events.all)).not.toMatch(/"(first|rotated)"/);
  });
});

describe("RotateSecret", () => {
  it("runs testSecret alone when it is not to rotate at once, and takes its temporary version away", async () => {
    let during: unknown;
    const world = await startRotation({
      testSecret: async (inner) => {
        during = await labelsOf(inner);
      },
    });
    await world.rotate("2", { RotateImmediately: false });
    await playUntil(world, "rotation-succeeded");
    expect(during).toEqual({ "1": ["AWSCURRENT"], "2": ["AWSPENDING"] });
    expect(world.steps).toEqual(["testSecret"]);
    expect(await labelsOf(world)).toEqual({ "1": ["AWSCURRENT"] });
    expect(world.aws.secrets.get("otp")).toMatchObject({ rotationEnabled: true, lastRotatedAtMs: undefined });
  });

  it("refuses a secret without a function, an unknown function, and two schedules at once", async () => {
    const world = await startRotation({});
    await expect(world.rotate("2", { RotationLambdaARN: undefined })).rejects.toBeInstanceOf(
      InvalidRequestException,
    );
    await expect(
      world.rotate("2", { RotationLambdaARN: "arn:aws:lambda:us-east-1:1:function:none" }),
    ).rejects.toMatchObject({
      name: "AccessDeniedException",
    });
    const RotationRules = { AutomaticallyAfterDays: 1, ScheduleExpression: "rate(10 days)" };
    await expect(world.rotate("2", { RotationRules })).rejects.toBeInstanceOf(InvalidParameterException);
    expect(await labelsOf(world)).toEqual({ "1": ["AWSCURRENT"] });
  });

  it("keeps its settings for the next call", async () => {
    const world = await startRotation(GOOD);
    await world.rotate("2", { RotateImmediately: false });
    await playUntil(world, "rotation-succeeded");
    await world.rotate("3", { RotationLambdaARN: undefined, RotationRules: undefined });
    const described = await world.secrets.send(new DescribeSecretCommand({ SecretId: "otp" }));
    expect(described.RotationRules).toEqual({ AutomaticallyAfterDays: 30 });
  });
});
