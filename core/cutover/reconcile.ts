import type { Label } from "../../contract/labels.ts";
import type { Policy } from "../../contract/policy.ts";
import { type Access, accessOf, type Current, listedKeys, staleOwnerOf } from "./access.ts";
import { adoptCurrent, tidyCurrent } from "./adopt.ts";
import { markReplaced, promote } from "./finish-cutover.ts";
import { holdFrozen } from "./freeze.ts";
import { currentOf, isClean, isHeld, isLive, keyOf, labelsOf, retiringOf, unreadableOf } from "./ledger.ts";
import { birthOf } from "./marker.ts";
import type { Decision, Observation } from "./observation.ts";
import type { ListedKey, SecretView, Version } from "./ports.ts";
import { retireKey } from "./retire.ts";
import { rollBack } from "./roll-back.ts";
import { alarm, done, effect, firstOf, hold, type Rule, waitFor } from "./steps.ts";

/**
 * reconcile: everything that the labels still owe. The clock calls it, and whatever was interrupted ends here.
 *
 * Rules in the order of their urgency; one that waits does not stop the others.
 */
export function reconcile(observation: Observation, policy: Policy, now: number): Decision {
  const { secret } = observation;
  const access = accessOf(observation, policy);
  const withAccess = (rule: (access: Access) => Decision | undefined): Rule => {
    return () => (access.kind === "found" ? rule(access.value) : asAlarm(access));
  };
  const withCurrent = (rule: (access: Access & { current: Current }) => Decision | undefined): Rule => {
    return withAccess(({ current, ...rest }) => (current ? rule({ ...rest, current }) : undefined));
  };
  return (
    firstOf([
      () => tidyCurrent(secret),
      () => sweepLitter(secret),
      () => markReplaced(observation, now),
      withCurrent((current) => retireAll(observation, current, policy, now)),
      withCurrent((current) => adoptIfOwed(observation, current, policy)),
      withAccess((known) => seeToStrays(observation, known, policy, now)),
      () => settlePending(observation, policy, now),
      () => warnOfEnd(secret, now),
    ]) ?? done
  );
}

/** Going back comes first: while it is not certain which key works, none is retired. */
function retireAll(
  observation: Observation,
  access: Access & { readonly current: Current },
  policy: Policy,
  now: number,
): Decision | undefined {
  const back = rollBack(observation, access, policy);
  if (back) return back;
  const retiring = retiringOf(observation.secret);
  return firstOf(retiring.map((version) => () => retireKey(observation, { version, access }, policy, now)));
}

/** Labels of ours on a version whose key is proven dead say nothing any more; but a leak taints keys, not versions. */
function sweepLitter(secret: SecretView): Decision | undefined {
  for (const version of secret.versions) {
    const label = litterOn(version);
    if (label === undefined) continue;
    const because = isLive(version)
      ? "its key is made and stored"
      : "the version's key is dead: the label is litter";
    return effect({ kind: "detach", versionId: version.id, label }, because);
  }
  return undefined;
}

/** A leak taints keys, and a freeze the secret, whatever becomes of the version that carries the label. */
const LASTING: ReadonlySet<Label["kind"]> = new Set(["leaked", "taken", "paused"]);

/** A claim to make a key says something until the key is stored, or its rotation is given up. */
function litterOn(version: Version): Label | undefined {
  if (isLive(version)) return labelsOf(version, "making")[0];
  const isClaimed = version.isPending && !version.isCurrent;
  return version.labels.find(({ kind }) => {
    return !LASTING.has(kind) && !(kind === "making" && isClaimed);
  });
}

/** A key put under AWSCURRENT by hand in mid-flight is taken into the ledger as soon as the ledger is in use. */
function adoptIfOwed(
  observation: Observation,
  access: Access & { readonly current: Current },
  policy: Policy,
): Decision | undefined {
  const isManaged = observation.secret.versions.some(isLive);
  return isManaged ? adoptCurrent(observation, access, policy) : undefined;
}

/** Keys of the account that no version holds: our own lost ones go, all others are left alone (P2, P8). */
function seeToStrays(
  observation: Observation,
  access: Access,
  policy: Policy,
  now: number,
): Decision | undefined {
  const { list } = observation.run.capabilities;
  if (!list) return undefined;
  return list.names
    ? revokeOrphans(observation, access, policy, now)
    : reportFull(observation, access, policy);
}

/**
 * Where keys have no names, one that no version holds may be anybody's: it is reported where it leaves no room for the
 * next one, and never revoked.
 */
