import { markLive } from "./adopt.ts";
import type { Response } from "./end-leaked.ts";
import { isLeaked, isLive, keyBornAtMs, keyOf, sameFields } from "./ledger.ts";
import type { Decision, Observation } from "./observation.ts";
import { isProvenPair } from "./prove-dead.ts";
import { firstOf, poll } from "./steps.ts";

/**
 * Takes keys into the ledger that a leak names and that were in the secret before dualkey was: that a version has no label
 * proves nothing of its key. One that works then dies like any other; one that a control pair shows to be dead is left.
 */
export function adoptLeaked(observation: Observation, { access, now }: Response): Decision | undefined {
  const { secret, probes } = observation;
  const { current } = access;
  if (current === undefined || isLeaked(current.version, secret)) return undefined;
  const live = secret.versions.filter(isLive).map(keyOf);
  const outside = secret.versions.filter((version) => {
    const key = keyOf(version);
    if (isLive(version) || version.isCurrent || key === undefined || !isLeaked(version, secret)) return false;
    return !live.some((any) => any && sameFields(any, key));
  });
  return firstOf(
    outside.map((version) => () => {
      const pair = isProvenPair(observation, version, current);
      if (pair.kind !== "found") return pair;
      if (pair.value) return undefined;
      if (probes[version.id]?.kind === "accepted") return markLive(version, keyBornAtMs(secret, version));
      return poll("whether a key still works that the leak names is not known", now, {
        versionId: version.id,
      });
    }),
  );
}
