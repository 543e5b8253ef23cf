import type { Policy } from "../../contract/policy.ts";
import { adoptCurrent, tidyCurrent } from "./adopt.ts";
import { type Credential, credentialOf, listedKeys, staleOwnerOf } from "./credential.ts";
import { markReplaced, promote } from "./finish-cutover.ts";
import { isClean, isHeld, isLive, keyOf, retiringOf, unreadableOf } from "./ledger.ts";
import type { Decision, Observation } from "./observation.ts";
import type { ListedKey, SecretView, Version } from "./ports.ts";
import { retireKey } from "./retire.ts";
import { alarm, done, effect, firstOf, hold, type Rule, waitFor } from "./steps.ts";

/**
 * reconcile: everything that the labels still owe. The clock calls it, and whatever was interrupted ends here.
 *
 * Rules in the order of their urgency; one that waits does not stop the others.
 */
export function reconcile(observation: Observation, policy: Policy, now: number): Decision {
  const { secret } = observation;
  const credential = credentialOf(secret, policy);
  const withCredential = (rule: (credential: Credential) => Decision | undefined): Rule => {
    return () => (credential.kind === "found" ? rule(credential.value) : asAlarm(credential));
  };
  return (
    firstOf([
      () => tidyCurrent(secret),
      () => sweepLitter(secret),
      () => markReplaced(secret, now),
      ...retiringOf(secret).map((version) =>
        withCredential((current) => retireKey(observation, version, current, policy, now)),
      ),
      withCredential((current) => adoptIfOwed(observation, current, policy)),
      withCredential((current) => revokeOrphans(observation, current, policy, now)),
      () => settlePending(observation, policy, now),
    ]) ?? done
  );
}

/** Labels of ours on a version whose key is proven dead say nothing any more; but a leak taints keys, not versions. */
function sweepLitter(secret: SecretView): Decision | undefined {
  for (const version of secret.versions) {
    if (isLive(version)) continue;
    const label = version.labels.find(({ kind }) => kind !== "leaked" && kind !== "taken");
    if (label === undefined) continue;
    return effect(
      { kind: "detach", versionId: version.id, label },
      "the version's key is dead: the label is litter",
    );
  }
  return undefined;
}

/** A key put under AWSCURRENT by hand in mid-flight is taken into the ledger as soon as the ledger is in use. */
function adoptIfOwed(observation: Observation, credential: Credential, policy: Policy): Decision | undefined {
  const isManaged = observation.secret.versions.some(isLive);
  return isManaged ? adoptCurrent(observation, credential, policy) : undefined;
}

/**
 * P2: a key with this secret's name that no version holds was lost between make and store; its value cannot be read
 * again, so it is revoked, as soon as no run can still be about to store it. While a version cannot be read, it
 * might hold the key, and nothing is an orphan. P8: a key without this secret's name is a stranger's.
 */
function revokeOrphans(
  observation: Observation,
  credential: Credential,
  policy: Policy,
  now: number,
): Decision | undefined {
  const { secret, run } = observation;
  const listed = listedKeys(observation, credential, policy);
  if (listed.kind !== "found") return listed;
  const unreadable = unreadableOf(secret);
  const decisions = orphansIn(listed.value.keys, observation).map((orphan): Decision => {
    const about = { keyId: orphan.id };
    const fenceEndsAt = orphan.createdAtMs + run.fenceMs;
    if (now <= fenceEndsAt) {
      return hold("no version holds it, and a run may still be about to store it", {
        ...about,
        untilMs: fenceEndsAt,
      });
    }
    if (unreadable) {
      return alarm(
        `no version is known to hold it, and one cannot be read: ${unreadable.content.because}`,
        about,
      );
    }
    if (run.revoked.includes(orphan.id))
      return hold("it is revoked, and the provider's list still shows it", about);
    return effect(
      { kind: "revoke-key", keyId: orphan.id, with: credential.version.id },
      "no version holds it, and no run can still be about to store it",
    );
  });
  return firstOf(decisions.map((decision) => () => decision));
}

/**
 * A rotation that was given up leaves AWSPENDING behind, and the service starts no other until it is gone: a key that
 * can be promoted is promoted, as finishSecret would; anything else loses the label.
 */
function settlePending(observation: Observation, policy: Policy, now: number): Decision | undefined {
  const { secret, run } = observation;
  const pending = secret.versions.find((version) => version.isPending && !version.isCurrent);
  if (pending === undefined) return undefined;
  const about = { versionId: pending.id };
  const fenceEndsAt = pending.createdAtMs + run.fenceMs;
  if (now <= fenceEndsAt) return hold("a rotation may be under way", { ...about, untilMs: fenceEndsAt });
  if (pending.content.kind === "unreadable") return alarm(`AWSPENDING: ${pending.content.because}`, about);
  if (isPromotable(pending, secret, policy) && observation.probes[pending.id]?.kind !== "rejected") {
    return asAlarm(promote(observation, pending, policy));
  }
  // AWSPENDING is what makes the clock look at this secret: it stays while a lost key may have to be waited for, and
  // while one may still be made (see `refuseLate`).
  const overAtMs = fenceEndsAt + run.fenceMs;
  if (now <= overAtMs) return hold("a run may still be making a key for it", { ...about, untilMs: overAtMs });
  const { list } = observation;
  if (list?.kind === "unknown" || (list && orphansIn(list.keys, observation).length > 0)) {
    return hold("AWSPENDING stays until no lost key is left", about);
  }
  return effect(
    { kind: "drop-pending", versionId: pending.id },
    "its rotation was given up, and the next one needs room",
  );
}

function isPromotable(version: Version, secret: SecretView, policy: Policy): boolean {
  // Whoever has switched rotation off in the midst of one does not want its key.
  if (!secret.rotationEnabled || keyOf(version) === undefined) return false;
  if (staleOwnerOf(version, secret, policy)) return false;
  return isLive(version) && isClean(version, secret);
}

function orphansIn(keys: readonly ListedKey[], { run, secret }: Observation): readonly ListedKey[] {
  return keys.filter((key) => key.name?.startsWith(run.namePrefix) && !isHeld(secret, key));
}

/** Where a step would refuse, the clock goes on with what it can do, and says so. */
function asAlarm(decision: Decision): Decision {
  if (decision.kind !== "refuse") return decision;
  return waitFor([{ because: decision.because, alarm: true }]);
}
