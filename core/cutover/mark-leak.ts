import { type Leak, leaksOf } from "./ledger.ts";
import type { Decision, LeakGoal, Observation } from "./observation.ts";
import type { SecretOutline, SecretView } from "./ports.ts";
import { effect, refuse } from "./steps.ts";

/** What a leak response goes by: as if its mark were there, where that could not be written. */
export function asMarked(observation: Observation, goal: LeakGoal): Observation {
  return { ...observation, secret: withLeak(observation.secret, goal) };
}

export function isMarked(
  secret: SecretOutline,
  { target, atMs }: Pick<LeakGoal, "target" | "atMs">,
): boolean {
  return leaksOf(secret).some((leak) => leak.target === target && leak.atMs === atMs);
}

/** Marks the keys, on the current version: where none is, on any. */
export function markLeak(
  secret: SecretOutline,
  leak: Pick<LeakGoal, "target" | "atMs" | "deadlineMs">,
): Decision {
  const carrier = carrierOf(secret);
  if (carrier === undefined) return refuse(`secret ${secret.name} has no version with a key`);
  return effect({ kind: "attach", versionId: carrier.id, label: labelOf(leak) }, "it leaked");
}

function carrierOf({ versions }: SecretOutline): SecretOutline["versions"][number] | undefined {
  return versions.find(({ isCurrent }) => isCurrent) ?? versions[0];
}

function labelOf({ target, atMs, deadlineMs }: Pick<LeakGoal, "target" | "atMs" | "deadlineMs">): Leak {
  return { kind: "leaked", target, atMs, deadlineMs };
}

/** The secret as it is when the leak is marked; itself where it is. */
export function withLeak(secret: SecretView, goal: LeakGoal): SecretView {
  if (isMarked(secret, goal)) return secret;
  const carrier = carrierOf(secret);
  const versions = secret.versions.map((version) => {
    return version.id === carrier?.id ? { ...version, labels: [...version.labels, labelOf(goal)] } : version;
  });
  return { ...secret, versions };
}
