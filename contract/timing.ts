/** How long a function and its calls may take where nothing else is said: what the fence is made of, in seconds. */
export const DEFAULT_TIMING = {
  /** The function's timeout, the longest life of a run. */
  timeoutSeconds: 120,
  /** What the fence adds to it: the longest effect, how stale a read may be, clock skew. */
  marginSeconds: 180,
  /** The longest that one effect may take, its retries included. */
  callSeconds: 15,
  /** How late a listing of secrets may be. */
  listLagSeconds: 600,
  /** The time between two sweeps. */
  sweepSeconds: 300,
} as const;

/** For how long the Action may wait, and repeat its request: the longest that a job on GitHub's runners may take, 6 hours. */
export const MAX_WAIT_SECONDS = 21_600;
