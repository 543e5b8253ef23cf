import { PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { World } from "./world.ts";

/** Told of each thing that the script has done. */
export type Tell = (what: string, because: string) => void;

/**
 * Replaces the key as most teams do it: make a key, put it into the secret, revoke the old one. Every call succeeds,
 * and nothing in it knows that the consumers go on with what they have read. It is a script for StartMessaging.
 */
export async function replaceByScript(
  { aws, vendor, secretName, firstKey }: World,
  tell: Tell,
): Promise<void> {
  const { url } = vendor.sandbox;
  const made = await fetch(`${url}/api-keys`, {
    method: "POST",
    headers: { "x-api-key": firstKey.fields.apiKey ?? "", "content-type": "application/json" },
    body: JSON.stringify({ label: "rotated by script" }),
  });
  const { data } = (await made.json()) as { data: { id: string; key: string } };
  tell("make", "a new key, at the vendor");

  const secrets = new SecretsManagerClient(aws.clientConfig("AKIASCRIPT"));
  const SecretString = JSON.stringify({ apiKey: data.key, keyId: data.id });
  await secrets.send(new PutSecretValueCommand({ SecretId: secretName, SecretString }));
  secrets.destroy();
  tell("store", "the new key is AWSCURRENT, and the script takes that for done");

  await fetch(`${url}/api-keys/${firstKey.id}`, {
    method: "DELETE",
    headers: { "x-api-key": data.key },
  });
  tell("revoke", "the old key is replaced, so why keep it");
}
