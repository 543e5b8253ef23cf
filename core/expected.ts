import {
  OutcomeUnknownError,
  ProviderRejectedError,
  ProviderUnavailableError,
  StaleStateError,
  VerificationError,
} from "../contract/errors.ts";

/** Errors that the ports name are facts about the world. Anything else is a bug, and ends the run. */
export function isExpected(error: unknown): error is Error {
  return (
    error instanceof StaleStateError ||
    error instanceof ProviderRejectedError ||
    error instanceof ProviderUnavailableError ||
    error instanceof OutcomeUnknownError ||
    error instanceof VerificationError
  );
}

/** @throws what is no fact about the world */
export function asExpected(error: unknown): Error {
  if (isExpected(error)) return error;
  throw error;
}

/** What became of a call that gives nothing: its error, where it had one. */
export async function failureOf(call: () => Promise<void>): Promise<{ error?: Error }> {
  try {
    await call();
    return {};
  } catch (error) {
    return { error: asExpected(error) };
  }
}
