import { ConfigError } from "../contract/errors.ts";
import { parseRotatorRequest, type RotatorRequest } from "../contract/requests.ts";
import type { Fleet } from "../core/aws/fleet.ts";
import { nameOfSecret } from "../core/aws/secret-name.ts";
import type { Outcome } from "../core/run.ts";
import { StepNotDoneError } from "./function-error.ts";
import { type Composition, createHandler, type FunctionParts } from "./handler.ts";
import { type GoalParts, refuse, runGoal } from "./run-goal.ts";
import { type SweepSummary, sweep } from "./sweep.ts";

/** What the environment gives a rotator to work with. */
export interface RotatorComposition extends Composition {
  readonly fleet: Fleet;
  readonly listLagMs: number;
  readonly sweepEveryMs: number;
}

/** What an invocation answers: nothing to a step, since Secrets Manager does not read it. */
type Answer = SweepSummary | Outcome | undefined;

/**
 * Makes the rotator's handler.
 *
 * A step throws unless it is done, so that Secrets Manager sees it fail and calls it again. A reconciliation throws
 * only what nobody expected: a refusal is logged and counted, for a retry would be refused, too.
 */
export function createRotator(parts: FunctionParts<RotatorComposition>) {
  return createHandler(parts, { parse: parseRotatorRequest, serve });
}

async function serve(request: RotatorRequest, parts: RotatorComposition & GoalParts): Promise<Answer> {
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

async function sweepAll(parts: RotatorComposition & GoalParts): Promise<SweepSummary> {
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
