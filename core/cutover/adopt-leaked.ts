import { markLive } from "./adopt.ts";
import type { Response } from "./end-leaked.ts";
import { isLeaked, isLive, keyBornAtMs, keyOf, sameFields } from "./ledger.ts";
import type { Decision, Look, Observation } from "./observation.ts";
import type { SecretView, Version } from "./ports.ts";
import { isProvenPair } from "./prove-dead.ts";
import { firstOf, poll } from "./steps.ts";

/** Versions outside the ledger whose keys a leak names: that a version has no label proves nothing of its key. */
function outsideOf(secret: SecretView): readonly Version[] {
  const live = secret.versions.filter(isLive).map(keyOf);
  return secret.versions.filter((version) => {
    const key = keyOf(version);
    if (isLive(version) || version.isCurrent || key === undefined || !isLeaked(version, secret)) return false;
    return !live.some((any) => any && sameFields(any, key));
  });
}

/** What tells whether they work: asked beside the first look, for they may vanish when AWSPREVIOUS moves. */
export function probesOutside({ secret, probes }: Observation): readonly Look[] {
  return outsideOf(secret)
    .filter(({ id }) => probes[id] === undefined)
    .map(({ id }) => ({ kind: "probe", versionId: id }));
}

/** One that works is taken into the ledger, and dies like any other. */
export function adoptWorking({ secret, probes }: Observation): Decision | undefined {
  const version = outsideOf(secret).find(({ id }) => probes[id]?.kind === "accepted");
  return version && markLive(version, keyBornAtMs(secret, version));
}

/** When no leaked key is current any more, those that are left are shown to be dead by a control pair, or taken in. */
export function adoptLeaked(observation: Observation, { access, now }: Response): Decision | undefined {
  const { secret } = observation;
  const { current } = access;
  if (current === undefined || isLeaked(current.version, secret)) return undefined;
  const outside = outsideOf(secret);
  return firstOf(
    outside.map((version) => () => {
      const pair = isProvenPair(observation, version, current);
      if (pair.kind !== "found") return pair;
      if (pair.value) return undefined;
      return (
        adoptWorking(observation) ??
        poll("whether a key still works that the leak names is not known", now, {
          versionId: version.id,
        })
      );
    }),
  );
}
