import { DescribeServicesCommand, ECSClient } from "@aws-sdk/client-ecs";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { mockClient } from "aws-sdk-client-mock";
import { describe, expect, it } from "vitest";
import {
  OutcomeUnknownError,
  ProviderRejectedError,
  ProviderUnavailableError,
} from "../../../contract/errors.ts";
import { createRollouts } from "../../../core/aws/rollouts.ts";
import type { EcsServiceSpec } from "../../../rehearsal/aws/ecs.ts";
import { type ConsumerWorld, startConsumerWorld } from "../../rehearsal/aws/consumer-world.ts";
import { aCall, awsError, failureOf, NOW_MS } from "./a-secret.ts";

const LOGIN = { kind: "ecs-service", name: "login", cluster: "web", service: "login" } as const;
const WHERE = "login: the ECS service login in the cluster web";

/** A service, and rollouts that see it; the cutover was long enough ago for a start to count. */
async function aService(spec: Partial<EcsServiceSpec> = {}) {
  const world = await startConsumerWorld();
  world.aws.consumers.ecs.create({ cluster: "web", service: "login", desiredCount: 2, ...spec });
  world.time.advance(60_000);
  const sinceMs = world.time.now();
  world.time.advance(4_000);
  return { world, sinceMs, ...rolloutsIn(world) };
}

function rolloutsIn(world: ConsumerWorld) {
  const rollouts = createRollouts({
    ecs: world.ecs,
    lambda: world.lambda,
    now: () => world.time.now(),
  });
  return {
    rollouts,
    look: (sinceMs: number) => rollouts.look({ consumer: LOGIN, sinceMs }, aCall()),
    start: () => rollouts.start({ consumer: LOGIN }, aCall()),
  };
}

describe("an ECS service", () => {
  it("is started anew by a forced deployment, and done when no old task runs", async () => {
    const { world, sinceMs, look, start } = await aService();
    expect(await look(sinceMs)).toEqual({ kind: "not-started" });
    await start();
    expect(await look(sinceMs)).toEqual({
      kind: "under-way",
      because: `${WHERE}: 0 of 2 tasks of the new deployment run, and 2 of older ones; ECS says: (service login) has started 1 tasks.`,
    });
    world.time.advance(1000);
    expect(await look(sinceMs)).toEqual({ kind: "done" });
    expect(world.aws.consumers.ecs.deploymentsOf("login")).toHaveLength(2);
  });

  it("is not started before every read of the secret gives the current key, as it would hold the old one for its life", async () => {
    const { world, rollouts } = await aService();
    const sinceMs = world.time.now();
    const early = await rollouts.look({ consumer: LOGIN, sinceMs }, aCall());
    expect(early).toMatchObject({ kind: "under-way", because: expect.stringContaining("waits 4 s more") });
    world.time.advance(4_000);
    expect(await rollouts.look({ consumer: LOGIN, sinceMs }, aCall())).toEqual({ kind: "not-started" });
  });

  it("counts as started anew where somebody else has deployed it since, and not where that was before", async () => {
    const { world, look, start } = await aService();
    await start();
    world.time.advance(1000);
    expect(await look(world.time.now() - 5_000)).toEqual({ kind: "done" });
    world.time.advance(10_000);
    expect(await look(world.time.now() - 5_000)).toEqual({ kind: "not-started" });
  });

  it("that never gets stable stays under way, with what ECS says, for somebody else to end", async () => {
    const { world, sinceMs, look, start } = await aService();
    world.aws.consumers.ecs.setFate("login", "never-stable");
    await start();
    world.time.advance(86_400_000);
    const state = await look(sinceMs);
    expect(state).toMatchObject({
      kind: "under-way",
      because: expect.stringContaining("unable to place a task"),
    });
  });

  it("has failed where the circuit breaker ended its deployment", async () => {
    const { world, sinceMs, look, start } = await aService();
    world.aws.consumers.ecs.setFate("login", "broken");
    await start();
    world.time.advance(1000);
    expect(await look(sinceMs)).toEqual({
      kind: "failed",
      because: `${WHERE} has a deployment that failed: ECS deployment circuit breaker: tasks failed to start. Repair it and deploy the service`,
    });
  });

  it("has failed where its deployment was rolled back, which its description shows no more, until it is deployed", async () => {
    const { world, sinceMs, look, start } = await aService();
    world.aws.consumers.ecs.setFate("login", "broken");
    await start();
    world.time.advance(10_000);
    expect(await look(sinceMs)).toEqual({
      kind: "failed",
      because: `${WHERE} has a deployment that ended as ROLLBACK_SUCCESSFUL: ECS deployment circuit breaker: tasks failed to start. Repair it and deploy the service`,
    });
    expect(await look(world.time.now() - 4_000)).toEqual({ kind: "not-started" });
    world.aws.consumers.ecs.setFate("login", "stable");
    await start();
    world.time.advance(1000);
    expect(await look(sinceMs)).toEqual({ kind: "done" });
  });

  it("counts its own deployment where AWS's clock is up to two seconds behind, and no earlier one", async () => {
    const { world, rollouts, start } = await aService();
    await start();
    const madeAtMs = world.time.now();
    world.time.advance(60_000);
    const look = (sinceMs: number) => rollouts.look({ consumer: LOGIN, sinceMs }, aCall());
    expect(await look(madeAtMs - 2_000)).toEqual({ kind: "done" });
    expect(await look(madeAtMs - 1_999)).toEqual({ kind: "not-started" });
  });

  it("has failed where it or its cluster does not exist, or it is deleted", async () => {
    const { world, sinceMs, rollouts, look } = await aService();
    const other = { ...LOGIN, service: "signin" };
    expect(await rollouts.look({ consumer: other, sinceMs }, aCall())).toEqual({
      kind: "failed",
      because:
        "login: the ECS service signin in the cluster web does not exist in this account and region. Correct the policy",
    });
    const elsewhere = { ...LOGIN, cluster: "batch" };
    expect(await rollouts.look({ consumer: elsewhere, sinceMs }, aCall())).toMatchObject({
      kind: "failed",
      because: expect.stringContaining("in the cluster batch does not exist"),
    });
    world.aws.consumers.ecs.remove("login");
    expect(await look(sinceMs)).toMatchObject({
      kind: "failed",
      because: expect.stringContaining("is INACTIVE"),
    });
  });

  it.each(["CODE_DEPLOY", "EXTERNAL"] as const)(
    "has failed where %s deploys it, with the event to use instead, and is never forced",
    async (controller) => {
      const { sinceMs, look, start } = await aService({ controller });
      expect(await look(sinceMs)).toMatchObject({
        kind: "failed",
        because: expect.stringContaining(
          `is deployed by ${controller}, which alone can start its tasks anew`,
        ),
      });
      expect(await failureOf(start())).toBeInstanceOf(ProviderRejectedError);
    },
  );
});

