import {
  DescribeSecretCommand,
  PutSecretValueCommand,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { describe, expect, it } from "vitest";
import {
  OutcomeUnknownError,
  PromiseBrokenError,
  ProviderRejectedError,
  ProviderUnavailableError,
  StaleStateError,
} from "../../../contract/errors.ts";
import type { Label } from "../../../contract/labels.ts";
import { Sensitive } from "../../../contract/sensitive.ts";
import { ARN, aCall, aStore, awsError, failureOf, KEY, NAME, NEW, NOW_MS, OLD } from "./a-secret.ts";

const live: Label = { kind: "live", v8: "9ee00000", atMs: NOW_MS };
const LIVE = "dualkey:live.9ee00000@2026-04-14T08:00:00.000Z";
const key = {
  fields: { apiKey: new Sensitive(KEY) },
  keyId: "key_2",
  provider: "startmessaging",
  account: "user_9",
};
const timeout = Object.assign(new Error("timed out"), { name: "TimeoutError" });
const refusedConnection = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), {
  code: "ECONNREFUSED",
  syscall: "connect",
});

describe("storing a key", () => {
  it("puts the value, AWSPENDING and `live` in one call, with the version's id as its token", async () => {
    const { aws, store } = aStore();
    aws.on(PutSecretValueCommand).resolves({});
    await store.store({ versionId: NEW, key, labels: [live] }, aCall());
    const calls = aws.commandCalls(PutSecretValueCommand);
    expect(calls).toHaveLength(1);
    expect(calls[0]?.args[0].input).toEqual({
      SecretId: ARN,
      ClientRequestToken: NEW,
      SecretString: `{"apiKey":"${KEY}","keyId":"key_2","provider":"startmessaging","account":"user_9"}`,
      VersionStages: ["AWSPENDING", LIVE],
    });
  });

  it("puts all labels that belong to the key in the same call", async () => {
    const { aws, store } = aStore();
    aws.on(PutSecretValueCommand).resolves({});
    const expires: Label = { kind: "expires", v8: "9ee00000", atMs: NOW_MS + 86_400_000 };
    await store.store({ versionId: NEW, key, labels: [live, expires] }, aCall());
    expect(aws.commandCalls(PutSecretValueCommand)[0]?.args[0].input.VersionStages).toEqual([
      "AWSPENDING",
      LIVE,
      "dualkey:expires.9ee00000@2026-04-15T08:00:00.000Z",
    ]);
  });

  it("puts the key's id as a label in the same call where the value is a raw string", async () => {
    const { aws, store } = aStore({ value: "raw" });
    aws.on(PutSecretValueCommand).resolves({});
    await store.store({ versionId: NEW, key, labels: [live] }, aCall());
    expect(aws.commandCalls(PutSecretValueCommand)[0]?.args[0].input).toMatchObject({
      SecretString: KEY,
      VersionStages: ["AWSPENDING", LIVE, "dualkey:id.9ee00000.key_2@startmessaging/user_9"],
    });
  });

  it("stores no raw value whose owner nobody could know later", async () => {
    const { aws, store } = aStore({ value: "raw" });
    const { account: _, ...unowned } = key;
    const error = await failureOf(store.store({ versionId: NEW, key: unowned, labels: [live] }, aCall()));
    expect(error).toBeInstanceOf(PromiseBrokenError);
    expect(aws.calls()).toEqual([]);
  });

  it("sends nothing when the run has given up already", async () => {
    const { aws, store } = aStore();
    const error = await failureOf(
      store.store({ versionId: NEW, key, labels: [live] }, { signal: AbortSignal.abort() }),
    );
    expect(error).toBeInstanceOf(ProviderUnavailableError);
    expect(aws.calls()).toEqual([]);
  });
});

