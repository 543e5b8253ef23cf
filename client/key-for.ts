import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

/** A key as it stands in the secret: the provider's fields, under the names that the policy gives them. */
export type Key = Readonly<Record<string, string>>;

export interface KeyOptions {
  /**
   * How long a key that was read is used without looking again, in seconds. The policy's minimum overlap must be
   * longer: dualkey refuses to synthesize one that is not.
   *
   * @default 300
   */
  readonly cacheSeconds?: number;
  /** The client to read with. @default one for the region and the credentials of the environment */
  readonly client?: Pick<SecretsManagerClient, "send">;
  /** The time in milliseconds. @default the system's clock */
  readonly now?: () => number;
}

export interface KeyHandle {
  /**
   * Gives the current key, from the cache where it is fresh. Any number of callers share one request.
   *
   * @throws the error of Secrets Manager, or an Error where the secret is not a JSON object of texts
   */
  get(): Promise<Key>;
}

const DEFAULT_CACHE_SECONDS = 300;

/**
 * Reads a key that dualkey rotates, for a service that calls the provider with it.
 *
 * @param secret the name or the ARN of the secret
 * @example
 * const otpKey = keyFor("prod/otp/startmessaging");
 * const { apiKey } = await otpKey.get();
 */
export function keyFor(secret: string, options: KeyOptions = {}): KeyHandle {
  const { cacheSeconds = DEFAULT_CACHE_SECONDS, now = Date.now } = options;
  if (!(cacheSeconds >= 0))
    throw new RangeError(`keyFor ${secret}: cacheSeconds is ${cacheSeconds}. Use 0 or more`);
  let client = options.client;
  let cached: { readonly key: Promise<Key>; readonly untilMs: number } | undefined;
  return {
    get: () => {
      if (cached && now() < cached.untilMs) return cached.key;
      client ??= new SecretsManagerClient();
      const key = read(client, secret);
      const entry = { key, untilMs: now() + cacheSeconds * 1000 };
      cached = entry;
      // A failure is told to those who wait for it, and not kept for those who come later.
      key.catch(() => {
        if (cached === entry) cached = undefined;
      });
      return key;
    },
  };
}

async function read(client: Pick<SecretsManagerClient, "send">, secret: string): Promise<Key> {
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secret }));
  const key = parse(SecretString);
  if (key === undefined) {
    throw new Error(
      `secret ${secret} is not a JSON object of texts. Read it with the SDK, or store the key as JSON`,
    );
  }
  return key;
}

/** Never throws the parser's own error, which quotes the text: it is a key. */
function parse(text: string | undefined): Key | undefined {
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
