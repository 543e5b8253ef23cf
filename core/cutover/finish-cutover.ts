import type { Policy } from "../../contract/policy.ts";
import { accessOf, staleOwnerOf } from "./access.ts";
import { adoptCurrent, tidyCurrent } from "./adopt.ts";
import { announceFirst, announceMove } from "./announce.ts";
import { contain } from "./contain.ts";
import { refuseFrozen } from "./freeze.ts";
import { isClean, isCurrentLeaked, isLive, isRetiring, isYounger, keyOf, labelsOf } from "./ledger.ts";
import type { Decision, Observation } from "./observation.ts";
import type { Version } from "./ports.ts";
import { identifyRegistered } from "./register-key.ts";
import { replaceInPlace } from "./replace-in-place.ts";
import { done, effect, firstOf, hold, look, refuse } from "./steps.ts";

/** finishSecret: the pending key is current, the old one is retiring. */
export function finishCutover(
  observation: Observation,
  version: Version,
  policy: Policy,
  now: number,
): Decision {
  const { secret } = observation;
  // Whoever moves AWSCURRENT looks again: a leak may have been called in the meantime.
  if (version.isCurrent) return movedOn(observation, policy, now) ?? markReplaced(observation, now) ?? done;

  if (!keyOf(version)) return refuse(`version ${version.id} has no key. Run createSecret first`);
  if (!isLive(version))
    return hold(`version ${version.id} is not in the ledger yet`, { versionId: version.id });
  if (!isClean(version, secret)) {
    return refuse(`version ${version.id}: its key is condemned, rejected or leaked. Rotate again`);
  }
  const moved = staleOwnerOf(version, secret, policy);
  if (moved) return refuse(`${moved}. Rotate again`);
  const frozen = refuseFrozen(secret);
  if (frozen) return followInPlace(observation, version, policy, now) ?? frozen;
  return promote(observation, version, policy, now);
}

function movedOn(observation: Observation, policy: Policy, now: number): Decision | undefined {
  return isCurrentLeaked(observation.secret) ? contain(observation, policy, now) : undefined;
}

/**
 * A key that was made after the current one may have taken its place at the provider, while a freeze began or somebody took
 * AWSPENDING off it: then AWSCURRENT follows at once, whatever else there is to wait for (P1). (A lone rejection of a current
 * key that was made last may be a suspended account.)
 */
export function followInPlace(
  observation: Observation,
  version: Version,
  policy: Policy,
  now: number,
): Decision | undefined {
  const { run, secret, probes } = observation;
  if (run.capabilities.source !== "in-place" || !keyOf(version) || !isClean(version, secret))
    return undefined;
  const access = accessOf(observation, policy);
  const current = access.kind === "found" ? access.value.current?.version : undefined;
  if (current === undefined || !isYounger(version, current, secret)) return undefined;
  for (const { id } of [current, version]) {
    if (probes[id] === undefined) return look({ kind: "probe", versionId: id });
  }
  const isPut = probes[current.id]?.kind === "rejected" && probes[version.id]?.kind === "accepted";
  return isPut ? promote(observation, version, policy, now) : undefined;
}

/**
 * Moves AWSCURRENT to a live, clean version whose key a probe accepts (P1). In this order: the key that it leaves is
 * in the ledger and carries nothing stale; then the probe; then one more look at the labels, since a leak may have
 * been called in the meantime; then the move, which is a compare-and-swap.
 */
export function promote(observation: Observation, version: Version, policy: Policy, now: number): Decision {
  const { secret, run } = observation;
  const access = accessOf(observation, policy);
  if (access.kind !== "found") return access;
  const { current } = access.value;
  if (current) {
    const first = firstOf([
      () => adoptCurrent(observation, { ...access.value, current }, policy, { despiteRefusal: true }),
      () => tidyCurrent(secret),
    ]);
    if (first) return first;
  }
  const probe = observation.probes[version.id];
  if (probe === undefined) return look({ kind: "probe", versionId: version.id });
  if (probe.kind === "rejected" && run.capabilities.source === "in-place" && current) {
    return replaceInPlace(observation, { version, current }, policy, now);
  }
  if (probe.kind !== "accepted") {
    return hold(`the provider does not accept the new key: ${probe.because}`, { versionId: version.id });
  }
  if (run.capabilities.source === "client" && keyOf(version)?.keyId === undefined) {
    return identifyRegistered(observation, version, policy);
  }
  if (secret.readAtMs < probe.atMs) return look({ kind: "secret" });
  if (current === undefined) {
    return (
      announceFirst(observation, version, now) ??
      effect({ kind: "promote", to: version.id }, "the provider accepts the first key")
    );
  }
  return effect(
    { kind: "promote", from: current.version.id, to: version.id },
    "the provider accepts the new key, and the old one is in the ledger",
  );
}

/** From the moment that a key is replaced, its overlap runs: later than the truth is safe. */
export function markReplaced(observation: Observation, now: number): Decision | undefined {
  const { secret } = observation;
  // While the current key is a leaked one, a clean one beside it may be what is to take its place.
  const isSpared = (any: Version) => isCurrentLeaked(secret) && isClean(any, secret);
  const version = secret.versions.find(
    (any) => isRetiring(any) && labelsOf(any, "replaced").length === 0 && !isSpared(any),
  );
  if (version === undefined) return undefined;
  const told = announceMove(observation, version, now);
  if (told) return told;
  const label = { kind: "replaced", v8: version.v8, atMs: now } as const;
  return effect(
    { kind: "attach", versionId: version.id, label },
    "the key is live, and neither current nor pending",
  );
}