describe("a store that fails", () => {
  it.each([
    ["ResourceExistsException", StaleStateError, "look again"],
    ["LimitExceededException", ProviderRejectedError, "A secret holds 20 labels and 100 versions"],
    ["InvalidRequestException", ProviderRejectedError, `restore-secret --secret-id ${NAME}`],
    ["EncryptionFailure", ProviderRejectedError, "KMS key"],
    ["ResourceNotFoundException", ProviderRejectedError, "does not exist in this account and region"],
    [
      "AccessDeniedException",
      ProviderRejectedError,
      "Allow secretsmanager:PutSecretValue to the function's role",
    ],
    ["InvalidParameterException", ProviderRejectedError, "A retry cannot help"],
    ["ThrottlingException", ProviderUnavailableError, "Repeat it later"],
  ])("with %s was not applied, and the error says what to do", async (name, kind, advice) => {
    const { aws, store } = aStore();
    aws.on(PutSecretValueCommand).rejects(awsError(name));
    const error = await failureOf(store.store({ versionId: NEW, key, labels: [live] }, aCall()));
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toContain(`${NAME}: PutSecretValue`);
    expect(error.message).toContain(advice);
  });

  it("was not applied when no connection came about", async () => {
    const { aws, store } = aStore();
    aws.on(PutSecretValueCommand).rejects(refusedConnection);
    const error = await failureOf(store.store({ versionId: NEW, key, labels: [live] }, aCall()));
    expect(error).toBeInstanceOf(ProviderUnavailableError);
  });

  it.each([
    ["timed out", timeout],
    ["was aborted", Object.assign(new Error("aborted"), { name: "AbortError" })],
    ["was answered with a 500", awsError("InternalServiceError", 500)],
    ["was answered with what is no JSON", new SyntaxError(`Unexpected token in "${KEY}"`)],
  ])("may have been applied when it %s", async (_, cause) => {
    const { aws, store } = aStore();
    aws.on(PutSecretValueCommand).rejects(cause);
    const error = await failureOf(store.store({ versionId: NEW, key, labels: [live] }, aCall()));
    expect(error).toBeInstanceOf(OutcomeUnknownError);
    expect(error.cause).toBeInstanceOf(Error);
  });
});

describe("moving a label", () => {
  it.each([
    ["attach", { VersionStage: LIVE, MoveToVersionId: NEW }],
    ["detach", { VersionStage: LIVE, RemoveFromVersionId: NEW }],
    ["promote", { VersionStage: "AWSCURRENT", RemoveFromVersionId: OLD, MoveToVersionId: NEW }],
    ["promoteFirst", { VersionStage: "AWSCURRENT", MoveToVersionId: NEW }],
    ["dropPending", { VersionStage: "AWSPENDING", RemoveFromVersionId: NEW }],
  ] as const)("%s changes one label in one call, and names who has it", async (move, input) => {
    const { aws, store } = aStore();
    aws.on(UpdateSecretVersionStageCommand).resolves({});
    const moves = {
      attach: () => store.attach({ versionId: NEW, label: live }, aCall()),
      detach: () => store.detach({ versionId: NEW, label: live }, aCall()),
      promote: () => store.promote({ from: OLD, to: NEW }, aCall()),
      promoteFirst: () => store.promote({ to: NEW }, aCall()),
      dropPending: () => store.dropPending({ versionId: NEW }, aCall()),
    };
    await moves[move]();
    expect(aws.calls()).toHaveLength(1);
    expect(aws.commandCalls(UpdateSecretVersionStageCommand)[0]?.args[0].input).toEqual({
      SecretId: ARN,
      RemoveFromVersionId: undefined,
      MoveToVersionId: undefined,
      ...input,
    });
  });

  it.each([
    ["InvalidParameterException", StaleStateError],
    ["ResourceNotFoundException", StaleStateError],
    ["LimitExceededException", ProviderRejectedError],
    ["InvalidRequestException", ProviderRejectedError],
    ["AccessDeniedException", ProviderRejectedError],
    ["ThrottlingException", ProviderUnavailableError],
  ])("fails with what the caller may do next when the service says %s", async (name, kind) => {
    const { aws, store } = aStore();
    aws.on(UpdateSecretVersionStageCommand).rejects(awsError(name));
    expect(await failureOf(store.promote({ from: OLD, to: NEW }, aCall()))).toBeInstanceOf(kind);
  });

  it("may have happened when no answer came", async () => {
    const { aws, store } = aStore();
    aws.on(UpdateSecretVersionStageCommand).rejects(timeout);
    const error = await failureOf(store.promote({ from: OLD, to: NEW }, aCall()));
    expect(error).toBeInstanceOf(OutcomeUnknownError);
  });

  it("succeeds for a label that the version has already", async () => {
    const { aws, store } = aStore();
    aws.on(UpdateSecretVersionStageCommand).rejects(awsError("InvalidParameterException"));
    aws.on(DescribeSecretCommand).resolves({ VersionIdsToStages: { [NEW]: ["AWSPENDING", LIVE] } });
    await expect(store.attach({ versionId: NEW, label: live }, aCall())).resolves.toBeUndefined();
  });

  it("is stale for a label that another version has", async () => {
    const { aws, store } = aStore();
    aws.on(UpdateSecretVersionStageCommand).rejects(awsError("InvalidParameterException"));
    aws.on(DescribeSecretCommand).resolves({ VersionIdsToStages: { [OLD]: [LIVE] } });
    const error = await failureOf(store.attach({ versionId: NEW, label: live }, aCall()));
    expect(error).toBeInstanceOf(StaleStateError);
  });
});
