import type { Policy } from "../../contract/policy.ts";
import { type Access, listedKeys } from "./access.ts";
import { isHeld, isLive, pendingOf, unreadableOf } from "./ledger.ts";
import { birthOf } from "./marker.ts";
import type { Decision, Observation } from "./observation.ts";
import type { ListedKey } from "./ports.ts";
import { alarm, effect, firstOf, hold } from "./steps.ts";

/** Keys of the account that no version holds: our own lost ones go, all others are left alone (P2, P8). */
export function seeToStrays(
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

/** Keys that dualkey made for this secret, and that no version holds. */
export function orphansIn(keys: readonly ListedKey[], { run, secret }: Observation): readonly ListedKey[] {
  return keys.filter((key) => {
    return key.name?.startsWith(run.namePrefix) && !key.isDisabled && !isHeld(secret, key);
  });
}
