import type { Policy } from "../../contract/policy.ts";
import { type Access, accessOf, listedKeys } from "./access.ts";
import { pauseAfter, RETRY_MS, revokeOrPause } from "./end-leaked.ts";
import { markReplaced } from "./finish-cutover.ts";
import { tellCurrent } from "./forget-leaks.ts";
import { refuseValue } from "./know-target.ts";
import {
  condemnedAtMs,
  holds,
  isClean,
  isLive,
  keyOf,
  labelsOf,
  replacedAtMs,
  retiringOf,
} from "./ledger.ts";
import { birthOf } from "./marker.ts";
import type { Decision, Observation, RevokeGoal } from "./observation.ts";
import type { KeyList, Version } from "./ports.ts";
import { isProvenPair } from "./prove-dead.ts";
import { retireKey } from "./retire.ts";
import { condemn } from "./retiring.ts";
import { alarm, done, effect, hold, look, poll, refuse } from "./steps.ts";

interface Terms {
  readonly policy: Policy;
  readonly now: number;
}

/**
 * revoke: one named key is dead, and nothing takes its place. One that a version holds ends as a retirement does, but for
 * its overlap and its evidence: labels say so, and the clock finishes it. One that no version holds goes at once.
 */
export function revokeNamed(observation: Observation, goal: RevokeGoal, terms: Terms): Decision {
  const { secret } = observation;
  const { keyId } = goal;
  const access = accessOf(observation, terms.policy);
  if (access.kind !== "found") return access;
  const holders = secret.versions.filter((version) => keyOf(version)?.keyId === keyId);
  const current = holders.find((version) => version.isCurrent);
  if (current) return revokeCurrent(observation, current, goal, { ...terms, access: access.value });
  const valued = refuseValue(secret, keyId);
  if (valued) return valued;
  const live = holders.find(isLive);
  if (live) return retireNamed(observation, live, { ...terms, access: access.value });
  return revokeUnknown(observation, goal, { ...terms, access: access.value, holders });
}

interface Reached extends Terms {
  readonly access: Access;
}

/** Whoever may be about to promote it is over one fence after it is condemned; the clock goes on from there. */
function retireNamed(observation: Observation, version: Version, { access, policy, now }: Reached): Decision {
  const { secret } = observation;
  if (access.current === undefined) return refuse(`secret ${secret.name} has no current key to prove it by`);
  if (version.isPending) {
    return effect(
      { kind: "drop-pending", versionId: version.id },
      "an operator has named its key: its rotation is over",
    );
  }
  if (replacedAtMs(version) === undefined) return markReplaced(observation, now) ?? done;
  if (!labelsOf(version, "waived").some(({ scope }) => scope === "used")) {
    const label = { kind: "waived", v8: version.v8, scope: "used", atMs: now } as const;
    return effect({ kind: "attach", versionId: version.id, label }, "an operator has named it");
  }
  if (condemnedAtMs(version) === undefined) return condemn(version, "an operator has named it", now);
  return retireKey(observation, { version, access: { ...access, current: access.current } }, policy, now);
}

/** Consumers fail from then on, and no control pair can prove it: so somebody has to say it in words. */
function revokeCurrent(
  observation: Observation,
  version: Version,
  { keyId, evenIfLoginsFail }: RevokeGoal,
  { access, policy, now }: Reached,
): Decision {
  const { run, secret } = observation;
  const { credential, revoke } = run.capabilities;
  if (revoke === "by-hand" || revoke === "replace") {
    return refuse(
      `key ${keyId} is current, and ${policy.provider.id} has no call that revokes it. Send leak-response`,
    );
  }
  if (!evenIfLoginsFail) {
    const alone =
      credential === "self"
        ? " It may be the last key of its account, and then none can be made but by hand."
        : "";
    return refuse(
      `key ${keyId} is current: every consumer uses it, and fails from then on.${alone} To put another in its place first, ` +
        "send leak-response, or rotate. To revoke it all the same, send evenIfLoginsFail: true",
    );
  }
  if (!run.revoked.includes(keyId)) {
    const early = pauseAfter(observation, keyId, { now }, { versionId: version.id });
    if (early) return early;
    const other = retiringOf(secret).find((any) => keyOf(any) && isClean(any, secret));
    const credentialId = credential === "self" && other ? other.id : access.with;
    return effect(
      { kind: "revoke-key", keyId, with: credentialId },
      "an operator has named it, though it is current",
    );
  }
  const probe = observation.probes[version.id];
  if (probe === undefined) return look({ kind: "probe", versionId: version.id });
  if (probe.kind === "accepted")
    return poll("it is revoked, and the provider still accepts it", now, { versionId: version.id });
  if (credential === "self" || !run.capabilities.list) return { kind: "done", proof: "unproven" };
  const listed = listedKeys(observation, access, policy);
  if (listed.kind !== "found") return listed;
  return proofOfAbsence(observation, keyId, listed.value, { access, now });
}

