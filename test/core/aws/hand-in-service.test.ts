import {
  CreateSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { expect, it, onTestFinished } from "vitest";
import { createAdminCredential } from "../../../core/aws/admin-credential.ts";
import { createHandIn } from "../../../core/aws/hand-in.ts";
import { startEmbeddedAws } from "../../../rehearsal/aws/embedded-aws.ts";
import { aCall, failureOf } from "./a-secret.ts";

const NAME = "prod/otp/hand-in";

/** A hand-in on a service that keeps versions and labels as Secrets Manager does. */
async function aService() {
  const aws = await startEmbeddedAws();
  onTestFinished(() => aws.close());
  const client = new SecretsManagerClient(aws.clientConfig());
  await client.send(new CreateSecretCommand({ Name: NAME }));
  const put = async (text: string) => {
    const { VersionId = "" } = await client.send(
      new PutSecretValueCommand({ SecretId: NAME, SecretString: text }),
    );
    return VersionId;
  };
  const handIn = createHandIn({ client, secretId: NAME, fieldNames: ["apiKey"], shape: { value: "json" } });
  return { client, handIn, put };
}

it("offers each value once, the newest alone, and never one that was taken", async () => {
  const { handIn, put } = await aService();
  expect(await handIn.look(aCall())).toEqual({ kind: "none" });

  const first = await put("key-one");
  expect(await handIn.look(aCall())).toMatchObject({ kind: "key", versionId: first });
  await handIn.take({ versionId: first }, aCall());
  await handIn.take({ versionId: first }, aCall());
  expect(await handIn.look(aCall())).toEqual({ kind: "none" });

  await put("key-two");
  const third = await put("key-three");
  expect(await handIn.look(aCall())).toMatchObject({ kind: "key", versionId: third });
  await handIn.take({ versionId: third }, aCall());
  expect(await handIn.look(aCall())).toEqual({ kind: "none" });

  // A run that was slow comes back to what it took: the newer one stays taken.
  await handIn.take({ versionId: first }, aCall());
  expect(await handIn.look(aCall())).toEqual({ kind: "none" });
});

it("moves the label where a person has put it on another version", async () => {
  const { client, handIn, put } = await aService();
  const first = await put("key-one");
  const second = await put("key-two");
  const VersionStage = "dualkey:taken";
  await client.send(
    new UpdateSecretVersionStageCommand({ SecretId: NAME, VersionStage, MoveToVersionId: first }),
  );
  await handIn.take({ versionId: second }, aCall());
  expect(await handIn.look(aCall())).toEqual({ kind: "none" });
});

it("finds no admin credential in a secret without a value", async () => {
  const { client, put } = await aService();
  const read = createAdminCredential({ client, secretId: NAME, fieldNames: [["apiKey"]] });
  expect((await failureOf(read(aCall()))).message).toContain("has no value yet");
  await put('{"apiKey":"x"}');
  expect((await read(aCall())).apiKey?.reveal()).toBe("x");
});
