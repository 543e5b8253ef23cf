import type { Policy } from "../../contract/policy.ts";
import { type Current, listedKeys } from "./access.ts";
import { identifyRetiring } from "./adopt.ts";
import { holdFor } from "./evidence.ts";
import { followInPlace } from "./finish-cutover.ts";
import { holdFrozen } from "./freeze.ts";
import { judgeRetiring } from "./gather-evidence.ts";
import { condemnedAtMs, keyOf, labelsOf } from "./ledger.ts";
import type { Decision, Observation } from "./observation.ts";
import type { KeyList, ListedKey, Version } from "./ports.ts";
import { isProvenPair, proveDead } from "./prove-dead.ts";
import { retireUnidentified } from "./retire-unidentified.ts";
import { retireUnlisted } from "./retire-unlisted.ts";
import { condemn, type Retiring } from "./retiring.ts";
import { rollConsumers } from "./roll-out.ts";
import { alarm, effect, type Found, found, hold, look } from "./steps.ts";
import { lastMoveAt, lastReplacedAt, twinOf, yieldTo } from "./twins.ts";

/**
 * Retires one replaced key: minimum overlap and evidence → `condemned` → fence → fresh look, fresh evidence →
 * revoke → list → control pair → `live` off.
 *
 * `live` is the last fact to go and the first label to come off: whatever happens, a key that may work is named.
 */
export function retireKey(
  observation: Observation,
  { version, access }: Omit<Retiring, "replacedAt">,
  policy: Policy,
  now: number,
): Decision {
  const about = { versionId: version.id };
  const { capabilities } = observation.run;
  const twin = twinOf(observation.secret, version);
  if (twin) return yieldTo(twin, version);
  const owned = holdForOwner(observation, { version, current: access.current }, policy);
  if (owned) return owned;
  const followed = followInPlace(observation, version, policy, now);
  if (followed) return followed;
  const replacedAt = lastReplacedAt(observation.secret, version);
  if (replacedAt === undefined) return hold("it is not marked as replaced yet", about);
  // What follows a rollback is no change of plan: consumers are brought back in a freeze, too.
  const frozen = holdFrozen(observation.secret, about);
  if (frozen && labelsOf(version, "rejected").length === 0) return frozen;
  // Consumers follow the last move, whichever key this is about.
  const movedAt = lastMoveAt(observation.secret);
  const rolling = rollConsumers(
    observation,
    { current: access.current.version, replacedAt: movedAt },
    policy,
    now,
  );
  const isWaived = labelsOf(version, "waived").length > 0;
  if (rolling && !(rolling.kind === "wait" && isWaived)) return rolling;
  if (frozen) return frozen;
  const overlapEndsAt = replacedAt + policy.minOverlapSeconds * 1000;
  if (now < overlapEndsAt && !isNamed(version)) {
    return hold("the minimum overlap is not over", { ...about, untilMs: overlapEndsAt });
  }
  const retiring = { version, access, replacedAt };
  if (!capabilities.list) return retireUnlisted(observation, retiring, policy, now);
  const unidentified = identifyRetiring(observation, version, access, policy);
  if (unidentified) return unidentified;
  if (capabilities.source === "client" && keyOf(version)?.keyId === undefined && keyOf(version)) {
    return retireUnidentified(observation, retiring, policy, now);
  }
  const key = identifiedKey(version, policy);
  if (key.kind !== "found") return key;
  const listed = listedKeys(observation, access, policy);
  if (listed.kind !== "found") return listed;
  const { keyId, account } = key.value;
  if (listed.value.account !== account) {
    return alarm(
      `key ${keyId} belongs to account ${account}, and the current key to ${listed.value.account}: only its own ` +
        "account can revoke it and show that it is gone. Put a key of that account back, or retire it by hand",
      { ...about, keyId },
    );
  }
  const itself = listed.value.keys.find(({ id }) => id === keyId);
  if (itself === undefined) {
    return proveDead(observation, { version, keyId, listed: listed.value, current: access.current }, now);
  }
  return revokeListed(observation, { ...retiring, keyId, itself, list: listed.value }, policy, now);
}

/** An operator has named it, to be revoked whatever its overlap is: condemned before that was over, and waived. */
function isNamed(version: Version): boolean {
  const isWaived = labelsOf(version, "waived").some(({ scope }) => scope === "used");
  return isWaived && condemnedAtMs(version) !== undefined;
}

/** No key is sent to another provider, nor ended with the credential of another account. */
export function holdForOwner(
  { run }: Observation,
  { version, current }: { readonly version: Version; readonly current?: Current | undefined },
  policy: Policy,
): Decision | undefined {
  const { keyId, provider = policy.provider.id, account } = keyOf(version) ?? {};
  const wanted = policy.provider.account ?? current?.key.account ?? account;
  if (provider === policy.provider.id && (account === undefined || account === wanted)) return undefined;
  const isToldByList = run.capabilities.list !== undefined && policy.provider.account === undefined;
  if (provider === policy.provider.id && isToldByList) return undefined;
  return alarm(
    `key ${keyId ?? `of version ${version.id}`} was made by account ${account} of ${provider}, and the policy has changed since. ` +
      "Set the policy back until it is revoked, or retire it by hand",
    { versionId: version.id, ...(keyId === undefined ? {} : { keyId }) },
  );
}

