import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { mockClient } from "aws-sdk-client-mock";
import { describe, expect, it } from "vitest";
import { ProviderRejectedError, StaleStateError } from "../../../contract/errors.ts";
import type { ValueShape } from "../../../contract/secret-value.ts";
import { createHandIn } from "../../../core/aws/hand-in.ts";
import type { Offer } from "../../../core/cutover/ports.ts";
import { aCall, awsError, failureOf, KEY, NAME, NEW, OLD } from "./a-secret.ts";

const HAND_IN = `${NAME}/hand-in`;
const TAKEN = "dualkey:taken";

interface Given {
  readonly fieldNames?: readonly string[];
  readonly shape?: ValueShape;
  readonly stages?: Record<string, string[]>;
  readonly value?: string;
}

/** A hand-in on a client that answers with these labels and this value. */
function aHandIn({ fieldNames = ["apiKey"], shape = { value: "json" }, stages, value }: Given = {}) {
  const client = new SecretsManagerClient({ region: "ap-south-1" });
  const aws = mockClient(client);
  aws.on(DescribeSecretCommand).resolves({ VersionIdsToStages: stages ?? { [NEW]: ["AWSCURRENT"] } });
  aws.on(GetSecretValueCommand).resolves(value === undefined ? {} : { SecretString: value });
  return { aws, handIn: createHandIn({ client, secretId: HAND_IN, fieldNames, shape }) };
}

/** What is offered, with its fields in clear. */
async function offered(given: Given) {
  const offer = await aHandIn(given).handIn.look(aCall());
  if (offer.kind !== "key") return offer;
  const { fields, ...rest } = offer.key;
  return {
    ...rest,
    ...Object.fromEntries(Object.entries(fields).map(([name, text]) => [name, text.reveal()])),
  };
}

function becauseOf(offer: Offer): string {
  return offer.kind === "unreadable" ? offer.because : `it is ${offer.kind}`;
}