interface Unknown extends Reached {
  readonly holders: readonly Version[];
}

/** A key that no version of the ledger holds: a stranger's, or one that was there before dualkey was. */
function revokeUnknown(observation: Observation, goal: RevokeGoal, it: Unknown): Decision {
  const { keyId } = goal;
  const { run, secret } = observation;
  if (!run.capabilities.list) {
    const [holder] = it.holders;
    if (holder) return proofOfHeld(observation, holder, it);
    return refuse(
      `secret ${secret.name}: no version holds the key that was named, and its provider lists none. See the vendor's console`,
    );
  }
  const listed = listedKeys(observation, it.access, it.policy);
  if (listed.kind !== "found") return listed;
  if (run.revoked.includes(keyId)) return proofOfAbsence(observation, keyId, listed.value, it);
  const untold = tellCurrent(observation, listed.value, it);
  if (untold) return untold;
  const itself = listed.value.keys.find(({ id, isDisabled }) => id === keyId && !isDisabled);
  if (itself === undefined) {
    const [holder] = it.holders;
    if (holder) return proofOfHeld(observation, holder, it);
    return refuse(
      `secret ${secret.name}: no version holds the key that was named, and account ${listed.value.account} lists none of this id. ` +
        "Nothing was changed. See the ids with status, or in the vendor's console",
    );
  }
  const current = it.access.current?.version;
  if (current && holds(current, itself)) return revokeCurrent(observation, current, goal, it);
  const fenceEndsAt = birthOf(itself, run.namePrefix, it.now) + run.fenceMs;
  if (itself.name?.startsWith(run.namePrefix) && it.now <= fenceEndsAt) {
    return hold("a run may still be about to store it", { keyId, untilMs: fenceEndsAt });
  }
  const because = "an operator has named it";
  return revokeOrPause(observation, { keyId, with: it.access.with }, { now: it.now, because });
}

/** That a version is not in the ledger proves nothing of its key: a control pair does. */
function proofOfHeld(observation: Observation, holder: Version, { access, now }: Reached): Decision {
  const { current } = access;
  if (current === undefined) return { kind: "done", proof: "unproven" };
  const pair = isProvenPair(observation, holder, current);
  if (pair.kind !== "found") return pair;
  if (pair.value) return { kind: "done", proof: "proven" };
  return alarm(
    "it is not in the ledger, and whether it still works is not known, or it does: revoke it in the vendor's console",
    {
      versionId: holder.id,
      untilMs: now + RETRY_MS,
    },
  );
}

/** Its value is not known, or nothing is left to compare it with: two lists that agree are the most there is. */
function proofOfAbsence(
  { list }: Observation,
  keyId: string,
  { complete, keys }: KeyList,
  { access, now }: Pick<Reached, "access" | "now">,
): Decision {
  if (keys.some(({ id, isDisabled }) => id === keyId && !isDisabled)) {
    return poll("it is revoked, and the provider's list still shows it", now);
  }
  if (!complete) return { kind: "done", proof: "unproven" };
  const isAgreed = list?.kind === "listed" && (list.times ?? 1) >= 2;
  return isAgreed ? { kind: "done", proof: "listed-gone" } : look({ kind: "list", with: access.with });
}
