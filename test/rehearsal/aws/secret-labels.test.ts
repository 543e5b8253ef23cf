import {
  InvalidParameterException,
  LimitExceededException,
  ResourceNotFoundException,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { describe, expect, it } from "vitest";
import { createOtp, labelsOf, put, startWorld, token, type World } from "./world.ts";

/** Moves a label of "otp"; `from` and `to` are the ends of tokens. */
function move(world: World, label: string, change: { from?: string; to?: string }) {
  return world.secrets.send(
    new UpdateSecretVersionStageCommand({
      SecretId: "otp",
      VersionStage: label,
      RemoveFromVersionId: change.from && token(change.from),
      MoveToVersionId: change.to && token(change.to),
    }),
  );
}

async function startWithTwo(): Promise<World> {
  const world = await startWorld();
  await createOtp(world);
  await put(world, "2", "second", ["AWSPENDING"]);
  return world;
}

describe("UpdateSecretVersionStage", () => {
  it("moves AWSCURRENT, and AWSPREVIOUS goes by itself to the version that had it", async () => {
    const world = await startWithTwo();
    await move(world, "AWSCURRENT", { from: "1", to: "2" });
    expect(await labelsOf(world)).toEqual({ "1": ["AWSPREVIOUS"], "2": ["AWSCURRENT", "AWSPENDING"] });
    await move(world, "AWSCURRENT", { from: "2", to: "1" });
    expect(await labelsOf(world)).toEqual({ "1": ["AWSCURRENT"], "2": ["AWSPENDING", "AWSPREVIOUS"] });
  });

  it("refuses to move a label when the version that has it is not named, or another one is", async () => {
    const world = await startWithTwo();
    await put(world, "3", "third", ["mine"]);
    for (const change of [{ to: "2" }, { from: "2", to: "2" }, { from: "3", to: "2" }]) {
      await expect(move(world, "AWSCURRENT", change)).rejects.toBeInstanceOf(InvalidParameterException);
    }
    await expect(move(world, "mine", { to: "1" })).rejects.toThrow(/RemoveFromVersionId can't be empty/);
    expect(await labelsOf(world)).toEqual({ "1": ["AWSCURRENT"], "2": ["AWSPENDING"], "3": ["mine"] });
  });

  it("lets only the first of two that swap from the same version win", async () => {
    const world = await startWithTwo();
    await put(world, "3", "third", ["mine"]);
    const both = await Promise.allSettled([
      move(world, "AWSCURRENT", { from: "1", to: "2" }),
      move(world, "AWSCURRENT", { from: "1", to: "3" }),
    ]);
    expect(both.map((one) => one.status).sort()).toEqual(["fulfilled", "rejected"]);
  });

  it("refuses the repetition of a swap that was applied, so that its caller looks again", async () => {
    const world = await startWithTwo();
    await move(world, "AWSCURRENT", { from: "1", to: "2" });
    await expect(move(world, "AWSCURRENT", { from: "1", to: "2" })).rejects.toBeInstanceOf(
      InvalidParameterException,
    );
  });

  it("attaches a label that is nowhere, and succeeds where it is there already", async () => {
    const world = await startWithTwo();
    await move(world, "dualkey:mark", { to: "2" });
    await move(world, "dualkey:mark", { to: "2" });
    expect((await labelsOf(world))["2"]).toEqual(["AWSPENDING", "dualkey:mark"]);
  });

  it("takes a label off, and refuses where that version does not have it", async () => {
    const world = await startWithTwo();
    await expect(move(world, "AWSPENDING", { from: "1" })).rejects.toBeInstanceOf(InvalidParameterException);
    await move(world, "AWSPENDING", { from: "2" });
    await expect(move(world, "AWSPENDING", { from: "2" })).rejects.toBeInstanceOf(InvalidParameterException);
    expect((await labelsOf(world))["2"]).toEqual([]);
  });

  it("never leaves a secret without AWSCURRENT", async () => {
    const world = await startWithTwo();
    await expect(move(world, "AWSCURRENT", { from: "1" })).rejects.toBeInstanceOf(InvalidParameterException);
  });

  it("refuses a version that is not there, and a request that names none", async () => {
    const world = await startWithTwo();
    await expect(move(world, "mine", { to: "9" })).rejects.toBeInstanceOf(ResourceNotFoundException);
    await expect(move(world, "mine", {})).rejects.toBeInstanceOf(InvalidParameterException);
  });

  it("refuses a 21st label, but still moves one of the 20", async () => {
    const world = await startWithTwo();
    for (let index = 0; index < 18; index++) await move(world, `label-${index}`, { to: "1" });
    await expect(move(world, "label-18", { to: "1" })).rejects.toBeInstanceOf(LimitExceededException);
    await move(world, "label-0", { from: "1", to: "2" });
    expect((await labelsOf(world))["2"]).toContain("label-0");
  });
});
