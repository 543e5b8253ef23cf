import { RotateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { World } from "./world.ts";

/** Asks Secrets Manager for a rotation, as its schedule would. @returns whether it was taken on */
export async function askForRotation({
  aws,
  secretName,
}: Pick<World, "aws" | "secretName">): Promise<boolean> {
  const secrets = new SecretsManagerClient(aws.clientConfig());
  try {
    await secrets.send(new RotateSecretCommand({ SecretId: secretName }));
    return true;
  } catch (error) {
    // A rotation that was given up has left AWSPENDING behind; the clock takes it off in a while.
    if (error instanceof Error && error.name === "InvalidRequestException") return false;
    throw error;
  } finally {
    secrets.destroy();
  }
}
