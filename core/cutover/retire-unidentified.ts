import type { Policy } from "../../contract/policy.ts";
import { listedKeys } from "./access.ts";
import { inferListed, writeId } from "./adopt.ts";
import type { Decision, Observation } from "./observation.ts";
import { forgetProven } from "./prove-dead.ts";
import { type Retiring, waitToForget } from "./retiring.ts";
import { alarm, look, waitFor } from "./steps.ts";

/**
 * Retires a key that the client has chosen and whose id nobody knows: never registered, or its run was killed before it
 * could write the id down. It is condemned like any other: nothing is forgotten while a run may still register it.
 */
export function retireUnidentified(
  observation: Observation,
  { version, access, replacedAt }: Retiring,
  policy: Policy,
  now: number,
): Decision {
  const about = { versionId: version.id };
  const listed = listedKeys(observation, access, policy);
  if (listed.kind !== "found") return listed;
  const probe = observation.probes[version.id];
  if (probe === undefined) return look({ kind: "probe", versionId: version.id });
  if (probe.kind === "unknown") {
    const isOverdue = now >= replacedAt + policy.maxOverlapSeconds * 1000;
    const because = `whether it was ever registered is unknown: ${probe.because}`;
    return waitFor([{ because, ...about, alarm: isOverdue }]);
  }
  const [itself, ...others] = inferListed(observation, version, listed.value);
  if (probe.kind === "accepted") {
    if (itself && others.length === 0) {
      return writeId(version, itself.id, { provider: policy.provider.id, account: listed.value.account });
    }
    return alarm(
      "it works, and which of the listed keys it is cannot be told. Revoke it in the vendor's console",
      about,
    );
  }
  const early = waitToForget(observation, version, now);
  if (early) return early;
  if (itself) {
    return alarm(
      `it is rejected, and key ${itself.id}, which nobody knows, is as old: it may be that one. If nobody uses it, revoke it ` +
        "by its id, or in the vendor's console",
      about,
    );
  }
  return forgetProven(observation, { version, current: access.current }, now);
}
