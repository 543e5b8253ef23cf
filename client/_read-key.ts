import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { ConfigError } from "../contract/errors.ts";
import { KeyUnavailableError } from "./key-unavailable-error.ts";

/** A key as it stands in the secret: the provider's fields, under the names that the policy gives them. */
export type Key = Readonly<Record<string, string>>;

/** The key under AWSCURRENT, and where it stands. */
export interface ReadKey {
  readonly key: Key;
  /** The secret's name, whatever it was asked for by. */
  readonly secretName: string;
  readonly versionId: string;
}

/** What reads a secret. */
export type SecretReader = Pick<SecretsManagerClient, "send">;

/** How long a read may take, the SDK's own repeats included: a hanging one must not hold the callers up. */
export const READ_TIMEOUT_MS = 5000;

/**
 * Reads the key under AWSCURRENT.
 *
 * @throws KeyUnavailableError where Secrets Manager gives none; ConfigError where its value is no key
 */
export async function readKey(client: SecretReader, secret: string, value: "json" | "raw"): Promise<ReadKey> {
  const answer = await send(client, secret).catch((error: unknown) => {
    throw new KeyUnavailableError(secret, error);
  });
  const text = answer.SecretString;
  const key = value === "raw" ? parseRaw(text) : parseJson(text);
  if (key === undefined) {
    const message =
      value === "raw"
        ? "the value is empty. Put the key there, and check its version AWSCURRENT"
        : 'the value is not a JSON object of texts. Store the key as JSON, or read it with value: "raw"';
    throw new ConfigError(`secret ${secret}`, [{ path: "", message }]);
  }
  return { key: Object.freeze(key), secretName: answer.Name ?? secret, versionId: answer.VersionId ?? "" };
}

async function send(client: SecretReader, secret: string) {
  const given = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  // A client may be busy with credentials, where no signal reaches it.
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = Object.assign(new Error(), { name: "TimeoutError" });
      given.abort(error);
      reject(error);
    }, READ_TIMEOUT_MS);
    timer.unref();
  });
  const command = new GetSecretValueCommand({ SecretId: secret });
  try {
    return await Promise.race([client.send(command, { abortSignal: given.signal }), timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function parseRaw(text: string | undefined): Key | undefined {
  return text === undefined || text.trim() === "" ? undefined : { value: text };
}

/** Never throws the parser's own error, which quotes the text: it is a key. */
function parseJson(text: string | undefined): Key | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const texts = Object.entries(value).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return Object.fromEntries(texts);
}
