import { SecretsProvider } from "@aws-lambda-powertools/parameters/secrets";
import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { versionOf } from "./_version.ts";

/** How else a service reads its key. */
export interface Reference {
  readonly name: string;
  readonly referenceIs: string;
  /** Gives the key, at most `cacheSeconds` old. */
  read(): Promise<{ readonly apiKey?: string }>;
}

interface ReferenceOptions {
  readonly secretsManager: SecretsManagerClient;
  readonly secret: string;
  readonly cacheSeconds: number;
}

/** The package that most functions take for this, as its documentation shows it. */
export function powertools({ secretsManager, secret, cacheSeconds }: ReferenceOptions): Reference {
  const version = versionOf("@aws-lambda-powertools/parameters");
  const provider = new SecretsProvider({ awsSdkV3Client: secretsManager });
  return {
    name: "powertools",
    referenceIs: `@aws-lambda-powertools/parameters ${version}, maxAge ${cacheSeconds}`,
    read: async () => (await provider.get(secret, { maxAge: cacheSeconds, transform: "json" })) ?? {},
  };
}

/** What a service writes itself: the SDK, and a variable with the time at which it is old. */
export function plainCache({ secretsManager, secret, cacheSeconds }: ReferenceOptions): Reference {
  let cached: { readonly key: { readonly apiKey?: string }; readonly untilMs: number } | undefined;
  return {
    name: "plain-cache",
    referenceIs: `the SDK and a variable, for ${cacheSeconds} s`,
    read: async () => {
      if (cached !== undefined && Date.now() < cached.untilMs) return cached.key;
      const { SecretString } = await secretsManager.send(new GetSecretValueCommand({ SecretId: secret }));
      cached = { key: JSON.parse(SecretString ?? "{}"), untilMs: Date.now() + cacheSeconds * 1000 };
      return cached.key;
    },
  };
}
