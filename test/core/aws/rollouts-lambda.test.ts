import { inspect } from "node:util";
import {
  GetFunctionConfigurationCommand,
  ListAliasesCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { mockClient } from "aws-sdk-client-mock";
import { describe, expect, it } from "vitest";
import {
  OutcomeUnknownError,
  ProviderRejectedError,
  ProviderUnavailableError,
  StaleStateError,
} from "../../../contract/errors.ts";
import { createRollouts } from "../../../core/aws/rollouts.ts";
import { describeError } from "../../../core/aws/safe-error.ts";
import type { ConsumerFunctionSpec } from "../../../rehearsal/aws/consumer-functions.ts";
import { startConsumerWorld } from "../../rehearsal/aws/consumer-world.ts";
import { aCall, failureOf, KEY } from "./a-secret.ts";

const BILLING = { kind: "lambda-function", name: "billing", functionName: "billing" } as const;
const ENVIRONMENT = { STAGE: "prod", DATABASE_PASSWORD: KEY };

/** A function, and rollouts that see it; the cutover was long enough ago for a start to count. */
async function aFunction(spec: Partial<ConsumerFunctionSpec> = {}) {
  const world = await startConsumerWorld();
  const { functions } = world.aws.consumers;
  functions.create({ name: "billing", environment: ENVIRONMENT, timeoutSeconds: 30, ...spec });
  world.time.advance(60_000);
  const sinceMs = world.time.now();
  world.time.advance(4_000);
  const rollouts = createRollouts({
    ecs: world.ecs,
    lambda: world.lambda,
    now: () => world.time.now(),
  });
  return {
    world,
    functions,
    look: (since = sinceMs) => rollouts.look({ consumer: BILLING, sinceMs: since }, aCall()),
    lookAt: (functionName: string) =>
      rollouts.look({ consumer: { ...BILLING, functionName }, sinceMs }, aCall()),
    start: () => rollouts.start({ consumer: BILLING }, aCall()),
  };
}

describe("a function that reads its key at start", () => {
  it("is started anew by one variable more, and keeps all others as they were", async () => {
    const { world, functions, look, start } = await aFunction();
    expect(await look()).toEqual({ kind: "not-started" });
    await start();
    expect(functions.environmentOf("billing")).toEqual({
      ...ENVIRONMENT,
      DUALKEY_ROLLED_AT: "2026-03-01T00:01:04.000Z",
    });
    expect(await look()).toEqual({
      kind: "under-way",
      because: "billing: the function billing is being updated",
    });
    world.time.advance(30_000);
    expect(await look()).toEqual({ kind: "done" });
  });

  it("is not done while a call that began with the old key may go on", async () => {
    const { world, look, start } = await aFunction();
    await start();
    world.time.advance(10_000);
    expect(await look()).toEqual({
      kind: "under-way",
      because:
        "billing: the function billing is updated, and calls that began before may go on for 20 s more",
    });
  });

  it("counts once: the next cutover starts it anew", async () => {
    const { world, look, start } = await aFunction();
    await start();
    world.time.advance(600_000);
    expect(await look(world.time.now() - 60_000)).toEqual({ kind: "not-started" });
  });

  it("that is changed by somebody else is waited for, and not taken for started anew", async () => {
    const { world, look, start } = await aFunction();
    await start();
    world.time.advance(600_000);
    const sinceMs = world.time.now() - 5_000;
    await world.lambda.send(
      new UpdateFunctionConfigurationCommand({ FunctionName: "billing", Description: "of another" }),
    );
    expect(await look(sinceMs)).toMatchObject({ kind: "under-way" });
    world.time.advance(60_000);
    expect(await look(sinceMs)).toEqual({ kind: "not-started" });
  });

  it("has failed where it does not exist", async () => {
    const { lookAt } = await aFunction();
    expect(await lookAt("invoices")).toEqual({
      kind: "failed",
      because: "billing: the function invoices does not exist in this account and region. Correct the policy",
    });
  });

  it("has failed where Lambda could not update it, with Lambda's own code for the reason", async () => {
    const { world, functions, look, start } = await aFunction();
    functions.break("billing", "update-fails");
    await start();
    world.time.advance(60_000);
    expect(await look()).toEqual({
      kind: "failed",
      because:
        "billing: the function billing was not updated: InvalidConfiguration. Repair it and update the function",
    });
  });

  it.each([
    ["an alias of a published version", { aliases: { live: "7" } }, "has the alias live of its version 7"],
    ["snapshots of published versions", { snapStart: "PublishedVersions" }, "starts from snapshots"],
  ] as const)("has failed where it is called by %s, with what to do", async (_, spec, words) => {
    const { look } = await aFunction(spec);
    const state = await look();
    expect(state).toMatchObject({ kind: "failed", because: expect.stringContaining(words) });
    expect(state).toMatchObject({ because: expect.stringContaining("KeyPromoted") });
  });

  it("has failed where an alias of a published version is on a later page of its aliases", async () => {
    const { world, look } = await aFunction();
    mockClient(world.lambda)
      .on(GetFunctionConfigurationCommand)
      .resolves({ FunctionName: "billing", LastUpdateStatus: "Successful" })
      .on(ListAliasesCommand)
      .resolves({ Aliases: [{ Name: "test", FunctionVersion: "$LATEST" }], NextMarker: "two" })
      .on(ListAliasesCommand, { FunctionName: "billing", Marker: "two" })
      .resolves({ Aliases: [{ Name: "live", FunctionVersion: "7" }] });
    expect(await look()).toMatchObject({ kind: "failed", because: expect.stringContaining("alias live") });
  });

  it("is started anew where its aliases are of what an update reaches", async () => {
    const { look } = await aFunction({ aliases: { test: "$LATEST" } });
    expect(await look()).toEqual({ kind: "not-started" });
  });

  it("whose environment cannot be read is never updated, as an update would take its variables away", async () => {
    const { functions, look, start } = await aFunction();
    functions.break("billing", "environment-sealed");
    expect(await look()).toMatchObject({ kind: "failed", because: expect.stringContaining("kms:Decrypt") });
    expect(await failureOf(start())).toBeInstanceOf(ProviderRejectedError);
    expect(functions.environmentOf("billing")).toEqual(ENVIRONMENT);
  });
});

describe("an update of a function", () => {
  it("is refused as stale where somebody else has changed it since it was read", async () => {
    const { world, functions, start } = await aFunction();
    world.aws.setHooks({
      onRequest: ({ operation, callNumber }) => {
        if (operation === "UpdateFunctionConfiguration" && callNumber === 2) {
          functions.handle(operation, "billing", { Environment: { Variables: { STAGE: "next" } } });
          world.time.advance(1000);
        }
        return "pass";
      },
    });
    expect(await failureOf(start())).toBeInstanceOf(StaleStateError);
    expect(functions.environmentOf("billing")).toEqual({ STAGE: "next" });
  });

  it("is put off where another is under way", async () => {
    const { start } = await aFunction();
    await start();
    expect(await failureOf(start())).toBeInstanceOf(ProviderUnavailableError);
  });

  it("may have been carried out where no answer came", async () => {
    const { world, start } = await aFunction();
    world.aws.setHooks({
      onRequest: ({ operation }) => (operation === "UpdateFunctionConfiguration" ? "drop-after" : "pass"),
    });
    expect(await failureOf(start())).toBeInstanceOf(OutcomeUnknownError);
  });

  it("that Lambda refuses with all of the environment in its words shows none of it, however it is printed", async () => {
    const { start } = await aFunction({ environment: { ...ENVIRONMENT, LONG: "x".repeat(4_000) } });
    const error = await failureOf(start());
    expect(error).toBeInstanceOf(ProviderRejectedError);
    expect(error.message).toContain("consumer billing: UpdateFunctionConfiguration was refused");
    const printed = [
      inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true }),
      JSON.stringify(describeError(error)),
      error.stack,
    ].join("\n");
    expect(printed).not.toContain(KEY);
    expect(printed).not.toContain("DATABASE_PASSWORD");
  });
});
