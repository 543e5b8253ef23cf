import { RotateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { Fields, GivenKey } from "../vendor.ts";
import { keyIdOf } from "../watch/truth.ts";
import type { World } from "./world.ts";

/**
 * Has dualkey make the first key, with the admin credential: nobody logs in yet.
 *
 * @throws Error with what the functions have said, where the rotation fails
 */
export async function makeFirstKey({
  aws,
  vendor,
  secretName,
  functionLog,
}: Pick<World, "aws" | "vendor" | "secretName" | "functionLog">): Promise<GivenKey> {
  const secrets = new SecretsManagerClient(aws.clientConfig());
  const { VersionId } = await secrets.send(new RotateSecretCommand({ SecretId: secretName }));
  secrets.destroy();
  const over = await aws.events.until(
    (event) =>
      (event.kind === "rotation-succeeded" || event.kind === "rotation-failed") &&
      event.versionId === VersionId,
  );
  const value = aws.secrets.get(secretName)?.labelled("AWSCURRENT")?.value;
  const fields = JSON.parse(value ?? "{}") as Fields;
  const id = keyIdOf(fields, { vendor });
  if (over.kind === "rotation-succeeded" && id !== undefined) return { id, fields };
  const said = functionLog.slice(-10).map(({ line }) => line);
  throw new Error(
    [`rehearsal: the first rotation at ${vendor.title} has made no key. The functions said:`, ...said].join(
      "\n",
    ),
  );
}
