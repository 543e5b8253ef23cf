import type { RotationStep } from "../contract/requests.ts";
import { isOurs } from "../core/aws/safe-error.ts";
import type { Outcome } from "../core/run.ts";

/** A step that is not done. Secrets Manager sees it fail, calls it again, and gives the rotation up in the end. */
export class StepNotDoneError extends Error {
  readonly code = "STEP_NOT_DONE";

  constructor(step: RotationStep, secret: string, outcome: Exclude<Outcome, { kind: "done" }>) {
    const because =
      outcome.kind === "refuse" ? outcome.because : outcome.holds.map((hold) => hold.because).join("; ");
    const verb = outcome.kind === "refuse" ? "is refused" : "has to wait";
    super(`${secret}: ${step} ${verb}: ${because}`);
    this.name = "StepNotDoneError";
  }
}

/** An error as it leaves the function: the runtime prints it, so it has no cause, no context, and no unchecked message. */
class FunctionError extends Error {
  readonly code: string;

  constructor(name: string, code: string, message: string) {
    super(message);
    this.name = name;
    this.code = code;
  }
}

/** Takes from an error what could hold key material (P6). The log has the rest: where it came from, and its causes. */
export function withoutKeyMaterial(error: unknown): Error {
  if (isOurs(error)) return new FunctionError(error.name, error.code, error.message);
  const name = error instanceof Error ? error.name : typeof error;
  const message = `dualkey: something unexpected was thrown (${name}). The log entry before this one shows where. Report this as a bug`;
  return new FunctionError("UnexpectedError", "UNEXPECTED", message);
}
