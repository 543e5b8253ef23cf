import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
} from "@aws-sdk/client-secrets-manager";
import { describe, expect, it } from "vitest";
import { ConfigError, ProviderRejectedError, ProviderUnavailableError } from "../../../contract/errors.ts";
import { ARN, aCall, aStore, awsError, failureOf, KEY, NAME, NEW, NOW_MS, OLD } from "./a-secret.ts";

const BORN = "2026-04-01T00:00:00.000Z";
const VALUE = JSON.stringify({ apiKey: KEY, keyId: "key_1", provider: "startmessaging", account: "user_9" });

/** A secret with a current version and others as given. */
function aSecret({
  stages = {},
  shape = { value: "json" as const },
}: {
  stages?: Record<string, string[]>;
  shape?: { value: "json" | "raw" };
} = {}) {
  const { aws, store } = aStore(shape);
  const VersionIdsToStages = { [OLD]: ["AWSCURRENT", `dualkey:live.01d00000@${BORN}`], ...stages };
  const described = { ARN, Name: NAME, RotationEnabled: true, VersionIdsToStages };
  aws.on(DescribeSecretCommand).resolves({ ...described, LastChangedDate: new Date(NOW_MS - 5_000) });
  aws
    .on(ListSecretVersionIdsCommand)
    .resolves({ Versions: [{ VersionId: OLD, CreatedDate: new Date(NOW_MS - 60_000) }] });
  aws.on(GetSecretValueCommand, { VersionId: OLD }).resolves({ VersionId: OLD, SecretString: VALUE });
  return { aws, store, described };
}

describe("a look at a secret", () => {
  it("shows each labelled version with its labels, its age, and its key", async () => {
    const { store } = aSecret();
    const view = await store.read(aCall());
    expect(view).toMatchObject({
      arn: ARN,
      name: NAME,
      rotationEnabled: true,
      isDeleted: false,
      labelCount: 2,
      notUnderstood: [],
      readAtMs: NOW_MS,
      versions: [
        {
          id: OLD,
          createdAtMs: NOW_MS - 60_000,
          isCurrent: true,
          isPending: false,
          labels: [{ kind: "live", v8: "01d00000", atMs: Date.parse(BORN) }],
          content: {
            kind: "key",
            key: { keyId: "key_1", provider: "startmessaging", account: "user_9" },
          },
        },
      ],
    });
  });

  it("reads values by version id and never by a label, which may move in between", async () => {
    const { aws, store } = aSecret();
    await store.read(aCall());
    expect(aws.commandCalls(GetSecretValueCommand).map((call) => call.args[0].input)).toEqual([
      { SecretId: ARN, VersionId: OLD },
    ]);
  });

  it("takes a version that the service placed for a rotation as empty", async () => {
    const { aws, store } = aSecret({ stages: { [NEW]: ["AWSPENDING"] } });
    aws.on(GetSecretValueCommand, { VersionId: NEW }).rejects(awsError("ResourceNotFoundException"));
    const { versions } = await store.read(aCall());
    expect(versions[1]).toMatchObject({ id: NEW, isPending: true, content: { kind: "empty" } });
  });

  it("never takes a version with `live` as empty, since its value may only not be seen yet", async () => {
    const { aws, store } = aSecret({ stages: { [NEW]: ["AWSPENDING", `dualkey:live.9ee00000@${BORN}`] } });
    aws.on(GetSecretValueCommand, { VersionId: NEW }).rejects(awsError("ResourceNotFoundException"));
    const { versions } = await store.read(aCall());
    expect(versions[1]?.content).toEqual({
      kind: "unreadable",
      because: "its value cannot be seen yet. Look again",
    });
  });

  it("looks again at an empty version, and reads a filled one only once", async () => {
    const { aws, store } = aSecret({ stages: { [NEW]: ["AWSPENDING"] } });
    aws
      .on(GetSecretValueCommand, { VersionId: NEW })
      .rejectsOnce(awsError("ResourceNotFoundException"))
      .resolves({ SecretString: VALUE });
    await store.read(aCall());
    const { versions } = await store.read(aCall());
    expect(versions[1]?.content.kind).toBe("key");
    expect(aws.commandCalls(GetSecretValueCommand).map((call) => call.args[0].input.VersionId)).toEqual([
      OLD,
      NEW,
      NEW,
    ]);
  });

  it("includes a version that has AWSPREVIOUS alone", async () => {
    const { aws, store } = aSecret({ stages: { [NEW]: ["AWSPREVIOUS"] } });
    aws.on(GetSecretValueCommand, { VersionId: NEW }).resolves({ SecretString: VALUE });
    const { versions } = await store.read(aCall());
    expect(versions[1]).toMatchObject({ id: NEW, isCurrent: false, isPending: false, labels: [] });
  });

  it("dates a version that is not listed yet by the secret's last change", async () => {
    const { aws, store } = aSecret({ stages: { [NEW]: ["AWSPENDING"] } });
    aws.on(GetSecretValueCommand, { VersionId: NEW }).rejects(awsError("ResourceNotFoundException"));
    const { versions } = await store.read(aCall());
    expect(versions[1]?.createdAtMs).toBe(NOW_MS - 5_000);
  });

  it("reads the versions' ages page by page", async () => {
    const { aws, store } = aSecret();
    const page = { VersionId: OLD, CreatedDate: new Date(NOW_MS - 90_000) };
    aws
      .on(ListSecretVersionIdsCommand)
      .resolvesOnce({ Versions: [], NextToken: "two" })
      .resolves({ Versions: [page] });
    const { versions } = await store.read(aCall());
    expect(versions[0]?.createdAtMs).toBe(NOW_MS - 90_000);
    expect(aws.commandCalls(ListSecretVersionIdsCommand)[1]?.args[0].input).toMatchObject({
      NextToken: "two",
    });
  });

  it("completes a raw value by its `id` label", async () => {
    const label = "dualkey:id.01d00000.key_1@startmessaging/user_9";
    const { aws, store } = aSecret({ shape: { value: "raw" }, stages: { [OLD]: ["AWSCURRENT", label] } });
    aws.on(GetSecretValueCommand, { VersionId: OLD }).resolves({ SecretString: KEY });
    const { versions } = await store.read(aCall());
    expect(versions[0]?.content).toMatchObject({
      key: { keyId: "key_1", provider: "startmessaging", account: "user_9" },
    });
  });

  it("believes the value where it and the `id` label differ", async () => {
    const label = "dualkey:id.01d00000.key_2@startmessaging/user_2";
    const { store } = aSecret({ stages: { [OLD]: ["AWSCURRENT", label] } });
    const { versions } = await store.read(aCall());
    expect(versions[0]?.content).toMatchObject({ key: { keyId: "key_1", account: "user_9" } });
  });

  it.each([
    ["dualkey:lives.01d00000@2026-04-01T00:00:00.000Z", "is none of ours"],
    ["dualkey:live.another0@2026-04-01T00:00:00.000Z", "names another version"],
  ])("collects %s as not understood, for it %s", async (label) => {
    const { store } = aSecret({ stages: { [OLD]: ["AWSCURRENT", label] } });
    const view = await store.read(aCall());
    expect(view.notUnderstood).toEqual([label]);
    expect(view.versions[0]?.labels).toEqual([]);
    expect(view.labelCount).toBe(2);
  });
});

