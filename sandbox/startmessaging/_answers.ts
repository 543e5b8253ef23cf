import { randomUUID } from "node:crypto";
import type { Answer } from "../_server.ts";

/** A refusal, as the vendor's exception filter writes it. */
export class Refusal extends Error {
  readonly status: number;
  readonly errorCode: string;
  readonly details: readonly string[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    message: string,
    extra: { code?: string; details?: readonly string[]; headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.status = status;
    this.errorCode = extra.code ?? codeOf(status);
    this.details = extra.details ?? [];
    this.headers = extra.headers ?? {};
  }
}

/** Bodies and queries of the wrong shape: all problems at once, the first one as the message. */
export function invalid(problems: readonly string[]): Refusal {
  return new Refusal(400, problems[0] ?? "Validation failed", {
    code: "VALIDATION_ERROR",
    details: problems,
  });
}

/** Writes the vendor's two envelopes, with one request id each. */
export class Envelope {
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  success(status: number, data: unknown, pagination?: unknown): Answer {
    const body = { success: true, ...this.#head(status), data, ...(pagination ? { pagination } : {}) };
    return { status, body };
  }

  refusal({ status, message, errorCode: code, details, headers }: Refusal): Answer {
    return { status, body: this.error(status, { code, message, details }), headers };
  }

  error(
    status: number,
    detail: { readonly code?: string; readonly message?: string; readonly details?: readonly string[] },
  ): unknown {
    const details = detail.details?.map((message) => ({ message }));
    const error = {
      code: detail.code ?? codeOf(status),
      message: detail.message ?? messageOf(status),
      ...(details?.length ? { details } : {}),
    };
    return { success: false, ...this.#head(status), error };
  }

  #head(statusCode: number): Record<string, unknown> {
    return { statusCode, requestId: randomUUID(), timestamp: new Date(this.#now()).toISOString() };
  }
}

/** The vendor's own mapping, which knows five statuses: a 429 is an INTERNAL_ERROR too (its exception filter). */
function codeOf(status: number): string {
  const codes: Record<number, string> = {
    400: "INVALID_INPUT",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    409: "CONFLICT",
  };
  return codes[status] ?? "INTERNAL_ERROR";
}

function messageOf(status: number): string {
  return status === 429 ? "ThrottlerException: Too Many Requests" : "Internal server error";
}
