import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { mockClient } from "aws-sdk-client-mock";
import { describe, expect, it } from "vitest";
import { ProviderRejectedError, ProviderUnavailableError } from "../../../contract/errors.ts";
import { createAdminCredential } from "../../../core/aws/admin-credential.ts";
import { aCall, awsError, failureOf, KEY } from "./a-secret.ts";

const SECRET = "arn:aws:secretsmanager:ap-south-1:111122223333:secret:vendors/admin-a1B2c3";
const FORMS = [
  ["username", "password"],
  ["clientId", "clientSecret"],
];

/** A reader on a client that answers with this value. */
function aReader(value?: string) {
  const client = new SecretsManagerClient({ region: "ap-south-1" });
  const aws = mockClient(client);
  if (value !== undefined) aws.on(GetSecretValueCommand).resolves({ SecretString: value });
  const read = createAdminCredential({ client, secretId: SECRET, fieldNames: FORMS });
  return { aws, read };
}

describe("an admin credential", () => {
  it.each([
    [{ username: "ops", password: KEY }],
    [{ clientId: "ops", clientSecret: KEY, note: "of the ops team" }],
    [{ username: "ops", password: KEY, clientId: "half of another" }],
  ])("is the fields of the one form that is complete: %o", async (value) => {
    const { aws, read } = aReader(JSON.stringify(value));
    const fields = await read(aCall());
    const revealed = Object.values(fields).map((field) => field.reveal());
    expect(revealed).toEqual(["ops", KEY]);
    expect(aws.commandCalls(GetSecretValueCommand)[0]?.args[0].input).toEqual({
      SecretId: SECRET,
      VersionStage: "AWSCURRENT",
    });
  });

  it("is read once for a run, and anew where reading it has failed", async () => {
    const { aws, read } = aReader();
    aws
      .on(GetSecretValueCommand)
      .rejectsOnce(awsError("InternalServiceError", 500))
      .resolves({ SecretString: JSON.stringify({ username: "ops", password: KEY }) });
    expect(await failureOf(read(aCall()))).toBeInstanceOf(ProviderUnavailableError);
    expect(await read(aCall())).toBe(await read(aCall()));
    expect(aws.calls()).toHaveLength(2);
  });
});

describe("an admin credential that cannot be used", () => {
  it.each([
    ["is no JSON", `user=${KEY}`, "is not a JSON object. Put it as"],
    ["is a list", JSON.stringify([KEY]), "is not a JSON object. Put it as"],
    [
      "lacks fields",
      JSON.stringify({ username: KEY, clientId: 5 }),
      "lacks password, or clientId and clientSecret, as a text",
    ],
    ["has an empty field", JSON.stringify({ username: KEY, password: "" }), "lacks password, or clientId"],
    [
      "is two at once",
      JSON.stringify({ username: "a", password: KEY, clientId: "b", clientSecret: KEY }),
      "has the fields of 2 credentials. Keep one of them",
    ],
  ])("says so where it %s, with names and never values", async (_, value, message) => {
    const error = await failureOf(aReader(value).read(aCall()));
    expect(error).toBeInstanceOf(ProviderRejectedError);
    expect(error.message).toContain(`admin secret vendors/admin: ${message}`);
    expect(error.message).toContain('{"username": …, "password": …} or {"clientId": …, "clientSecret": …}');
    expect(error.message).not.toContain(KEY);
    expect(error.cause).toBeUndefined();
  });

  it("says what to put where there is no secret, or no value in it", async () => {
    const { aws, read } = aReader();
    aws.on(GetSecretValueCommand).rejects(awsError("ResourceNotFoundException"));
    const error = await failureOf(read(aCall()));
    expect(error).toBeInstanceOf(ProviderRejectedError);
    expect(error.message).toContain(
      'admin secret vendors/admin: does not exist in this account and region, or has no value yet. Put the admin credential there: {"username": …',
    );
  });

  it("names the permission that the role lacks", async () => {
    const { aws, read } = aReader();
    aws.on(GetSecretValueCommand).rejects(awsError("AccessDeniedException"));
    const error = await failureOf(read(aCall()));
    expect(error).toBeInstanceOf(ProviderRejectedError);
    expect(error.message).toContain(
      "Allow secretsmanager:GetSecretValue to the function's role, and kms:Decrypt on the secret's key",
    );
  });

  it("is refused where it is binary", async () => {
    const { aws, read } = aReader();
    aws.on(GetSecretValueCommand).resolves({ SecretBinary: new TextEncoder().encode(KEY) });
    expect((await failureOf(read(aCall()))).message).toContain("is not a JSON object");
  });
});
