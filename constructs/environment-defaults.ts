/** What a key gets where its options do not say: by the environment that it is in. */
export interface EnvironmentDefaults {
  /** How often the key is replaced. */
  readonly rotateEveryDays: number;
  readonly quietForSeconds: number;
  readonly maxOverlapSeconds: number;
  readonly atMaxOverlap: "hold" | "revoke";
  readonly recoveryWindowDays: number;
  readonly logRetentionDays: number;
}

/** Keys live 90 days: replaced a week before, so that an overlap that holds has room. */
const PRODUCTION: EnvironmentDefaults = {
  rotateEveryDays: 83,
  quietForSeconds: 600,
  maxOverlapSeconds: 86_400,
  atMaxOverlap: "hold",
  recoveryWindowDays: 30,
  logRetentionDays: 365,
};

/** Keys live 7 days, and nobody waits for an answer at night. */
const DEVELOPMENT: EnvironmentDefaults = {
  rotateEveryDays: 6,
  quietForSeconds: 60,
  maxOverlapSeconds: 3_600,
  atMaxOverlap: "revoke",
  recoveryWindowDays: 7,
  logRetentionDays: 14,
};

/** Gives the defaults of an environment: `development` has its own, and every other is treated as production is. */
export function defaultsFor(environment: string): EnvironmentDefaults {
  return environment === "development" ? DEVELOPMENT : PRODUCTION;
}
