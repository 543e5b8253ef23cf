import type { Policy } from "../../contract/policy.ts";
import { listedKeys } from "./access.ts";
import { inferListed, writeId } from "./adopt.ts";
import { holdFor, judgeUse } from "./evidence.ts";
import { condemnedAtMs, keyOf, labelsOf } from "./ledger.ts";
import type { Decision, Observation } from "./observation.ts";
import { forgetProven } from "./prove-dead.ts";
import { condemn, type Retiring, waitToForget } from "./retiring.ts";
import { alarm, effect, hold, look, waitFor } from "./steps.ts";

/**
 * Retires a key where the provider lists none: the control pair is all the proof there is (P4). While the key works,
 * its successor takes its place, or a person revokes it.
 */
export function retireUnlisted(
  observation: Observation,
  retiring: Retiring,
  policy: Policy,
  now: number,
): Decision {
  const { version, access } = retiring;
  const about = { versionId: version.id };
  if (keyOf(version) === undefined) {
    return alarm("its value cannot be read, so nobody can see whether its key is dead", about);
  }
  for (const versionId of [access.current.version.id, version.id]) {
    if (observation.probes[versionId] === undefined) return look({ kind: "probe", versionId });
  }
  const [old, control] = [observation.probes[version.id], observation.probes[access.current.version.id]];
  if (control?.kind !== "accepted") {
    return alarm(`the current key is not accepted: ${control?.because}`, {
      versionId: access.current.version.id,
    });
  }
  if (old?.kind === "rejected") {
    return waitToForget(observation, version, now) ?? forgetProven(observation, version, access.current);
  }
  const isOverdue = now >= retiring.replacedAt + policy.maxOverlapSeconds * 1000;
  if (old?.kind !== "accepted") {
    const because = `whether the replaced key still works is unknown: ${old?.because}`;
    return waitFor([{ because, ...about, alarm: isOverdue }]);
  }
  if (observation.run.capabilities.source === "in-place")
    return replaceOld(observation, retiring, policy, now);
  const vendor = policy.provider.id === "hand-in" ? policy.provider.vendor : policy.provider.id;
  const which = keyOf(version)?.keyId;
  const because =
    `nobody but a person can revoke it: see that no consumer uses it any more, and revoke key ` +
    `${which === undefined ? `of version ${version.id}` : which} in the console of ${vendor}`;
  return waitFor([{ because, ...about, alarm: isOverdue }]);
}

/** The old key works beside the new one: it ends when its successor takes its place, on the same terms as any revoke. */
function replaceOld(
  observation: Observation,
  { version, access, replacedAt }: Retiring,
  policy: Policy,
  now: number,
): Decision {
  const about = { versionId: version.id };
  const unknown = { kind: "unknown", because: "the provider does not list sends by key" } as const;
  const held = holdFor(
    judgeUse({ replaced: unknown, current: unknown }, policy, now),
    { version, replacedAt },
    policy,
    now,
  );
  if (held) return held;
  if (condemnedAtMs(version) === undefined)
    return condemn(version, "its successor is to take its place", now);
  const early = waitToForget(observation, version, now);
  if (early) return early;
  if (observation.run.replaced !== undefined) {
    return alarm("its successor was to take its place, and it still works", about);
  }
  return effect(
    { kind: "replace-key", with: access.current.version.id },
    "its successor takes its place, and no run can still promote it",
  );
}

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
  const candidates =
    labelsOf(version, "live").length === 0 ? [] : inferListed(observation, version, listed.value);
  const [itself, ...others] = candidates;
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
  if (itself) return hold(`it is rejected, and key ${itself.id} that nobody knows is as old`, about);
  return forgetProven(observation, version, access.current);
}
