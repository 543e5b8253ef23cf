import { DualkeyError } from "../contract/errors.ts";

/** There is no key to use: Secrets Manager gives none, and none that was read is young enough. Nothing was sent. */
export class KeyUnavailableError extends DualkeyError {
  readonly code = "KEY_UNAVAILABLE";
  /** The secret, as it was given to `keyFor`. */
  readonly secret: string;

  /** @param cause what the SDK threw: kept without its response, which may hold the key */
  constructor(secret: string, cause: unknown) {
    const kept = withoutResponse(cause);
    const answer = kept.httpStatusCode === undefined ? "" : ` (HTTP ${kept.httpStatusCode})`;
    const what = kept.code ?? kept.name;
    super(`secret ${secret}: Secrets Manager gave no key, ${what}${answer}. ${adviceOn(what)}`, {
      cause: kept,
    });
    this.secret = secret;
  }
}

interface SdkError extends Error {
  code?: string;
  httpStatusCode?: number;
  requestId?: string;
}

/** A parser's error quotes the text that it could not read, and the SDK hangs the whole answer on it: a key, both. */
function withoutResponse(error: unknown): SdkError {
  const from = (typeof error === "object" && error !== null ? error : {}) as Partial<SdkError> & {
    readonly $fault?: unknown;
    readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
  };
  // Only what the service itself says is no quotation: it has refused, and so it has not read a key.
  const isRefusal = from.$fault === "client" && (from.$metadata?.httpStatusCode ?? 0) >= 400;
  const kept: SdkError = new Error(isRefusal ? from.message : "message withheld, as it may quote a key");
  kept.name = from.name ?? "Error";
  const frames = (from.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  kept.stack = [`${kept.name}: ${kept.message}`, ...frames].join("\n");
  if (typeof from.code === "string") kept.code = from.code;
  if (from.$metadata?.httpStatusCode !== undefined) kept.httpStatusCode = from.$metadata.httpStatusCode;
  if (from.$metadata?.requestId !== undefined) kept.requestId = from.$metadata.requestId;
  return kept;
}

const NETWORK =
  "Check that it can be reached from here: a route to it, or a VPC endpoint. The next call asks again";

const ADVICE: Readonly<Record<string, string>> = {
  AccessDeniedException:
    "Allow this role secretsmanager:GetSecretValue on the secret, and kms:Decrypt where it has a key of its own",
  DecryptionFailure: "Allow this role kms:Decrypt on the secret's key",
  ResourceNotFoundException: "Check the name and the region, and that a first key was put into it",
  InvalidRequestException: "Check that the secret is not marked for deletion",
  CredentialsProviderError: "Give the process AWS credentials: a role, or a profile",
  TimeoutError: NETWORK,
  ECONNREFUSED: NETWORK,
  ENOTFOUND: NETWORK,
  ETIMEDOUT: NETWORK,
};

function adviceOn(name: string): string {
  return ADVICE[name] ?? "The next call asks again";
}
