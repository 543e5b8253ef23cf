import type { Context } from "aws-lambda";
import { describeError } from "../core/aws/safe-error.ts";
import { nameOfSecret } from "../core/aws/secret-name.ts";
import { StepNotDoneError, withoutKeyMaterial } from "./function-error.ts";
import type { GoalParts } from "./run-goal.ts";
import type { Telemetry } from "./telemetry.ts";

/** What the environment gives a function to work with. */
export type Composition = Omit<GoalParts, "run" | "telemetry" | "signal" | "deadlineMs">;

/** What a function is made of. `compose` is called at the first event that is understood, and once. */
export interface FunctionParts<C extends Composition> {
  readonly compose: () => C;
  readonly run: GoalParts["run"];
  readonly telemetry: Telemetry;
}

/** What tells one function from another: which events it understands, and what it does with them. */
export interface Service<Request, C extends Composition, Answer> {
  /** @throws ConfigError where the event is not understood */
  parse(event: unknown): Request;
  serve(request: Request, parts: C & GoalParts): Promise<Answer>;
}

/** The time that is left for logs, metrics, and giving up what is in flight. */
const RESERVE_MS = 1_000;

/**
 * Makes a function's handler: the life of one invocation, whatever it is for.
 *
 * Whatever is in flight when the handler returns is aborted: a frozen function would resume it minutes later.
 */
export function createHandler<Request extends object, C extends Composition, Answer>(
  { compose, run, telemetry }: FunctionParts<C>,
  { parse, serve }: Service<Request, C, Answer>,
) {
  let composed: C | undefined;
  return async (event: unknown, context: Pick<Context, "getRemainingTimeInMillis">): Promise<Answer> => {
    const life = new AbortController();
    let secret: string | undefined;
    try {
      const request = parse(event);
      composed ??= compose();
      secret = secretOf(request);
      const remainingMs = Math.max(0, context.getRemainingTimeInMillis() - RESERVE_MS);
      const signal = AbortSignal.any([life.signal, AbortSignal.timeout(remainingMs)]);
      // The fence counts on a life of `timeoutMs`: a function that was given more time does not use it.
      const deadlineMs = composed.now() + Math.min(remainingMs, composed.fence.timeoutMs);
      return await serve(request, { ...composed, run, telemetry, signal, deadlineMs });
    } catch (error) {
      if (error instanceof StepNotDoneError) throw error; // what came of its run is in the log already
      telemetry.count("Failures");
      telemetry.log("error", "the invocation failed", {
        ...(secret === undefined ? {} : { secret }),
        error: describeError(error),
      });
      throw withoutKeyMaterial(error);
    } finally {
      life.abort();
      telemetry.flush(secret);
    }
  };
}

function secretOf(request: object): string | undefined {
  return "secret" in request ? nameOfSecret(String(request.secret)) : undefined;
}
