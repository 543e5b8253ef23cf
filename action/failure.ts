import { ConfigError } from "../contract/errors.ts";
import { isPlainName } from "../contract/reason.ts";
import { shownInput } from "./read-input.ts";

/** What a person is told of a failure: what is the case, and what to do. */
export interface Failure {
  /** One line, as an annotation's title. */
  readonly title: string;
  readonly message: string;
}

/** A call that AWS did not carry out. Its message says what to do. */
export class AwsCallError extends Error {
  /** The service's name of the error: `AccessDeniedException`. */
  readonly code: string;
  /** Whether repeating may help: a throttle, an internal error, a connection that broke. */
  readonly isTransient: boolean;

  constructor(message: string, options: { code: string; isTransient: boolean; cause: unknown }) {
    super(message, { cause: options.cause });
    this.name = "AwsCallError";
    this.code = options.code;
    this.isTransient = options.isTransient;
  }
}

/** The responder could not carry a request to an answer: it is not understood, or something is out of reach. */
export class NotAnsweredError extends Error {
  /** Whether asking again may help: a function that ran out of time, or that could not reach something. */
  readonly isTransient: boolean;

  constructor(message: string, { isTransient }: { isTransient: boolean }) {
    super(message);
    this.name = "NotAnsweredError";
    this.isTransient = isTransient;
  }
}

/** One call, as far as its failure needs to know it. */
export interface Call {
  /** The SDK's name of it, which is the permission's too. */
  readonly operation: "DescribeSecret" | "ListSecrets" | "RotateSecret" | "GetParametersByPath" | "Invoke";
  /** What it is about: the secret's name or ARN, the path, or the function's name. */
  readonly subject: string;
  readonly region: string;
}

const NO_CREDENTIALS =
  "Put a step with aws-actions/configure-aws-credentials (role-to-assume, aws-region) before this one, and give the " +
  "job permissions: id-token: write";

/** No credentials were found, anywhere that the SDK looks. */
export function missingCredentials(cause: unknown): AwsCallError {
  return new AwsCallError(`credentials: this job has no AWS credentials. ${NO_CREDENTIALS}`, {
    code: "CredentialsProviderError",
    isTransient: false,
    cause,
  });
}

interface SdkFields {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly $fault?: "client" | "server";
  readonly $retryable?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

const THROTTLES = new Set([
  "ThrottlingException",
  "Throttling",
  "TooManyRequestsException",
  "RequestLimitExceeded",
]);

/** Turns a failure of the SDK into an error that says what to do. None of these calls carries a value (P6). */
export function failureOf(error: unknown, call: Call): AwsCallError {
  const from: SdkFields = typeof error === "object" && error !== null ? error : {};
  const code = from.code ?? from.name ?? "an error";
  const isTransient = THROTTLES.has(from.name ?? "") || from.$fault !== "client";
  const said = from.$fault === undefined || !from.message ? "" : ` AWS says: ${from.message}`;
  // AWS quotes what it was asked for; a name that it does not know may be a key that was pasted (P6).
  const subject = shownSubject(call);
  const message = `${subject}: ${call.operation} in ${call.region} failed, got ${code}. ${adviceFor(from, call)}${said.replaceAll(call.subject, subject)}`;
  return new AwsCallError(message, { code, isTransient, cause: error });
}

function shownSubject({ operation, subject }: Call): string {
  if (operation === "DescribeSecret") return shownInput(subject);
  // The function is named after input deployment.
  return operation === "Invoke" && !isPlainName(subject) ? shownInput(subject) : subject;
}

function adviceFor({ name, code }: SdkFields, call: Call): string {
  switch (name) {
    case "AccessDeniedException":
      return `Allow ${permissionsFor(call)} to the role that the job assumes.`;
    case "ResourceNotFoundException":
      if (call.operation === "Invoke") {
        return `There is no such function in ${call.region}. Deploy the constructs, which make it.`;
      }
      return `Input secret names no secret of this account in ${call.region}. Check the name, the account of role-to-assume, and aws-region.`;
    case "UnrecognizedClientException":
    case "InvalidClientTokenId":
    case "InvalidSignatureException":
    case "IncompleteSignature":
    case "ExpiredTokenException":
      return "AWS does not accept the credentials: they have expired, or belong to another partition. Run configure-aws-credentials right before this step.";
    case "InvalidRequestException":
      return "The secret is not in a state for this. Use operation: status to see it.";
  }
  if (code === "ENOTFOUND")
    return `There is no such endpoint. Check that aws-region (${call.region}) is a region.`;
  return "Run the job again.";
}

function permissionsFor({ operation }: Call): string {
  switch (operation) {
    case "GetParametersByPath":
      return "ssm:GetParametersByPath on parameter/dualkey/<deployment>";
    case "RotateSecret":
      // https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html: "You also need
      // lambda:InvokeFunction permissions on the rotation function."
      return "secretsmanager:RotateSecret on the secret, and lambda:InvokeFunction on its rotation function,";
    case "Invoke":
      return "lambda:InvokeFunction on the deployment's responder";
    case "ListSecrets":
      return "secretsmanager:ListSecrets (which takes no resource, so on *)";
    case "DescribeSecret":
      return "secretsmanager:DescribeSecret on the secret";
  }
}

/** Says of any error what a person needs. One that nobody expected is shown by its name and its place. */
export function explain(error: unknown): Failure {
  if (error instanceof ConfigError) return { title: "dualkey: inputs", message: error.message };
  if (error instanceof AwsCallError) return { title: `dualkey: ${error.code}`, message: error.message };
  if (error instanceof NotAnsweredError) return { title: "dualkey: no answer", message: error.message };
  const { name, message } = error instanceof Error ? error : { name: typeof error, message: "no message" };
  return {
    title: "dualkey: unexpected",
    message: `something unexpected was thrown, ${name}: ${message}. Report this as a bug`,
  };
}
