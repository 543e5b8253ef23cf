/** What a caller may do next is in the class; what happened, where, and what to do is in the message. */
export abstract class DualkeyError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** One thing that is wrong with an input: where, and what to do about it. */
export interface Problem {
  /** Where it is: `consumers[0].cacheSeconds`. Empty for the input as a whole. */
  readonly path: string;
  readonly message: string;
}

/** The user must change something. Lists all problems at once, each with its path. */
export class ConfigError extends DualkeyError {
  readonly code = "CONFIG";
  readonly where: string;
  readonly problems: readonly Problem[];

  constructor(where: string, problems: readonly Problem[], options?: ErrorOptions) {
    const lines = problems.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
    const text = lines.length === 1 ? ` ${lines[0]}` : `\n${lines.map((line) => `  - ${line}`).join("\n")}`;
    super(`${where}:${text}`, options);
    this.where = where;
    this.problems = problems;
  }
}

/** The other side said no; nothing was applied; a retry cannot help. */
export class ProviderRejectedError extends DualkeyError {
  readonly code = "PROVIDER_REJECTED";
}

/** Nothing was applied; a retry is safe. */
export class ProviderUnavailableError extends DualkeyError {
  readonly code = "PROVIDER_UNAVAILABLE";
}

/** It may have been applied: look before anything else. */
export class OutcomeUnknownError extends DualkeyError {
  readonly code = "OUTCOME_UNKNOWN";
}

/** The key exists and does not work yet, or no longer works. */
export class VerificationError extends DualkeyError {
  readonly code = "VERIFICATION";
}

/** Somebody else moved first: look again. Nothing was applied. */
export class StaleStateError extends DualkeyError {
  readonly code = "STALE_STATE";
}

/** A bug: a step would break one of the promises. Nothing was applied. */
export class PromiseBrokenError extends DualkeyError {
  readonly code = "PROMISE_BROKEN";
}
