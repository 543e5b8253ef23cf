import { DualkeyError } from "../../contract/errors.ts";

/** How many causes of an error are described: causes can go round in a circle. */
const MAX_CAUSES = 5;

/** Stands where an error's message was: it may quote a request, a response, or a header, and so a key. */
const WITHHELD = "message withheld, as it may quote a key";

/** An error as it may be logged: what is left when everything that can hold key material is gone (P6). */
export interface SafeError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  /** AWS's id of the request, by which its support and CloudTrail find it. */
  readonly requestId?: string;
  /** Where it was thrown: frames only, without the first lines, which repeat the message. */
  readonly frames: readonly string[];
  readonly cause?: SafeError;
}

/** Tells whether an error is one of the contract's, whose messages are written without key material. */
export function isOurs(error: unknown): error is Error & { readonly code: string } {
  return error instanceof DualkeyError;
}

/**
 * Describes any error, and its causes, without key material (P6).
 *
 * Messages of the contract's errors are kept, and those that `causeOf` has cleared. Any other message is withheld:
 * `fetch` quotes a header with a line break in it, `JSON.parse` quotes the text, and both are keys here.
 */
export function describeError(error: unknown, depth = MAX_CAUSES): SafeError {
  if (!(error instanceof Error)) return { name: typeof error, message: WITHHELD, frames: [] };
  const isClear = isOurs(error) || error instanceof AwsCause;
  const code = (error as { code?: unknown }).code;
  return {
    name: error.name,
    message: isClear ? error.message : WITHHELD,
    ...(typeof code === "string" ? { code } : {}),
    ...(error instanceof AwsCause && error.requestId !== undefined ? { requestId: error.requestId } : {}),
    frames: framesOf(error),
    ...(error.cause === undefined || depth === 0 ? {} : { cause: describeError(error.cause, depth - 1) }),
  };
}

/** What is kept of an error of the AWS SDK: never its `$response`, whose request holds the body that was sent. */
export class AwsCause extends Error {
  readonly code?: string;
  readonly httpStatusCode?: number;
  readonly requestId?: string;

  constructor(error: unknown, { keepMessage }: { keepMessage: boolean }) {
    const from = fieldsOf(error);
    super(keepMessage ? from.message : WITHHELD);
    this.name = from.name ?? "Error";
    if (from.code !== undefined) this.code = from.code;
    if (from.$metadata?.httpStatusCode !== undefined) this.httpStatusCode = from.$metadata.httpStatusCode;
    if (from.$metadata?.requestId !== undefined) this.requestId = from.$metadata.requestId;
    const frames = error instanceof Error ? framesOf(error) : [];
    this.stack = [`${this.name}: ${this.message}`, ...frames].join("\n");
  }
}

/** The fields of an SDK error that a decision may use; all of them may be missing. */
export interface SdkFields {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly syscall?: string;
  readonly $fault?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
}

export function fieldsOf(error: unknown): SdkFields {
  return typeof error === "object" && error !== null ? error : {};
}

function framesOf(error: Error): string[] {
  return (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
}
