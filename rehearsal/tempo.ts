import type { Policy } from "../contract/policy.ts";
import { REHEARSAL_TIMING } from "../examples/rehearsal/rehearsal-stack.ts";

/**
 * How fast the rehearsal's world turns, in seconds of real time. Nothing is scaled: a policy in seconds is a policy
 * like any other, and every rule that a production secret lives by is waited for here, too.
 */
export interface Tempo {
  /** How long a login service goes on with the key that it has read, where Secrets Manager answers. */
  readonly cacheSeconds: number;
  readonly minOverlapSeconds: number;
  readonly quietForSeconds: number;
  readonly maxOverlapSeconds: number;
  /** The function's timeout; with the margin it is the fence. */
  readonly timeoutSeconds: number;
  readonly marginSeconds: number;
  readonly callSeconds: number;
  readonly listLagSeconds: number;
  readonly sweepSeconds: number;
  /** How long logins run before anything happens to their key. */
  readonly warmUpSeconds: number;
  /** How long they go on when all is over. */
  readonly coolDownSeconds: number;
}

/** How often the clock ticks. EventBridge can do no better than a minute: this is the one number that is not the stack's. */
export const SWEEP_SECONDS = 1;

/** Takes the tempo from what was deployed: the key's policy, and the timing of the stack's functions. */
export function tempoOf(policy: Policy): Tempo {
  const { minOverlapSeconds, quietForSeconds, maxOverlapSeconds, consumers } = policy;
  return {
    ...REHEARSAL_TIMING,
    minOverlapSeconds,
    quietForSeconds,
    maxOverlapSeconds,
    cacheSeconds: Math.max(...consumers.flatMap((one) => ("cacheSeconds" in one ? one.cacheSeconds : []))),
    sweepSeconds: SWEEP_SECONDS,
    warmUpSeconds: 3,
    coolDownSeconds: 3,
  };
}

/** After this time, nothing that another run was about to do can still happen: milliseconds. */
export function fenceMsOf({ timeoutSeconds, marginSeconds }: Tempo): number {
  return (timeoutSeconds + marginSeconds) * 1000;
}
