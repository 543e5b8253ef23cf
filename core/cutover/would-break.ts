import { isClean, isLeaked, isLive, keyOf, labelsOf, leaksOf, sameFields, versionOf } from "./ledger.ts";
import type { Effect, Observation } from "./observation.ts";

/**
 * The last look of a run before an effect, written apart from the decision: says which promise the effect would break, as
 * far as the run can see, or nothing. A sentence here is a bug elsewhere.
 */
export function wouldBreak(effect: Effect, observation: Observation): string | undefined {
  const { secret, probes } = observation;
  switch (effect.kind) {
    case "promote": {
      const to = versionOf(secret, effect.to);
      if (to === undefined || !isLive(to) || !isClean(to, secret))
        return "P1: the key to promote is not live and clean";
      if (probes[to.id]?.kind === "accepted" || isPastLosing(effect, observation)) return undefined;
      return "P1: no probe has accepted the key to promote";
    }
    case "replace-key": {
      const probe = probes[effect.with];
      if (probe?.kind !== "accepted")
        return "P1: no probe has accepted the key to put another in the place of";
      const follows = secret.versions.some((any) => any.id !== effect.with && isLive(any) && keyOf(any));
      return follows ? undefined : "P1: no version holds the key that would take the current one's place";
    }
    case "register-key": {
      const version = versionOf(secret, effect.versionId);
      const isWanted = version && !version.isCurrent && isLive(version) && isClean(version, secret);
      return isWanted ? undefined : "P2: the key to register is not live and clean, or it is current";
    }
    case "revoke-key":
    case "remove-key":
      return isInRotation(effect.keyId, observation)
        ? "P8: the key to revoke is current or pending, and nobody has named it"
        : undefined;
    case "detach": {
      const version = versionOf(secret, effect.versionId);
      if (effect.label.kind !== "live") return undefined;
      return version?.isCurrent || version?.isPending
        ? "P4: a key in the rotation is not forgotten"
        : undefined;
    }
    case "attach": {
      const version = versionOf(secret, effect.versionId);
      if (effect.label.kind !== "condemned") return undefined;
      const isReplaced = version !== undefined && labelsOf(version, "replaced").length > 0;
      return isReplaced || (version && isLeaked(version, secret))
        ? undefined
        : "P3: the key to condemn was never replaced";
    }
    default:
      return undefined;
  }
}

/** AWSCURRENT has nothing to lose where the key under it leaked and is revoked; or where it is refused, and another is not. */
function isPastLosing({ from, to }: Extract<Effect, { kind: "promote" }>, observation: Observation): boolean {
  const { secret, list, run, probes } = observation;
  const version = secret.versions.find(({ id }) => id === from);
  if (version === undefined || !isLeaked(version, secret) || probes[to]?.kind === "rejected") return false;
  const keyId = keyOf(version)?.keyId;
  const isRevoked = keyId !== undefined && run.revoked.includes(keyId);
  if (run.capabilities.credential === "self") {
    const isRefused = list?.kind === "unknown" && list.isRefused === true;
    return isRevoked ? run.fit.includes(to) : isRefused && probes[version.id]?.kind === "rejected";
  }
  const isListedGone =
    list?.kind === "listed" &&
    list.complete &&
    list.keys.every(({ id, isDisabled = false }) => id !== keyId || isDisabled);
  return isRevoked || (keyId !== undefined && isListedGone && probes[version.id]?.kind !== "accepted");
}

/** A named leak, or a named revoke, revokes whatever it names. */
function isInRotation(keyId: string, { secret, list, run }: Observation): boolean {
  if (run.named === keyId || leaksOf(secret).some(({ target }) => target === keyId)) return false;
  const inUse = secret.versions.filter((version) => {
    return (version.isCurrent || version.isPending) && !isLeaked(version, secret);
  });
  const holders = secret.versions.filter((version) => keyOf(version)?.keyId === keyId);
  const itself = keyOf(holders[0]);
  // The id of a leaked version is written down: it is no other's, whose id is not known yet.
  const isTold = holders.some((version) => isLeaked(version, secret));
  const listed = list?.kind === "listed" ? list.keys.find(({ id }) => id === keyId) : undefined;
  return inUse.map(keyOf).some((key) => {
    if (key === undefined) return false;
    const isUntold = key.keyId === undefined && listed !== undefined && listed.is(key.fields) === undefined;
    if (isUntold && !isTold) return true;
    return key.keyId === keyId || listed?.is(key.fields) === true || (itself && sameFields(key, itself));
  });
}
