import { z } from "zod";
import {
  OutcomeUnknownError,
  ProviderRejectedError,
  ProviderUnavailableError,
} from "../../contract/errors.ts";
import type { Call, ProbeAnswer } from "../cutover/ports.ts";

/** A whole answer of a vendor, whatever its status. */
export interface HttpAnswer {
  readonly provider: string;
  readonly method: string;
  readonly status: number;
  /** The JSON of the body; `undefined` where there is none that can be read. */
  readonly json: unknown;
  /** The content type without its parameters, in lower case: `image/webp`. Empty where there is none. */
  readonly mediaType: string;
  /** An earlier attempt may have been applied: whatever this answer says, it is not that nothing happened. */
  readonly isRepeat: boolean;
  /** `startmessaging: DELETE /api-keys/7f3a`, to start a sentence with. */
  readonly what: string;
  /** `HTTP 403 FORBIDDEN "KYC submission required"`, without key material. */
  readonly got: string;
}

export function isOk({ status }: HttpAnswer): boolean {
  return status >= 200 && status < 300;
}

/**
 * Reads what an answer holds. Unknown fields are dropped.
 *
 * @param advice what to do about a refusal
 * @throws the error of `errorOf` where it is no yes, of `unreadable` where it has another shape
 */
export function readAnswer<T>(answer: HttpAnswer, shape: z.ZodType<T>, advice?: string): T {
  if (!isOk(answer)) throw errorOf(answer, advice);
  const parsed = shape.safeParse(answer.json);
  if (parsed.success) return parsed.data;
  // Paths and kinds, never values: a value may be a key.
  const problems = parsed.error.issues
    .slice(0, 3)
    .map(({ path, code }) => `${z.core.toDotPath(path)}: ${code}`);
  throw unreadable(answer, problems.join(", "));
}

/** The error for an answer that is no yes: its class says what may be done next. */
export function errorOf(answer: HttpAnswer, advice?: string): Error {
  const { method, status, what, got, isRepeat } = answer;
  if (isRepeat) {
    return new OutcomeUnknownError(
      `${what} may have been applied: an attempt was lost, the next got ${got}. List before anything else.`,
    );
  }
  if (status === 429)
    return new ProviderUnavailableError(`${what} was throttled, got ${got}. Wait, then repeat it.`);
  // A 408 or 5xx may come from a proxy that had passed the request on; a 303 says "done, look there".
  const isUnclear = status >= 500 || status === 408;
  const isRead = method === "GET" || method === "HEAD";
  if (isRead && isUnclear) return new ProviderUnavailableError(`${what} failed, got ${got}. Repeat it.`);
  if (!isRead && (isUnclear || status === 303)) {
    return new OutcomeUnknownError(`${what} may have been applied, got ${got}. List before anything else.`);
  }
  const hint = status >= 300 && status < 400 ? "Correct the base URL in the function's environment." : advice;
  return new ProviderRejectedError(`${what} was refused, got ${got}.${hint ? ` ${hint}` : ""}`);
}

/** The error for a yes in a shape that cannot be read. @param problems paths and kinds, never values */
export function unreadable({ method, what, got }: HttpAnswer, problems: string): Error {
  const text = `${what} got ${got} in a shape that is not understood (${problems})`;
  return method === "GET"
    ? new ProviderRejectedError(`${text}. Check the base URL, and whether the vendor changed its API.`)
    : new OutcomeUnknownError(`${text}, so it may have been applied. List before anything else.`);
}

/**
 * Probes: what the vendor does not say, for whatever reason, is `unknown`. Only a call that was given up throws.
 */
export async function probeWith(call: Call, ask: () => Promise<ProbeAnswer>): Promise<ProbeAnswer> {
  try {
    return await ask();
  } catch (error) {
    const isAnswer = error instanceof ProviderUnavailableError || error instanceof ProviderRejectedError;
    if (!isAnswer || call.signal.aborted) throw error;
    return { kind: "unknown", because: error.message };
  }
}