describe("a call of ECS", () => {
  it("that the role does not allow is refused by the consumer's name, with the permission that is missing", async () => {
    const { world, sinceMs, look, start } = await aService();
    const ecs = mockClient(world.ecs);
    ecs.rejects(awsError("AccessDeniedException"));
    const seen = await failureOf(look(sinceMs));
    expect(seen).toBeInstanceOf(ProviderRejectedError);
    expect(seen.message).toBe(
      "consumer login: DescribeServices was refused, got AccessDeniedException. Allow ecs:DescribeServices to the function's role.",
    );
    expect((await failureOf(start())).message).toContain("Allow ecs:UpdateService to the function's role.");
  });

  it("that gets no answer may have begun a deployment, and a look that gets none is repeated", async () => {
    const { world, sinceMs, look, start } = await aService();
    world.aws.setHooks({ onRequest: () => "drop-after" });
    expect(await failureOf(start())).toBeInstanceOf(OutcomeUnknownError);
    expect(await failureOf(look(sinceMs))).toBeInstanceOf(ProviderUnavailableError);
    world.aws.setHooks({ onRequest: () => "pass" });
    expect(await look(sinceMs)).toMatchObject({ kind: "under-way" });
  });

  it("is not sent where the run is out of time", async () => {
    const { world, rollouts } = await aService();
    const call = { signal: AbortSignal.abort() };
    expect(await failureOf(rollouts.start({ consumer: LOGIN }, call))).toBeInstanceOf(
      ProviderUnavailableError,
    );
    expect(world.aws.consumers.ecs.deploymentsOf("login")).toHaveLength(1);
  });
});

describe("a deployment that ECS describes", () => {
  /** What is made of one answer, a minute after the cutover. */
  function lookAt(deployments: object[], events: object[] = []) {
    const ecs = new ECSClient({ region: "ap-south-1" });
    mockClient(ecs)
      .on(DescribeServicesCommand)
      .resolves({ services: [{ status: "ACTIVE", deployments, events }] });
    const rollouts = createRollouts({
      ecs: ecs,
      lambda: new LambdaClient({ region: "ap-south-1" }),
      now: () => NOW_MS + 60_000,
    });
    return rollouts.look({ consumer: LOGIN, sinceMs: NOW_MS }, aCall());
  }
  const at = (ms: number) => new Date(NOW_MS + ms);
  const primary = {
    status: "PRIMARY",
    createdAt: at(10_000),
    desiredCount: 2,
    runningCount: 2,
    pendingCount: 0,
  };
  const old = { status: "ACTIVE", createdAt: at(-10_000), desiredCount: 2, rolloutState: "COMPLETED" };

  it("is not done while a task of an older one runs, even if it says that it is complete", async () => {
    const completed = { ...primary, rolloutState: "COMPLETED" };
    const state = await lookAt([completed, { ...old, runningCount: 1 }]);
    expect(state).toMatchObject({ kind: "under-way", because: expect.stringContaining("1 of older ones") });
    expect(await lookAt([completed, { ...old, runningCount: 0 }])).toEqual({ kind: "done" });
  });

  it("is done by its counts where there is no rollout state, as behind a Classic Load Balancer", async () => {
    expect(await lookAt([primary])).toEqual({ kind: "done" });
    expect(await lookAt([{ ...primary, runningCount: 1 }])).toMatchObject({ kind: "under-way" });
  });

  it("has failed where the circuit breaker has brought the one before back", async () => {
    const broken = { ...primary, status: "ACTIVE", rolloutState: "FAILED", rolloutStateReason: "it broke" };
    const state = await lookAt([{ ...old, status: "PRIMARY", runningCount: 2 }, broken]);
    expect(state).toMatchObject({ kind: "failed", because: expect.stringContaining("it broke") });
  });

  it("is told with the newest message since the cutover, cut to 200 characters", async () => {
    const events = [
      { createdAt: at(-20_000), message: "an old one" },
      { createdAt: at(12_000), message: "x".repeat(500) },
      { createdAt: at(11_000), message: "not the newest" },
    ];
    const state = await lookAt([{ ...primary, rolloutState: "IN_PROGRESS" }], events);
    expect(state).toMatchObject({ because: expect.stringMatching(/ECS says: x{199}…$/) });
    const silent = await lookAt([{ ...primary, rolloutState: "IN_PROGRESS" }], events.slice(0, 1));
    expect(silent).toMatchObject({ because: expect.not.stringContaining("ECS says") });
  });
});
