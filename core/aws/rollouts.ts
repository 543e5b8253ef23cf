import type { ECSClient } from "@aws-sdk/client-ecs";
import type { LambdaClient } from "@aws-sdk/client-lambda";
import type { Rollouts } from "../cutover/ports.ts";
import { lookAtService, startDeployment } from "./_rollout-ecs.ts";
import { lookAtFunction, startFunctionAnew } from "./_rollout-lambda.ts";

/**
 * How long after the cutover a consumer may be started anew at the earliest. One that reads its key at start holds what it
 * has read for as long as it lives, so it must not start while a read of the secret may still give the key before.
 *
 * Half of it is the allowance for clocks: nothing is started before all of it has passed by our clock, and what counts as
 * started after the cutover began after half of it by AWS's. A deployment of somebody else in between is not counted: it
 * is made once more, which does no harm.
 */
export const SETTLE_MS = 4_000;

/** What rollouts need. */
export interface RolloutsOptions {
  readonly ecs: ECSClient;
  readonly lambda: LambdaClient;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** @default SETTLE_MS */
  readonly settleMs?: number;
}

/**
 * Starts services of ECS and functions of Lambda anew, and sees whether they have been.
 *
 * Nothing is remembered: a service's own deployments say when it was started anew, and by whom does not matter; a function
 * bears the time in its environment.
 */
export function createRollouts({ ecs, lambda, now, settleMs = SETTLE_MS }: RolloutsOptions): Rollouts {
  return {
    look: async ({ consumer, sinceMs }, call) => {
      const leftMs = sinceMs + settleMs - now();
      if (leftMs > 0) {
        const because = `waits ${Math.ceil(leftMs / 1000)} s more, until every read of the secret gives the key that is current`;
        return { kind: "under-way", because };
      }
      const countsFromMs = sinceMs + settleMs / 2;
      return consumer.kind === "ecs-service"
        ? lookAtService(ecs, { consumer, countsFromMs }, call)
        : lookAtFunction(lambda, { consumer, countsFromMs, nowMs: now() }, call);
    },
    start: async ({ consumer }, call) => {
      if (consumer.kind === "ecs-service") return startDeployment(ecs, consumer, call);
      await startFunctionAnew(lambda, { consumer, nowMs: now() }, call);
    },
  };
}
