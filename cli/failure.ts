import { ConfigError } from "../contract/errors.ts";

/**
 * What the command ends with, as its exit code.
 *
 * - 1: it failed, and nothing was changed; or a write was sent and not answered, which the message says.
 * - 2: what was typed or piped in is mistaken.
 * - 3: the key is handed in, and its rotation could not be started.
 * - 130: interrupted, as shells have it.
 */
export type ExitCode = 1 | 2 | 3 | 130;

/** What is said when a person gives a question up. */
export const INTERRUPTED = "interrupted: nothing was handed in.";

/** The command cannot go on: what is the case, and what to do. Never holds key material. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, options: ErrorOptions & { readonly exitCode?: ExitCode } = {}) {
    super(message, options);
    this.name = "CommandError";
    this.exitCode = options.exitCode ?? 1;
  }
}

/** One call to AWS, as far as its failure needs to know it. */
export interface Call {
  /** The SDK's name of it, which is the permission's too. */
  readonly operation: "DescribeSecret" | "PutSecretValue" | "RotateSecret" | "GetParameter";
  /** What it is about: the secret's name, or the parameter's. */
  readonly subject: string;
  readonly region: string;
}

/** What a decision may use of an error of the SDK. */
interface SdkFields {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly $fault?: string;
}

/**
 * Turns a failure of the SDK into an error that says what to do. The SDK's own error is no cause of it: it holds the
 * request, and so what was put.
 */
export function failureOf(error: unknown, call: Call): CommandError {
  const from: SdkFields = typeof error === "object" && error !== null ? error : {};
  const got = from.code ?? from.name ?? "an error";
  // An answer to a put might quote what was put.
  const isClear = from.$fault !== undefined && call.operation !== "PutSecretValue" && from.message;
  const said = isClear ? ` AWS says: ${from.message}` : "";
  const advice = adviceFor(from, call);
  return new CommandError(
    `${call.subject}: ${call.operation} in ${call.region} got ${got}. ${advice}${said}`,
  );
}

/** Tells whether an error is the service's answer of that name. */
export function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

function adviceFor({ name, code, $fault }: SdkFields, call: Call): string {
  switch (name) {
    case "AccessDeniedException":
      return `Allow ${permissionFor(call)} to whom these credentials belong; the construct's grantHandIn(role) allows all that this command needs.`;
    case "CredentialsProviderError":
      return "There are no AWS credentials. Sign in (aws sso login, or AWS_PROFILE), and run it again.";
    case "UnrecognizedClientException":
    case "InvalidClientTokenId":
    case "InvalidSignatureException":
    case "ExpiredTokenException":
    case "ExpiredToken":
      return "AWS does not accept the credentials: they have expired, or belong elsewhere. Sign in again.";
    case "ResourceNotFoundException":
      return "It does not exist in this account and region. Check account and region, and deploy the constructs.";
    case "InvalidRequestException":
      return "The secret is not in a state for this: it is scheduled for deletion, or a rotation of it is under way.";
    case "EncryptionFailure":
      return "The secret's KMS key cannot be used: check that it is enabled, and that these credentials may use it.";
  }
  if (code === "ENOTFOUND") return `There is no such endpoint. Check that ${call.region} is a region.`;
  if (call.operation === "PutSecretValue" && $fault === undefined) {
    return "The key may have been handed in. Run it again: the newest one counts, and each is taken once.";
  }
  return "Run it again.";
}

function permissionFor({ operation, subject }: Call): string {
  switch (operation) {
    case "GetParameter":
      return `ssm:GetParameter on parameter${subject}`;
    case "PutSecretValue":
      return `secretsmanager:PutSecretValue on ${subject} (and kms:GenerateDataKey and kms:Decrypt on its own KMS key, if it has one)`;
    case "RotateSecret":
      // https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html: "You also need
      // lambda:InvokeFunction permissions on the rotation function."
      return `secretsmanager:RotateSecret on ${subject}, and lambda:InvokeFunction on its rotation function,`;
    case "DescribeSecret":
      return `secretsmanager:DescribeSecret on ${subject}`;
  }
}

/** Says of any error what a person needs, and what to exit with. One that nobody expected is shown by its name alone. */
export function explain(error: unknown): { readonly message: string; readonly exitCode: number } {
  if (error instanceof CommandError) return { message: error.message, exitCode: error.exitCode };
  if (error instanceof ConfigError) return { message: error.message, exitCode: 1 };
  const name = error instanceof Error ? error.name : typeof error;
  if (name === "ExitPromptError") return { message: INTERRUPTED, exitCode: 130 };
  return { message: `something unexpected was thrown: ${name}. Report this as a bug.`, exitCode: 1 };
}
