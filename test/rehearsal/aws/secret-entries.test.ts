import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  InvalidParameterException,
  InvalidRequestException,
  ListSecretsCommand,
  type ListSecretsCommandInput,
  ResourceExistsException,
  ResourceNotFoundException,
  RestoreSecretCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-secrets-manager";
import { describe, expect, it } from "vitest";
import { createOtp, put, startWorld, token, type World } from "./world.ts";

async function list(world: World, input: ListSecretsCommandInput): Promise<(string | undefined)[]> {
  const listed = await world.secrets.send(new ListSecretsCommand(input));
  return (listed.SecretList ?? []).map((entry) => entry.Name);
}

describe("CreateSecret", () => {
  it("refuses a name that is taken, but repeats its answer to the same token and content", async () => {
    const world = await startWorld();
    const arn = await createOtp(world);
    const again = { Name: "otp", SecretString: "first", ClientRequestToken: token("1") };
    await expect(world.secrets.send(new CreateSecretCommand(again))).resolves.toMatchObject({ ARN: arn });
    await expect(
      world.secrets.send(new CreateSecretCommand({ ...again, SecretString: "other" })),
    ).rejects.toBeInstanceOf(ResourceExistsException);
  });

  it("makes a secret without a version when it gets no value", async () => {
    const world = await startWorld();
    const made = await world.secrets.send(new CreateSecretCommand({ Name: "empty", Description: "later" }));
    expect(made.VersionId).toBeUndefined();
    const described = await world.secrets.send(new DescribeSecretCommand({ SecretId: "empty" }));
    expect(described).toMatchObject({ Name: "empty", Description: "later", VersionIdsToStages: {} });
    expect(described.RotationEnabled).toBeUndefined();
  });
});

describe("DeleteSecret", () => {
  it("opens a recovery window in which only DescribeSecret and RestoreSecret go on", async () => {
    const world = await startWorld();
    await createOtp(world);
    await world.secrets.send(new DeleteSecretCommand({ SecretId: "otp", RecoveryWindowInDays: 7 }));
    await expect(world.secrets.send(new GetSecretValueCommand({ SecretId: "otp" }))).rejects.toBeInstanceOf(
      InvalidRequestException,
    );
    await expect(put(world, "2", "second")).rejects.toBeInstanceOf(InvalidRequestException);
    await expect(world.secrets.send(new CreateSecretCommand({ Name: "otp" }))).rejects.toBeInstanceOf(
      InvalidRequestException,
    );
    const described = await world.secrets.send(new DescribeSecretCommand({ SecretId: "otp" }));
    expect(described.DeletedDate).toEqual(new Date("2026-03-08T00:00:00Z"));
    expect(await list(world, {})).toEqual([]);
    expect(await list(world, { IncludePlannedDeletion: true })).toEqual(["otp"]);
    await world.secrets.send(new RestoreSecretCommand({ SecretId: "otp" }));
    await expect(put(world, "2", "second")).resolves.toMatchObject({ VersionId: token("2") });
  });

  it("deletes for good when forced, and then twice is no error", async () => {
    const world = await startWorld();
    await createOtp(world);
    const forced = { SecretId: "otp", ForceDeleteWithoutRecovery: true };
    await world.secrets.send(new DeleteSecretCommand(forced));
    await world.secrets.send(new DeleteSecretCommand(forced));
    await expect(world.secrets.send(new DescribeSecretCommand({ SecretId: "otp" }))).rejects.toBeInstanceOf(
      ResourceNotFoundException,
    );
  });

  it("refuses a recovery window that is too short, or given together with force", async () => {
    const world = await startWorld();
    await createOtp(world);
    for (const input of [
      { RecoveryWindowInDays: 6 },
      { RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true },
    ]) {
      await expect(
        world.secrets.send(new DeleteSecretCommand({ SecretId: "otp", ...input })),
      ).rejects.toBeInstanceOf(InvalidParameterException);
    }
  });
});

describe("ListSecrets", () => {
  async function startWithTags(): Promise<World> {
    const world = await startWorld();
    for (const [Name, tag] of [
      ["a", "staging"],
      ["b", "production"],
      ["c", "production"],
    ]) {
      const Tags = [{ Key: "dualkey:deployment", Value: tag }];
      await world.secrets.send(new CreateSecretCommand({ Name, SecretString: "x", Tags }));
      world.time.advance(1);
    }
    await world.secrets.send(
      new CreateSecretCommand({ Name: "not ours".replace(" ", "-"), SecretString: "x" }),
    );
    return world;
  }

  it("filters by tag and by name: prefixes, alternatives, and a leading ! for not", async () => {
    const world = await startWithTags();
    const by = (Key: "tag-key" | "tag-value" | "name", ...Values: string[]) =>
      list(world, { Filters: [{ Key, Values }] });
    expect(await by("tag-key", "dualkey:")).toEqual(["a", "b", "c"]);
    expect(await by("tag-value", "production")).toEqual(["b", "c"]);
    expect(await by("name", "a", "not")).toEqual(["a", "not-ours"]);
    expect(await by("tag-key", "!dualkey")).toEqual(["not-ours"]);
    const both = [
      { Key: "tag-key" as const, Values: ["dualkey"] },
      { Key: "name" as const, Values: ["b"] },
    ];
    expect(await list(world, { Filters: both })).toEqual(["b"]);
  });

  it("pages, and refuses more than 100 a page", async () => {
    const world = await startWithTags();
    const first = await world.secrets.send(new ListSecretsCommand({ MaxResults: 3 }));
    expect(first.SecretList?.length).toBe(3);
    expect(await list(world, { MaxResults: 3, NextToken: first.NextToken })).toEqual(["not-ours"]);
    await expect(list(world, { MaxResults: 101 })).rejects.toBeInstanceOf(InvalidParameterException);
  });

  it("shows the labels of each version, and, with a lag, those of a while ago", async () => {
    const world = await startWorld();
    await createOtp(world);
    world.time.advance(10_000);
    world.aws.setConsistency({ listLagMs: 5000 });
    await put(world, "2", "second");
    const stages = async () => {
      const listed = await world.secrets.send(new ListSecretsCommand({}));
      return listed.SecretList?.[0]?.SecretVersionsToStages;
    };
    expect(await stages()).toEqual({ [token("1")]: ["AWSCURRENT"] });
    world.time.advance(5000);
    expect(await stages()).toEqual({ [token("1")]: ["AWSPREVIOUS"], [token("2")]: ["AWSCURRENT"] });
  });
});

describe("tags", () => {
  it("are added, replaced, and taken off by key", async () => {
    const world = await startWorld();
    await createOtp(world);
    const tag = (Key: string, Value: string) =>
      world.secrets.send(new TagResourceCommand({ SecretId: "otp", Tags: [{ Key, Value }] }));
    await tag("a", "1");
    await tag("b", "2");
    await tag("a", "3");
    await world.secrets.send(new UntagResourceCommand({ SecretId: "otp", TagKeys: ["b", "unknown"] }));
    const described = await world.secrets.send(new DescribeSecretCommand({ SecretId: "otp" }));
    expect(described.Tags).toEqual([{ Key: "a", Value: "3" }]);
  });
});
