/** How long the client goes on with a key unless told: what a policy for it has to allow for. */
export const CLIENT_DEFAULTS = {
  /** A key that was read is used for so long without looking again. */
  cacheSeconds: 300,
  /** For so much longer it is used while Secrets Manager does not answer. */
  staleSeconds: 3600,
} as const;