/** A version is retired only through the provider and the account that it names. */
function identifiedKey(version: Version, policy: Policy): Found<{ keyId: string; account: string }> {
  const key = keyOf(version);
  const about = { versionId: version.id };
  if (key === undefined) return alarm(`it cannot be read, and so is held: ${whyUnreadable(version)}`, about);
  const { keyId, provider, account } = key;
  if (keyId === undefined || provider === undefined || account === undefined) {
    return alarm(
      "its id at the provider is not known. Revoke it by hand in the vendor's console, and then take the version's " +
        "dualkey:live label off",
      about,
    );
  }
  const isOfPolicy = provider === policy.provider.id && (policy.provider.account ?? account) === account;
  if (isOfPolicy) return found({ keyId, account });
  return alarm(
    `key ${keyId} was made by account ${account} of ${provider}, and the policy has changed since. ` +
      "Set the policy back until it is revoked, or retire it by hand",
    { ...about, keyId },
  );
}

function whyUnreadable({ content }: Version): string {
  return content.kind === "unreadable" ? content.because : "its value is empty";
}

interface Listed extends Retiring {
  readonly keyId: string;
  readonly itself: ListedKey;
  readonly list: KeyList;
}

/** The provider still lists the key: it goes when nobody uses it, and when no run can still be about to promote it. */
function revokeListed(observation: Observation, it: Listed, policy: Policy, now: number): Decision {
  const { version, keyId, itself, access } = it;
  const about = { versionId: version.id, keyId };
  const { key: current } = access.current;
  if (current.keyId === undefined && itself.is(current.fields) === undefined) {
    return alarm("it cannot be told from the current key, whose id is not known: revoke it by hand", about);
  }
  if (observation.run.revoked.includes(keyId)) {
    return hold("it is revoked, and the provider's list still shows it", about);
  }
  const condemnedAt = condemnedAtMs(version);
  const fenceEndsAt = (condemnedAt ?? 0) + observation.run.fenceMs;
  if (condemnedAt !== undefined && now < fenceEndsAt) {
    return hold("a run that started earlier may still be about to promote it", {
      ...about,
      untilMs: fenceEndsAt,
    });
  }
  // Its end has begun on evidence; the probes of its proof move its last-used time, and are nobody's use.
  if (condemnedAt !== undefined && itself.isDisabled) return removeDisabled(observation, it);
  const obstacle = obstacleToRevoke(observation, it, policy, now);
  if (obstacle) return obstacle;
  if (condemnedAt === undefined) return condemn(version, "consumers have moved: a revoke is coming", now);
  return effect(
    { kind: "revoke-key", keyId, with: access.with },
    "consumers have moved, and no run can still promote it",
  );
}

/** To disable can be undone, to delete cannot: the slot is freed when the control pair has shown that it is dead. */
export function removeDisabled(
  observation: Observation,
  { version, keyId, access }: Pick<Listed, "version" | "keyId" | "access">,
): Decision {
  const { capabilities } = observation.run;
  const about = { versionId: version.id, keyId };
  const pair = isProvenPair(observation, version, access.current);
  if (pair.kind !== "found") return pair;
  if (!pair.value) return hold("it is disabled, and the provider still accepts it", about);
  if (capabilities.revoke !== "disable-then-delete") return hold("it is disabled, and listed as such", about);
  if (observation.run.removed.includes(keyId)) {
    return hold("it is deleted, and the provider's list still shows it", about);
  }
  return effect(
    { kind: "remove-key", keyId, with: access.with },
    "it is disabled and dead, and takes the slot of the next key",
  );
}

/** P3: no revoke without evidence. P1: none either, unless the current key works at this moment. */
function obstacleToRevoke(
  observation: Observation,
  it: Listed,
  policy: Policy,
  now: number,
): Decision | undefined {
  const { version, keyId, list, access, replacedAt } = it;
  const { current } = access;
  const verdict = judgeRetiring(observation, it, { list, policy, now });
  if (verdict.kind !== "found") return verdict;
  const held = holdFor(verdict.value, { version, keyId, replacedAt }, policy, now);
  if (held) return held;

  const control = observation.probes[current.version.id];
  if (control === undefined) return look({ kind: "probe", versionId: current.version.id });
  if (control.kind === "accepted") return undefined;
  return alarm(
    `the current key is not accepted: ${control.because}. If the key before works, go back to it: roll-back`,
    { versionId: current.version.id },
  );
}
