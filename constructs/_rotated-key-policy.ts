import { Token } from "cdktf";
import { stalenessOf } from "../contract/consumer-policy.ts";
import { handInSecretName } from "../contract/names.ts";
import { OVERLAP_SLACK_SECONDS, type PolicyInput } from "../contract/policy.ts";
import { defaultsFor } from "./environment-defaults.ts";
import type { RotatedKeyOptions } from "./rotated-key-options.ts";

/**
 * What the overlap has beyond the longest that a consumer may go on with a key where nobody says how long it is: enough for an instance
 * that is paused for a moment, and never less than the bound that policies are held to.
 */
const DEFAULT_SLACK_SECONDS = Math.max(60, OVERLAP_SLACK_SECONDS);

/**
 * Builds a key's policy from its options, with the defaults of its environment.
 *
 * `minOverlapSeconds` is undefined where it has no default: what only Terraform knows cannot be added to.
 */
export function buildPolicy(
  options: RotatedKeyOptions,
  environment: string,
): Omit<PolicyInput, "minOverlapSeconds"> & { readonly minOverlapSeconds: number | undefined } {
  const defaults = defaultsFor(environment);
  const consumers = options.consumers.map((one, index) => one.toPolicy(`consumer-${index + 1}`));
  const minOverlapSeconds = options.minOverlapSeconds ?? defaultOverlap(consumers);
  const quietForSeconds = options.quietForSeconds ?? defaults.quietForSeconds;
  const least =
    isKnown(minOverlapSeconds) && isKnown(quietForSeconds) ? minOverlapSeconds + quietForSeconds : 0;
  return {
    version: 1,
    secret: options.secretName,
    environment,
    provider: options.provider.policy,
    ...(isHandedIn(options) ? { handIn: handInSecretName(options.secretName) } : {}),
    ...(options.value === undefined ? {} : { value: options.value }),
    ...(options.fields === undefined ? {} : { fields: { ...options.fields } }),
    minOverlapSeconds,
    quietForSeconds,
    maxOverlapSeconds: options.maxOverlapSeconds ?? Math.max(defaults.maxOverlapSeconds, least),
    atMaxOverlap: options.atMaxOverlap ?? defaults.atMaxOverlap,
    ...(options.minSample === undefined ? {} : { minSample: options.minSample }),
    ...(options.rollBackAt === undefined ? {} : { rollBackAt: { ...options.rollBackAt } }),
    consumers,
  };
}

/** Whether people hand keys in: where nobody says so, if they make the first one. */
function isHandedIn({ handIn, provider }: RotatedKeyOptions): boolean {
  return handIn ?? provider.firstKey === "handed-in";
}

function defaultOverlap(consumers: PolicyInput["consumers"]): number | undefined {
  const times = consumers.flatMap((one) =>
    one.kind === "self-refreshing" ? [one.cacheSeconds, one.staleSeconds ?? 0] : [],
  );
  if (times.some((one) => Token.isUnresolved(one))) return undefined;
  return Math.max(0, ...consumers.flatMap((one) => stalenessOf(one) ?? [])) + DEFAULT_SLACK_SECONDS;
}

function isKnown(value: number | undefined): value is number {
  return value !== undefined && !Token.isUnresolved(value);
}
