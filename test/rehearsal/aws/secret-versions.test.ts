import {
  CreateSecretCommand,
  GetSecretValueCommand,
  InvalidParameterException,
  InvalidRequestException,
  LimitExceededException,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
} from "@aws-sdk/client-secrets-manager";
import { describe, expect, it } from "vitest";
import { createOtp, labelsOf, put, startWorld, token } from "./world.ts";

const names = (count: number) => Array.from({ length: count }, (_, index) => `label-${index}`);

describe("PutSecretValue", () => {
  it("moves AWSCURRENT to the new version by default, and AWSPREVIOUS to the one before", async () => {
    const world = await startWorld();
    await createOtp(world);
    const answer = await put(world, "2", "second");
    expect(answer).toMatchObject({ Name: "otp", VersionId: token("2"), VersionStages: ["AWSCURRENT"] });
    await put(world, "3", "third");
    expect(await labelsOf(world)).toEqual({ "1": [], "2": ["AWSPREVIOUS"], "3": ["AWSCURRENT"] });
  });

  it("makes a secret's first version current whatever labels were asked for", async () => {
    const world = await startWorld();
    await world.secrets.send(new CreateSecretCommand({ Name: "otp" }));
    await put(world, "1", "first", ["AWSPENDING"]);
    expect(await labelsOf(world)).toEqual({ "1": ["AWSCURRENT", "AWSPENDING"] });
  });

  it("attaches the labels that it is given, taking them off other versions, and leaves AWSCURRENT alone", async () => {
    const world = await startWorld();
    await createOtp(world);
    await put(world, "2", "second", ["AWSPENDING", "mine"]);
    await put(world, "3", "third", ["mine"]);
    expect(await labelsOf(world)).toEqual({ "1": ["AWSCURRENT"], "2": ["AWSPENDING"], "3": ["mine"] });
  });

  it("succeeds and does nothing when the same token brings the same content again", async () => {
    const world = await startWorld();
    await createOtp(world);
    await put(world, "2", "second");
    await put(world, "3", "third");
    await expect(put(world, "2", "second")).resolves.toMatchObject({ VersionStages: ["AWSPREVIOUS"] });
    expect(await labelsOf(world)).toEqual({ "1": [], "2": ["AWSPREVIOUS"], "3": ["AWSCURRENT"] });
  });

  it("refuses other content under a token that is in use, as a string or as bytes", async () => {
    const world = await startWorld();
    await createOtp(world);
    await expect(put(world, "1", "other")).rejects.toBeInstanceOf(ResourceExistsException);
    const bytes = { SecretId: "otp", ClientRequestToken: token("1"), SecretBinary: Buffer.from("first") };
    await expect(world.secrets.send(new PutSecretValueCommand(bytes))).rejects.toBeInstanceOf(
      ResourceExistsException,
    );
  });

  it("refuses a 21st label on the secret and leaves everything as it was", async () => {
    const world = await startWorld();
    await createOtp(world);
    await put(world, "2", "second", names(19));
    await expect(put(world, "3", "third", ["one too many"])).rejects.toBeInstanceOf(LimitExceededException);
    expect(Object.keys(await labelsOf(world))).toEqual(["1", "2"]);
  });

  it("counts AWSPREVIOUS, which it adds itself, among the 20", async () => {
    const world = await startWorld();
    await createOtp(world);
    await put(world, "2", "second", names(19));
    await expect(put(world, "3", "third")).rejects.toBeInstanceOf(LimitExceededException);
  });

  it("refuses no value, as a request that makes no sense", async () => {
    const world = await startWorld();
    await createOtp(world);
    await expect(
      world.secrets.send(new PutSecretValueCommand({ SecretId: "otp", ClientRequestToken: token("2") })),
    ).rejects.toBeInstanceOf(InvalidRequestException);
  });

  it("refuses a token that is too short, and two values", async () => {
    const world = await startWorld();
    await createOtp(world);
    const wrong = [
      { ClientRequestToken: "short", SecretString: "x" },
      { ClientRequestToken: token("2"), SecretString: "x", SecretBinary: Buffer.from("x") },
    ];
    for (const input of wrong) {
      await expect(
        world.secrets.send(new PutSecretValueCommand({ SecretId: "otp", ...input })),
      ).rejects.toBeInstanceOf(InvalidParameterException);
    }
  });
});

