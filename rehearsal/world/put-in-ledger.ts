import { SecretsManagerClient, UpdateSecretVersionStageCommand } from "@aws-sdk/client-secrets-manager";
import { formatLabel } from "../../contract/labels.ts";
import type { GivenKey } from "../vendor.ts";
import { putSecret } from "./put-secret.ts";
import type { World } from "./world.ts";

/** Puts a key into the secret as a rotation leaves one: with everything in its value, and its account open in the ledger. */
export async function putInLedger(
  { aws, secretName, vendor }: Pick<World, "aws" | "secretName" | "vendor">,
  { id, fields, account }: GivenKey & { readonly account: string },
): Promise<void> {
  const atMs = Date.now();
  const about = { keyId: id, provider: vendor.id, account, createdAt: new Date(atMs).toISOString() };
  await putSecret(aws, { secretId: secretName, fields: { ...fields, ...about } });
  const version = aws.secrets.get(secretName)?.labelled("AWSCURRENT")?.id ?? "";
  const secrets = new SecretsManagerClient(aws.clientConfig("AKIAPERSON"));
  try {
    const label = formatLabel({ kind: "live", v8: version.slice(0, 8), atMs });
    const attach = { SecretId: secretName, VersionStage: label, MoveToVersionId: version };
    await secrets.send(new UpdateSecretVersionStageCommand(attach));
  } finally {
    secrets.destroy();
  }
}
