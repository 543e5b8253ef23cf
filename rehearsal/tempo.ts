/**
 * How fast the rehearsal's world turns, in seconds of real time. Nothing is scaled: a policy in seconds is a policy
 * like any other, and every rule that a production secret lives by is waited for here, too.
 */
export interface Tempo {
  /** How long a login service goes on with the key that it has read. */
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

export const TEMPO: Tempo = {
  cacheSeconds: 3,
  minOverlapSeconds: 5,
  quietForSeconds: 3,
  maxOverlapSeconds: 120,
  timeoutSeconds: 5,
  marginSeconds: 3,
  callSeconds: 1,
  listLagSeconds: 1,
  sweepSeconds: 1,
  warmUpSeconds: 3,
  coolDownSeconds: 3,
};

/** After this time, nothing that another run was about to do can still happen: milliseconds. */
export function fenceMsOf({ timeoutSeconds, marginSeconds }: Tempo): number {
  return (timeoutSeconds + marginSeconds) * 1000;
}