describe("GetSecretValue", () => {
  it("finds a secret by name, by ARN, and by an ARN without its six characters", async () => {
    const world = await startWorld({ region: "ap-south-1", account: "999988887777" });
    const arn = await createOtp(world);
    expect(arn).toMatch(/^arn:aws:secretsmanager:ap-south-1:999988887777:secret:otp-[A-Za-z0-9]{6}$/);
    for (const SecretId of ["otp", arn, arn.slice(0, -7)]) {
      const got = await world.secrets.send(new GetSecretValueCommand({ SecretId }));
      expect(got).toMatchObject({ ARN: arn, SecretString: "first", VersionStages: ["AWSCURRENT"] });
    }
    await expect(
      world.secrets.send(new GetSecretValueCommand({ SecretId: arn.slice(0, -3) })),
    ).rejects.toBeInstanceOf(ResourceNotFoundException);
  });

  it("reads by id, by label, and by both when they agree", async () => {
    const world = await startWorld();
    await createOtp(world);
    await put(world, "2", "second", ["AWSPENDING"]);
    const read = async (input: { VersionId?: string; VersionStage?: string }) =>
      (await world.secrets.send(new GetSecretValueCommand({ SecretId: "otp", ...input }))).SecretString;
    expect(await read({ VersionId: token("2") })).toBe("second");
    expect(await read({ VersionStage: "AWSPENDING" })).toBe("second");
    expect(await read({ VersionId: token("2"), VersionStage: "AWSPENDING" })).toBe("second");
    await expect(read({ VersionId: token("2"), VersionStage: "AWSCURRENT" })).rejects.toBeInstanceOf(
      InvalidRequestException,
    );
  });

  it("gives bytes back as bytes", async () => {
    const world = await startWorld();
    const SecretBinary = new Uint8Array([0, 1, 254]);
    await world.secrets.send(new CreateSecretCommand({ Name: "bytes", SecretBinary }));
    const got = await world.secrets.send(new GetSecretValueCommand({ SecretId: "bytes" }));
    expect(got.SecretBinary).toEqual(SecretBinary);
    expect(got.SecretString).toBeUndefined();
  });

  it("knows neither a secret, nor a version, nor a label that is not there", async () => {
    const world = await startWorld();
    await createOtp(world);
    const unknown = [
      { SecretId: "nobody" },
      { SecretId: "otp", VersionId: token("9") },
      { SecretId: "otp", VersionStage: "nowhere" },
    ];
    for (const input of unknown) {
      await expect(world.secrets.send(new GetSecretValueCommand(input))).rejects.toBeInstanceOf(
        ResourceNotFoundException,
      );
    }
  });
});

describe("ListSecretVersionIds", () => {
  it("shows versions without labels only when asked, and pages", async () => {
    const world = await startWorld();
    await createOtp(world);
    for (const end of ["2", "3", "4"]) await put(world, end, `value ${end}`);
    const list = async (input: object) =>
      world.secrets.send(new ListSecretVersionIdsCommand({ SecretId: "otp", ...input }));
    expect((await list({})).Versions?.map((version) => version.VersionId)).toEqual([token("3"), token("4")]);
    const first = await list({ IncludeDeprecated: true, MaxResults: 3 });
    const second = await list({ IncludeDeprecated: true, MaxResults: 3, NextToken: first.NextToken });
    expect([first.Versions?.length, second.Versions?.length, second.NextToken]).toEqual([3, 1, undefined]);
    await expect(list({ NextToken: "made up" })).rejects.toMatchObject({ name: "InvalidNextTokenException" });
  });
});
