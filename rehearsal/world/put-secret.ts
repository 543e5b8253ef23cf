import {
  CreateSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import type { EmbeddedAws } from "../aws/embedded-aws.ts";
import type { Fields } from "../vendor.ts";

/** Puts a value into a secret, as a person would; makes the secret where the stack has not. */
export async function putSecret(
  aws: EmbeddedAws,
  { secretId, fields }: { readonly secretId: string; readonly fields: Fields },
): Promise<void> {
  const secrets = new SecretsManagerClient(aws.clientConfig("AKIAPERSON"));
  const SecretString = JSON.stringify(fields);
  try {
    if (aws.secrets.get(secretId)) {
      await secrets.send(new PutSecretValueCommand({ SecretId: secretId, SecretString }));
    } else {
      await secrets.send(new CreateSecretCommand({ Name: secretId, SecretString }));
    }
  } finally {
    secrets.destroy();
  }
}
