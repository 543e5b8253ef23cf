import type { Finding } from "./finding.ts";
import { pausedSinceMs } from "./freeze.ts";
import { describeKeys, type KeyStatus } from "./key-status.ts";
import type { Policy } from "./policy.ts";
import { findingsOf } from "./status-findings.ts";

/** A secret as DescribeSecret and ListSecrets show it: labels, settings and times, never a value. */
export interface DescribedSecret {
  readonly arn: string;
  readonly name: string;
  /** The value of its tag `dualkey:deployment`. */
  readonly deployment?: string;
  readonly isDeleted: boolean;
  readonly rotationEnabled: boolean;
  /** The function that rotates it. */
  readonly rotatorArn?: string;
  readonly versions: readonly DescribedVersion[];
  /** When anything about it changed last. */
  readonly changedAtMs?: number;
  /** When the service means to rotate it next. */
  readonly nextRotationAtMs?: number;
}

/** A version that has at least one staging label. */
export interface DescribedVersion {
  readonly id: string;
  /** Its staging labels, those of the service and of others included. */
  readonly stages: readonly string[];
}

/** What is known of a secret's policy. `not-read`: nobody asked for it, which is no finding. */
export type PolicyReading =
  | { readonly kind: "policy"; readonly policy: Policy }
  | { readonly kind: "missing" }
  | { readonly kind: "mistaken"; readonly because: string }
  | { readonly kind: "not-read" };

/**
 * Where a secret is, in the order of urgency: the first that applies.
 *
 * - `deleted`: scheduled for deletion; its keys are not looked after.
 * - `leaked`: a leak response is under way.
 * - `no-key`: nothing is current.
 * - `rotating`: AWSPENDING is on a version that is not current.
 * - `retiring`: a replaced key still works.
 * - `steady`: one key, and nothing owed.
 */
export type SecretPhase = "deleted" | "leaked" | "no-key" | "rotating" | "retiring" | "steady";

/** One secret, as a person wants to read it. Times are milliseconds since the epoch. */
export interface SecretStatus {
  readonly name: string;
  readonly arn: string;
  readonly deployment?: string;
  /** From its policy. */
  readonly environment?: string;
  readonly phase: SecretPhase;
  readonly nextRotationAtMs?: number;
  /** Since when an operator has it paused; absent where nobody has. */
  readonly pausedAtMs?: number;
  /** Current first, then what comes, then what goes. */
  readonly keys: readonly KeyStatus[];
  /** Alarms first. */
  readonly findings: readonly Finding[];
}

/**
 * Says where a secret and its keys are, from labels, settings and policy alone. Pure: no value is read, and nothing
 * is asked of the provider, so it tells what the ledger says, not what the provider would.
 *
 * @param now milliseconds since the epoch
 */
export function statusOf(secret: DescribedSecret, reading: PolicyReading, now: number): SecretStatus {
  const policy = reading.kind === "policy" ? reading.policy : undefined;
  const keys = describeKeys(secret, policy, now);
  const pausedAtMs = pausedSinceMs(secret);
  return {
    name: secret.name,
    arn: secret.arn,
    ...(secret.deployment === undefined ? {} : { deployment: secret.deployment }),
    ...(policy === undefined ? {} : { environment: policy.environment }),
    phase: phaseOf(secret, keys),
    ...(secret.nextRotationAtMs === undefined ? {} : { nextRotationAtMs: secret.nextRotationAtMs }),
    ...(pausedAtMs === undefined ? {} : { pausedAtMs }),
    keys,
    findings: findingsOf({ secret, reading, keys, now }),
  };
}

function phaseOf({ isDeleted }: DescribedSecret, keys: readonly KeyStatus[]): SecretPhase {
  const has = (...phases: KeyStatus["phase"][]) => keys.some(({ phase }) => phases.includes(phase));
  if (isDeleted) return "deleted";
  if (keys.some(({ marks }) => marks.includes("leaked"))) return "leaked";
  if (!has("current")) return "no-key";
  if (has("pending", "empty")) return "rotating";
  return has("retiring", "condemned") ? "retiring" : "steady";
}

type IsoName<K> = K extends `${infer Name}AtMs` ? `${Name}At` : K;

/** A type with each time `…AtMs` as `…At`, ISO text. */
export type WithIsoTimes<T> = T extends readonly (infer Item)[]
  ? readonly WithIsoTimes<Item>[]
  : T extends object
    ? { readonly [K in keyof T as IsoName<K>]: K extends `${string}AtMs` ? string : WithIsoTimes<T[K]> }
    : T;

/** Writes a status as other programs read it: each time `…AtMs` becomes `…At`, ISO text in UTC. */
export function formatStatus<T>(status: T): WithIsoTimes<T> {
  return withIsoTimes(status) as WithIsoTimes<T>;
}

function withIsoTimes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withIsoTimes);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) =>
      name.endsWith("AtMs") && typeof field === "number"
        ? [name.slice(0, -"Ms".length), new Date(field).toISOString()]
        : [name, withIsoTimes(field)],
    ),
  );
}