describe("a look at the hand-in", () => {
  it("offers the newest value, by the id of its version", async () => {
    const { aws, handIn } = aHandIn({
      stages: { [OLD]: ["AWSPREVIOUS", TAKEN], [NEW]: ["AWSCURRENT"] },
      value: JSON.stringify({ apiKey: KEY }),
    });
    expect(await handIn.look(aCall())).toMatchObject({ kind: "key", versionId: NEW });
    expect(aws.commandCalls(GetSecretValueCommand)[0]?.args[0].input).toEqual({
      SecretId: HAND_IN,
      VersionId: NEW,
    });
    expect(handIn.name).toBe(HAND_IN);
  });

  it.each([
    ["is empty", {}],
    ["holds what was taken already", { [NEW]: ["AWSCURRENT", TAKEN] }],
  ])("offers nothing where the secret %s, and reads no value", async (_, stages) => {
    const { aws, handIn } = aHandIn({ stages });
    expect(await handIn.look(aCall())).toEqual({ kind: "none" });
    expect(aws.commandCalls(GetSecretValueCommand)).toEqual([]);
  });

  it.each<[string, Given, object]>([
    ["a bare key with a line break behind it", { value: `${KEY}\n` }, { apiKey: KEY }],
    ["JSON, with white space around the key", { value: `{"apiKey": " ${KEY} "}` }, { apiKey: KEY }],
    [
      "JSON with the consumers' name of the field",
      { value: `{"SM_KEY": "${KEY}"}`, shape: { value: "json", fields: { apiKey: "SM_KEY" } } },
      { apiKey: KEY },
    ],
    [
      "a pair, with its id and its end",
      {
        fieldNames: ["publicKey", "secretKey"],
        value: JSON.stringify({
          publicKey: "pk_1",
          secretKey: KEY,
          keyId: "k1",
          account: "acme",
          expiresAt: "2026-05-01T00:00:00Z",
        }),
      },
      {
        publicKey: "pk_1",
        secretKey: KEY,
        keyId: "k1",
        account: "acme",
        expiresAtMs: Date.parse("2026-05-01T00:00:00Z"),
      },
    ],
    [
      "JSON where the key's own secret is raw",
      { value: `{"apiKey":"${KEY}"}`, shape: { value: "raw" } },
      { apiKey: KEY },
    ],
  ])("understands %s", async (_, given, key) => {
    expect(await offered(given)).toEqual(key);
  });

  it.each<[string, Given]>([
    ["lacks secretKey", { fieldNames: ["publicKey", "secretKey"], value: `{"publicKey":"${KEY}"}` }],
    ["holds neither JSON nor a key", { fieldNames: ["publicKey", "secretKey"], value: KEY }],
    ["holds neither JSON nor a key", { value: `{"apiKey": "${KEY}"` }],
    ["holds neither JSON nor a key", { value: `${KEY} and more` }],
    ["holds neither JSON nor a key", { value: "" }],
    ["lacks apiKey", { value: `{"${KEY}": "apiKey"}` }],
    ["holds a field that is not known", { value: `{"apiKey":"${KEY}","${KEY}":"x"}` }],
    [
      "lacks expiresAt, or holds it as no text of the right form",
      { value: `{"apiKey":"${KEY}","expiresAt":"soon"}` },
    ],
    ["holds a binary value", {}],
  ])("says what to put where it %s, and never what is there", async (message, given) => {
    const because = becauseOf(await aHandIn(given).handIn.look(aCall()));
    expect(because).toContain(message);
    expect(because).toMatch(/Put \{"\w+": …/);
    expect(because).not.toContain(KEY);
  });

  it.each([
    [
      "does not exist",
      DescribeSecretCommand,
      "ResourceNotFoundException",
      "does not exist. Deploy the constructs",
    ],
    [
      "cannot be decrypted",
      GetSecretValueCommand,
      "DecryptionFailure",
      "is not decrypted by its KMS key. Enable the key",
    ],
    ["shows its labels before its value", GetSecretValueCommand, "ResourceNotFoundException", "Look again"],
  ] as const)("is unreadable where the secret %s", async (_, command, name, message) => {
    const { aws, handIn } = aHandIn();
    aws.on(command).rejects(awsError(name));
    expect(becauseOf(await handIn.look(aCall()))).toContain(message);
  });

  it("says how to restore a secret that is scheduled for deletion", async () => {
    const { aws, handIn } = aHandIn();
    aws.on(DescribeSecretCommand).resolves({ DeletedDate: new Date(), VersionIdsToStages: {} });
    expect(becauseOf(await handIn.look(aCall()))).toContain(`restore-secret --secret-id ${HAND_IN}`);
  });

  it.each([
    [DescribeSecretCommand, "secretsmanager:DescribeSecret"],
    [GetSecretValueCommand, "secretsmanager:GetSecretValue"],
  ] as const)("names the permission that the role lacks", async (command, permission) => {
    const { aws, handIn } = aHandIn();
    aws.on(command).rejects(awsError("AccessDeniedException"));
    const error = await failureOf(handIn.look(aCall()));
    expect(error).toBeInstanceOf(ProviderRejectedError);
    expect(error.message).toContain(`Allow ${permission} to the function's role`);
  });
});

describe("taking a handed-in key", () => {
  it.each([
    ["attaches the label", {}, undefined],
    ["moves the label from the version that has it", { [OLD]: [TAKEN] }, OLD],
  ])("%s, in one call that names who has it", async (_, others, from) => {
    const { aws, handIn } = aHandIn({ stages: { ...others, [NEW]: ["AWSCURRENT"] } });
    aws.on(UpdateSecretVersionStageCommand).resolves({});
    await handIn.take({ versionId: NEW }, aCall());
    expect(aws.commandCalls(UpdateSecretVersionStageCommand)[0]?.args[0].input).toEqual({
      SecretId: HAND_IN,
      VersionStage: TAKEN,
      RemoveFromVersionId: from,
      MoveToVersionId: NEW,
    });
  });

  it.each([
    ["it is taken already", { [NEW]: ["AWSCURRENT", TAKEN] }],
    ["a newer one is taken, which would be offered again", { [NEW]: [], [OLD]: ["AWSCURRENT", TAKEN] }],
  ])("changes nothing where %s", async (_, stages) => {
    const { aws, handIn } = aHandIn({ stages });
    await handIn.take({ versionId: NEW }, aCall());
    expect(aws.commandCalls(UpdateSecretVersionStageCommand)).toEqual([]);
  });

  it("succeeds where another run was as quick", async () => {
    const { aws, handIn } = aHandIn();
    aws
      .on(DescribeSecretCommand)
      .resolvesOnce({ VersionIdsToStages: { [NEW]: ["AWSCURRENT"] } })
      .resolves({ VersionIdsToStages: { [NEW]: ["AWSCURRENT", TAKEN] } });
    aws.on(UpdateSecretVersionStageCommand).rejects(awsError("InvalidParameterException"));
    await expect(handIn.take({ versionId: NEW }, aCall())).resolves.toBeUndefined();
  });

  it("is stale where somebody else has moved the label elsewhere", async () => {
    const { aws, handIn } = aHandIn();
    aws.on(UpdateSecretVersionStageCommand).rejects(awsError("InvalidParameterException"));
    expect(await failureOf(handIn.take({ versionId: NEW }, aCall()))).toBeInstanceOf(StaleStateError);
  });

  it("names the permission that the role lacks", async () => {
    const { aws, handIn } = aHandIn();
    aws.on(UpdateSecretVersionStageCommand).rejects(awsError("AccessDeniedException"));
    const error = await failureOf(handIn.take({ versionId: NEW }, aCall()));
    expect(error).toBeInstanceOf(ProviderRejectedError);
    expect(error.message).toContain("Allow secretsmanager:UpdateSecretVersionStage");
  });
});
