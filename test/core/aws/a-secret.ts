import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { mockClient } from "aws-sdk-client-mock";
import type { ValueShape } from "../../../contract/secret-value.ts";
import { createSecretStore } from "../../../core/aws/secret-store.ts";
import type { Call } from "../../../core/cutover/ports.ts";

export const NAME = "prod/otp/startmessaging";
export const ARN = `arn:aws:secretsmanager:ap-south-1:111122223333:secret:${NAME}-a1B2c3`;
export const OLD = "01d00000-0000-4000-8000-000000000001";
export const NEW = "9ee00000-0000-4000-8000-000000000002";
export const KEY = "sm_live_recognisable_key_material";
export const NOW_MS = Date.parse("2026-04-14T08:00:00.000Z");

/** A store on a client whose answers a test sets. */
export function aStore(shape: ValueShape = { value: "json" }) {
  const client = new SecretsManagerClient({ region: "ap-south-1" });
  const aws = mockClient(client);
  const store = createSecretStore({
    client,
    secretId: ARN,
    fieldNames: ["apiKey"],
    shape,
    now: () => NOW_MS,
  });
  return { aws, store };
}

/** A call that nobody gives up. */
export function aCall(): Call {
  return { signal: new AbortController().signal };
}

/** What the service answers when it says no. */
export function awsError(name: string, status = 400): Error {
  const error = new Error(`the service's words, which quote ${KEY}`);
  return Object.assign(error, {
    name,
    $fault: status < 500 ? "client" : "server",
    $metadata: { httpStatusCode: status, requestId: "7d5b", attempts: 1 },
    $response: { statusCode: status, body: `{"SecretString":"${KEY}"}` },
  });
}

/** Runs what must fail, and gives the error. */
export async function failureOf(work: Promise<unknown>): Promise<Error> {
  const failure = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure instanceof Error) return failure;
  throw new Error("it did not fail");
}
