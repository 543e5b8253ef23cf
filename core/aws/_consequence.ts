import {
  OutcomeUnknownError,
  ProviderRejectedError,
  ProviderUnavailableError,
  StaleStateError,
} from "../../contract/errors.ts";
import { AwsCause, fieldsOf, type SdkFields } from "./safe-error.ts";

/** One call to AWS, as far as its failures need to know it. */
export interface Operation {
  /** The SDK's name of it, which is the permission's too: `PutSecretValue`. */
  readonly name: string;
  readonly service: keyof typeof IAM_PREFIXES;
  /** `configure`: what is sent and what is answered may hold a consumer's own secrets. `record`: neither holds any. */
  readonly effect:
    | "none"
    | "store"
    | "label"
    | "invoke"
    | "key"
    | "deploy"
    | "configure"
    | "announce"
    | "record";
  /** What it is about, in the user's words: the secret's name. */
  readonly subject: string;
}

/** What a permission's name begins with. */
const IAM_PREFIXES = {
  secretsmanager: "secretsmanager",
  ssm: "ssm",
  lambda: "lambda",
  iam: "iam",
  sts: "sts",
  ecs: "ecs",
  cloudwatch: "cloudwatch",
  eventbridge: "events",
  s3: "s3",
} as const;

/** The permissions that are named otherwise than the call. */
const PERMISSIONS: Readonly<Record<string, string>> = {
  Invoke: "InvokeFunction",
  ListObjectsV2: "ListBucket",
};

/** The part of an SDK command that a failure's meaning depends on. Its middleware is typed per command: hence `never`. */
interface Command {
  readonly middlewareStack: {
    add(middleware: never, options: { step: "finalizeRequest"; priority: "low"; name: string }): void;
  };
}

const THROTTLES = new Set([
  "ThrottlingException",
  "Throttling",
  "ThrottledException",
  "TooManyRequestsException",
  "RequestLimitExceeded",
  "TooManyUpdates",
  "SlowDown",
  // Of Lambda: another update of the function is under way. It is the next one's turn when that is over.
  "ResourceConflictException",
]);

/** Somebody else moved first: where a write can fail for that reason, and no other that we could cause. */
const STALE: Partial<Record<Operation["effect"], readonly string[]>> = {
  // The version holds another content: definite even after a lost answer, since our own content would be ignored.
  store: ["ResourceExistsException"],
  // The label is not where the call said, or the version that was named is gone.
  label: ["InvalidParameterException", "ResourceNotFoundException"],
  // The revision that the call named is not the newest any more.
  configure: ["PreconditionFailedException"],
  // The object is not as the write's condition has it, another write of it is under way, or it is gone.
  record: ["PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"],
};

/**
 * Sends a command of the AWS SDK, and turns its failure into the error that says what the caller may do next.
 *
 * The SDK retries on its own, and a retry can hide that an earlier try was applied and its answer lost. So every try
 * is watched: a refusal counts as definite only where no earlier try can have been applied, else the outcome is
 * unknown. The one exception is StaleStateError, which tells the caller to look in any case.
 */
export async function sending<C extends Command, T>(
  operation: Operation,
  command: C,
  send: (command: C) => Promise<T>,
): Promise<T> {
  const tries: unknown[] = [];
  // Inside of the SDK's retries, which have a higher priority in the same step.
  const watch = (next: (args: unknown) => Promise<unknown>) => (args: unknown) =>
    next(args).catch((error: unknown) => {
      tries.push(error);
      throw error;
    });
  command.middlewareStack.add(watch as never, {
    step: "finalizeRequest",
    priority: "low",
    name: "dualkeyTries",
  });
  try {
    return await send(command);
  } catch (error) {
    const isUncertain = tries.some((earlier) => earlier !== error && mayHaveBeenApplied(fieldsOf(earlier)));
    throw consequenceOf(error, { operation, isUncertain });
  }
}

/** @throws ProviderUnavailableError where the caller has given up already: nothing is sent then */
export function checkNotAborted(operation: Operation, signal: AbortSignal): void {
  if (!signal.aborted) return;
  throw new ProviderUnavailableError(
    `${operation.subject}: ${operation.name} was not sent, as the run is out of time.`,
  );
}

/** Tells whether an error is the service's answer of that name. */
export function isNamed(error: unknown, name: string): boolean {
  const cause = error instanceof Error && error.cause instanceof AwsCause ? error.cause : fieldsOf(error);
  return cause.name === name;
}

