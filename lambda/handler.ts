import type { Context } from "aws-lambda";
import { ConfigError } from "../contract/errors.ts";
import { parseRotatorRequest, type RotatorRequest } from "../contract/requests.ts";
import type { Fleet } from "../core/aws/fleet.ts";
import { describeError } from "../core/aws/safe-error.ts";
import { nameOfSecret } from "../core/aws/secret-name.ts";
import type { Outcome } from "../core/run.ts";
import { StepNotDoneError, withoutKeyMaterial } from "./rotator-error.ts";
import { type GoalParts, refuse, runGoal } from "./run-goal.ts";
import { type SweepSummary, sweep } from "./sweep.ts";
import type { Telemetry } from "./telemetry.ts";

/** What the environment gives a rotator to work with. */
export interface Composition extends Omit<GoalParts, "run" | "telemetry" | "signal" | "deadlineMs"> {
  readonly fleet: Fleet;
  readonly listLagMs: number;
  readonly sweepEveryMs: number;
}

/** What a rotator is made of. `compose` is called at the first event that is understood, and once. */
export interface RotatorParts {
  readonly compose: () => Composition;
  readonly run: GoalParts["run"];
  readonly telemetry: Telemetry;
}

/** What an invocation answers: nothing to a step, since Secrets Manager does not read it. */
export type Answer = SweepSummary | Outcome | undefined;

/** The time that is left for logs, metrics, and giving up what is in flight. */
const RESERVE_MS = 1_000;

/**
 * Makes the function's handler.
 *
 * A step throws unless it is done, so that Secrets Manager sees it fail and calls it again. A reconciliation throws
 * only what nobody expected: a refusal is logged and counted, for a retry would be refused, too.
 *
 * Whatever is in flight when the handler returns is aborted: a frozen function would resume it minutes later.
 */
export function createHandler({ compose, run, telemetry }: RotatorParts) {
  let composed: Composition | undefined;
  return async (event: unknown, context: Pick<Context, "getRemainingTimeInMillis">): Promise<Answer> => {
    const life = new AbortController();
    let secret: string | undefined;
    try {
      const request = parseRotatorRequest(event);
      composed ??= compose();
      if ("secret" in request) secret = nameOfSecret(request.secret);
      const remainingMs = Math.max(0, context.getRemainingTimeInMillis() - RESERVE_MS);
      const signal = AbortSignal.any([life.signal, AbortSignal.timeout(remainingMs)]);
      // The fence counts on a life of `timeoutMs`: a function that was given more time does not use it.
      const deadlineMs = composed.now() + Math.min(remainingMs, composed.fence.timeoutMs);
      return await dispatch(request, { ...composed, run, telemetry, signal, deadlineMs });
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

async function dispatch(request: RotatorRequest, parts: Composition & GoalParts): Promise<Answer> {
  switch (request.kind) {
    case "sweep":
      return sweepAll(parts);
    case "reconcile":
      return reconcile(request.secret, parts);
    case "step": {
      const outcome = await runGoal(request.secret, { kind: request.step, token: request.token }, parts);
      if (outcome.kind === "done") return undefined;
      throw new StepNotDoneError(request.step, nameOfSecret(request.secret), outcome);
    }
  }
}

async function sweepAll(parts: Composition & GoalParts): Promise<SweepSummary> {
  const fenceMs = parts.fence.timeoutMs + parts.fence.marginMs;
  const summary = await sweep({ ...parts, fenceMs }, { signal: parts.signal });
  parts.telemetry.log("info", "swept", { ...summary });
  return summary;
}

/** A secret without policy, or with a mistaken one, is refused like any other that a person has to see to. */
async function reconcile(secret: string, parts: GoalParts): Promise<Outcome> {
  try {
    return await runGoal(secret, { kind: "reconcile" }, parts);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return refuse(error.message, { secret: nameOfSecret(secret), goal: "reconcile" }, parts);
  }
}