function reportFull(observation: Observation, access: Access, policy: Policy): Decision | undefined {
  const { secret, run } = observation;
  const { maxLiveKeys } = run.capabilities;
  const isInFlight =
    secret.versions.some((any) => isLive(any) && !any.isCurrent) || pendingOf(secret) !== undefined;
  if (maxLiveKeys === undefined || isInFlight) return undefined;
  const listed = listedKeys(observation, access, policy);
  if (listed.kind !== "found") return listed;
  const strays = listed.value.keys.filter((key) => !isHeld(secret, key));
  const [stray] = strays;
  if (stray === undefined || listed.value.keys.length < maxLiveKeys) return undefined;
  return alarm(
    `no version holds it, and with it the account is full (${maxLiveKeys} keys): the next rotation has no room. Delete ` +
      "it in the vendor's console if nobody uses it",
    { keyId: stray.id },
  );
}

/**
 * P2: a key with this secret's name that no version holds was lost between make and store; its value cannot be read
 * again, so it is revoked, as soon as no run can still be about to store it. While a version cannot be read, it
 * might hold the key, and nothing is an orphan. P8: a key without this secret's name is a stranger's.
 */
function revokeOrphans(
  observation: Observation,
  access: Access,
  policy: Policy,
  now: number,
): Decision | undefined {
  const { secret, run } = observation;
  const listed = listedKeys(observation, access, policy);
  if (listed.kind !== "found") return listed;
  const unreadable = unreadableOf(secret);
  const decisions = orphansIn(listed.value.keys, observation).map((orphan): Decision => {
    const about = { keyId: orphan.id };
    const fenceEndsAt = birthOf(orphan, run.namePrefix, now) + run.fenceMs;
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
      { kind: "revoke-key", keyId: orphan.id, with: access.with },
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
  const pending = pendingOf(secret);
  if (pending === undefined) return undefined;
  const about = { versionId: pending.id };
  const fenceEndsAt = pending.createdAtMs + run.fenceMs;
  if (now <= fenceEndsAt) return hold("a rotation may be under way", { ...about, untilMs: fenceEndsAt });
  if (pending.content.kind === "unreadable") return alarm(`AWSPENDING: ${pending.content.because}`, about);
  if (isPromotable(pending, secret, policy) && !isGivenUp(pending, observation)) {
    const frozen = holdFrozen(secret, about);
    if (frozen) return frozen;
    return asAlarm(promote(observation, pending, policy, now));
  }
  // AWSPENDING is what makes the clock look at this secret: it stays while a lost key may have to be waited for, and
  // while one may still be made (see `refuseLate`).
  const overAtMs = fenceEndsAt + run.fenceMs;
  if (now <= overAtMs) return hold("a run may still be making a key for it", { ...about, untilMs: overAtMs });
  const { list } = observation;
  const isListed = run.capabilities.list?.names === true;
  if (isListed && (list?.kind === "unknown" || (list && orphansIn(list.keys, observation).length > 0))) {
    return hold("AWSPENDING stays until no lost key is left", about);
  }
  return effect(
    { kind: "drop-pending", versionId: pending.id },
    "its rotation was given up, and the next one needs room",
  );
}

/** The provider has refused it: in place, only where it refuses the move itself, for until then a key need not work. */
function isGivenUp(pending: Version, { probes, run }: Observation): boolean {
  if (run.capabilities.source === "in-place") return run.replaced === "refused";
  return probes[pending.id]?.kind === "rejected";
}

function isPromotable(version: Version, secret: SecretView, policy: Policy): boolean {
  // Whoever has switched rotation off in the midst of one does not want its key.
  if (!secret.rotationEnabled || keyOf(version) === undefined) return false;
  if (staleOwnerOf(version, secret, policy)) return false;
  return isLive(version) && isClean(version, secret);
}

function orphansIn(keys: readonly ListedKey[], { run, secret }: Observation): readonly ListedKey[] {
  return keys.filter((key) => {
    return key.name?.startsWith(run.namePrefix) && !key.isDisabled && !isHeld(secret, key);
  });
}

function pendingOf(secret: SecretView): Version | undefined {
  return secret.versions.find((version) => version.isPending && !version.isCurrent);
}

/** A current key with an end, near which a person should know: no later rotation has come in time. */
const END_IS_NEAR_MS = 7 * 86_400_000;

function warnOfEnd(secret: SecretView, now: number): Decision | undefined {
  const current = currentOf(secret);
  const [end] = current ? labelsOf(current, "expires") : [];
  if (current === undefined || end === undefined || now < end.atMs - END_IS_NEAR_MS) return undefined;
  const hours = Math.max(0, Math.round((end.atMs - now) / 3_600_000));
  return alarm(`the current key ends in ${hours} h, as its provider set it: rotate before`, {
    versionId: current.id,
  });
}

/** Where a step would refuse, the clock goes on with what it can do, and says so. */
function asAlarm(decision: Decision): Decision {
  if (decision.kind !== "refuse") return decision;
  return waitFor([{ because: decision.because, alarm: true }]);
}