function consequenceOf(
  error: unknown,
  { operation, isUncertain }: { operation: Operation; isUncertain: boolean },
): Error {
  const from = fieldsOf(error);
  const cause = new AwsCause(error, { keepMessage: isMessageClear(from, operation) });
  const where = `${operation.subject}: ${operation.name}`;
  const got = `got ${from.name ?? "an error"}${from.code === undefined ? "" : ` (${from.code})`}`;
  if (from.name !== undefined && STALE[operation.effect]?.includes(from.name)) {
    return new StaleStateError(`${where} came too late, ${got}. Somebody else moved first: look again.`, {
      cause,
    });
  }
  const isWrite = operation.effect !== "none";
  if (isWrite && (isUncertain || mayHaveBeenApplied(from))) {
    return new OutcomeUnknownError(`${where} may have been applied, ${got}. Look before anything else.`, {
      cause,
    });
  }
  if (isRefusal(from)) {
    return new ProviderRejectedError(`${where} was refused, ${got}. ${adviceFor(from.name, operation)}`, {
      cause,
    });
  }
  return new ProviderUnavailableError(`${where} did not get through, ${got}. Repeat it later.`, { cause });
}

/** A refusal, a throttle, or a connection that never stood prove that nothing was applied; all else proves nothing. */
function mayHaveBeenApplied(from: SdkFields): boolean {
  return !(isRefusal(from) || isThrottled(from) || isUnsent(from));
}

function isThrottled({ name = "", $metadata }: SdkFields): boolean {
  return THROTTLES.has(name) || $metadata?.httpStatusCode === 429;
}

/** The host was not found, the connection refused, or there were no credentials to sign with. */
function isUnsent({ name, code = "", syscall = "" }: SdkFields): boolean {
  // Where a host has several addresses, Node's AggregateError has the code and no syscall.
  if (["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN"].includes(code)) return true;
  return syscall === "connect" || syscall === "getaddrinfo" || name === "CredentialsProviderError";
}

function isRefusal(from: SdkFields): boolean {
  if (from.$fault === undefined || isThrottled(from)) return false;
  const status = from.$metadata?.httpStatusCode ?? (from.$fault === "client" ? 400 : 500);
  return status >= 400 && status < 500 && status !== 408;
}

/**
 * An answer of the service about labels or access quotes names and ARNs. One to a put might quote what was put, one to a
 * function's configuration does quote all of its environment where it is too long ("String measured: {…}"), and a parser's
 * error quotes the body that it could not read, which is a value: those are withheld (P6). So is what S3 says, for it names the
 * object, and so may name a hash of a key.
 */
function isMessageClear(from: SdkFields, operation: Operation): boolean {
  if (isUnsent(from)) return from.name !== "CredentialsProviderError";
  if (from.$fault === undefined || operation.service === "s3") return false;
  return operation.effect !== "store" && operation.effect !== "configure";
}

function adviceFor(name: string | undefined, { name: action, service, subject, effect }: Operation): string {
  switch (name) {
    case "AccessDeniedException":
    // IAM's name of it, as of all services of the older protocol.
    case "AccessDenied":
      return `Allow ${IAM_PREFIXES[service]}:${PERMISSIONS[action] ?? action} to the function's role${alsoFor(action)}.`;
    case "LimitExceededException":
      if (effect === "key") return "An IAM user has at most two access keys: delete one that is not used.";
      return effect === "none"
        ? "See the quotas of the service."
        : "A secret holds 20 labels and 100 versions: wait until retiring keys are retired, and remove labels that nobody uses.";
    case "InvalidRequestException":
      return `The secret is scheduled for deletion, or belongs to another service. Restore it: aws secretsmanager restore-secret --secret-id ${subject}`;
    case "EncryptionFailure":
    case "DecryptionFailure":
      return "Check that the secret's KMS key is enabled and that the function's role may use it.";
    case "ClusterNotFoundException":
    case "ServiceNotFoundException":
    case "ServiceNotActiveException":
      return "It does not exist in this account and region. Correct the consumer in the policy.";
    case "NoSuchEntityException":
      return "There is no such user in the account of the function's role. Correct userName in the policy.";
    case "NoSuchBucket":
      return "The bucket of records does not exist. Deploy the constructs, which make it.";
    case "ResourceNotFoundException":
      return "It does not exist in this account and region. Check the name and the region.";
    default:
      return "A retry cannot help. Check the function's configuration and role.";
  }
}

/** What a call takes besides its own permission. */
function alsoFor(action: string): string {
  if (action === "GetObject")
    return ", and s3:ListBucket on its bucket, without which what does not exist is forbidden";
  if (action === "UpdateFunctionConfiguration") {
    return ", and kms:Decrypt and kms:Encrypt on the key of its environment where that is your own";
  }
  if (action === "PutSecretValue") return ", and kms:GenerateDataKey and kms:Decrypt on the secret's key";
  return action === "GetSecretValue" ? ", and kms:Decrypt on the secret's key" : "";
}