describe("a version that cannot be read", () => {
  it.each([
    ["text that is no JSON", { SecretString: KEY }, "is not a JSON object"],
    ["an object without the key's field", { SecretString: `{"token":"${KEY}"}` }, "apiKey: is not a text"],
    ["bytes", { SecretBinary: new TextEncoder().encode(KEY) }, "its value is binary. Put the key as text"],
  ])("is one that holds %s, and the reason never quotes it", async (_, value, reason) => {
    const { aws, store } = aSecret();
    aws.on(GetSecretValueCommand, { VersionId: OLD }).resolves(value);
    const { versions } = await store.read(aCall());
    const content = versions[0]?.content;
    expect(content).toMatchObject({ kind: "unreadable", because: expect.stringContaining(reason) });
    expect(JSON.stringify(content)).not.toContain(KEY);
  });

  it("is one that its KMS key does not decrypt, while the others are read", async () => {
    const { aws, store } = aSecret({ stages: { [NEW]: ["AWSPREVIOUS"] } });
    aws.on(GetSecretValueCommand, { VersionId: NEW }).rejects(awsError("DecryptionFailure"));
    const { versions } = await store.read(aCall());
    expect(versions.map(({ content }) => content.kind)).toEqual(["key", "unreadable"]);
  });

  it("is every version of a secret that is scheduled for deletion, and no value is asked for", async () => {
    const { aws, store, described } = aSecret();
    aws.on(DescribeSecretCommand).resolves({ ...described, DeletedDate: new Date(NOW_MS) });
    const view = await store.read(aCall());
    expect(view.isDeleted).toBe(true);
    expect(view.versions[0]?.content.kind).toBe("unreadable");
    expect(aws.commandCalls(GetSecretValueCommand)).toEqual([]);
  });
});

describe("a look that fails as a whole", () => {
  it("says which permission is missing", async () => {
    const { aws, store } = aSecret();
    aws.on(GetSecretValueCommand).rejects(awsError("AccessDeniedException"));
    const error = await failureOf(store.read(aCall()));
    expect(error).toBeInstanceOf(ProviderRejectedError);
    expect(error.message).toBe(
      `${NAME}: GetSecretValue was refused, got AccessDeniedException. Allow secretsmanager:GetSecretValue to the function's role, and kms:Decrypt on the secret's key.`,
    );
  });

  it("says that the secret is not there", async () => {
    const { aws, store } = aSecret();
    aws.on(DescribeSecretCommand).rejects(awsError("ResourceNotFoundException"));
    const error = await failureOf(store.read(aCall()));
    expect(error).toBeInstanceOf(ProviderRejectedError);
    expect(error.message).toContain("It does not exist in this account and region");
  });

  it.each([
    ["throttled", awsError("ThrottlingException")],
    ["answered with a 500", awsError("InternalServiceError", 500)],
    ["cut off", Object.assign(new Error("socket hang up"), { name: "TimeoutError", code: "ECONNRESET" })],
  ])("may be repeated when it was %s, for a look changes nothing", async (_, cause) => {
    const { aws, store } = aSecret();
    aws.on(ListSecretVersionIdsCommand).rejects(cause);
    const error = await failureOf(store.read(aCall()));
    expect(error).toBeInstanceOf(ProviderUnavailableError);
    expect(error).not.toBeInstanceOf(ConfigError);
  });
});
