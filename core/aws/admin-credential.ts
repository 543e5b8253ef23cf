import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { ProviderRejectedError } from "../../contract/errors.ts";
import type { KeyFields } from "../../contract/secret-value.ts";
import { Sensitive } from "../../contract/sensitive.ts";
import type { Call } from "../cutover/ports.ts";
import { isNamed, type Operation, sending } from "./_consequence.ts";
import { nameOfSecret } from "./secret-name.ts";

/** What reading an admin credential takes. */
export interface AdminCredentialOptions {
  readonly client: SecretsManagerClient;
  /** The ARN or the name of the secret that holds it. */
  readonly secretId: string;
  /** The names of its fields, for each form that it may have: the provider's `adminFieldNames`. */
  readonly fieldNames: readonly (readonly string[])[];
}

/**
 * Makes the reader of the credential that makes and revokes keys: a secret of its own, which a person keeps.
 *
 * It is read once for the life of the reader, so make one per run: a credential that was replaced is then used by the
 * next run. A failure is not kept.
 *
 * @throws ProviderRejectedError where it is missing or not as the provider needs it: names of fields, never values
 */
export function createAdminCredential(options: AdminCredentialOptions): (call: Call) => Promise<KeyFields> {
  let known: KeyFields | undefined;
  return async (call) => {
    known ??= readFields(await readText(options, call), options);
    return known;
  };
}

async function readText(
  { client, secretId, fieldNames }: AdminCredentialOptions,
  call: Call,
): Promise<string | undefined> {
  const subject = nameOfSecret(secretId);
  const operation: Operation = {
    name: "GetSecretValue",
    service: "secretsmanager",
    effect: "none",
    subject,
  };
  const command = new GetSecretValueCommand({ SecretId: secretId, VersionStage: "AWSCURRENT" });
  try {
    const value = await sending(operation, command, (c) => client.send(c, { abortSignal: call.signal }));
    return value.SecretString;
  } catch (error) {
    if (!(error instanceof Error) || !isNamed(error, "ResourceNotFoundException")) throw error;
    // The service answers the same to a secret that does not exist and to one without a value.
    const message = `admin secret ${subject}: does not exist in this account and region, or has no value yet. Put the admin credential there: ${formsOf(fieldNames)}`;
    throw new ProviderRejectedError(message, { cause: error.cause });
  }
}

function readFields(
  text: string | undefined,
  { secretId, fieldNames }: Pick<AdminCredentialOptions, "secretId" | "fieldNames">,
): KeyFields {
  const where = `admin secret ${nameOfSecret(secretId)}`;
  const given = parseObject(text);
  if (given === undefined) {
    throw new ProviderRejectedError(`${where}: is not a JSON object. Put it as ${formsOf(fieldNames)}`);
  }
  const has = (name: string) => typeof given[name] === "string" && given[name] !== "";
  const [form, ...others] = fieldNames.filter((names) => names.every(has));
  if (form === undefined) {
    const missing = fieldNames.map((names) => names.filter((name) => !has(name)).join(" and "));
    throw new ProviderRejectedError(
      `${where}: lacks ${missing.join(", or ")}, as a text. Put it as ${formsOf(fieldNames)}`,
    );
  }
  if (others.length > 0) {
    throw new ProviderRejectedError(
      `${where}: has the fields of ${others.length + 1} credentials. Keep one of them: ${formsOf([form, ...others])}`,
    );
  }
  return Object.fromEntries(form.map((name) => [name, new Sensitive(String(given[name]))]));
}

/** The parser's own message quotes the text, which is a credential: nothing of it is kept. */
function parseObject(text: string | undefined): Readonly<Record<string, unknown>> | undefined {
  try {
    const json: unknown = JSON.parse(text ?? "");
    const isObject = typeof json === "object" && json !== null && !Array.isArray(json);
    return isObject ? (json as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** `{"username": …, "password": …} or {"clientId": …, "clientSecret": …}` */
function formsOf(fieldNames: readonly (readonly string[])[]): string {
  return fieldNames.map((names) => `{${names.map((name) => `"${name}": …`).join(", ")}}`).join(" or ");
}
