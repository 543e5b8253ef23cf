import type { Policy } from "../../contract/policy.ts";
import { accessOf, listedKeys } from "./access.ts";
import { adoptCurrent } from "./adopt.ts";
import { type Response, revokeOrPause } from "./end-leaked.ts";
import { isHeld, keyOf, type Leak, labelsOf, leakedIn, leaksOf, taints } from "./ledger.ts";
import { latestBirthOf } from "./marker.ts";
import type { Decision, Observation } from "./observation.ts";
import type { KeyList, ListedKey, Version } from "./ports.ts";
import { alarm, asAlarm, effect, firstOf, hold, look, poll } from "./steps.ts";
import { orphansIn } from "./strays.ts";

/**
 * Revokes what a leak names and no version holds: a key by its id, a stranger's, too; of every key, those that dualkey made
 * for this secret and that were born before. Nobody knows their values, so two lists that agree are all the proof there is.
 */
export function revokeUnheld(observation: Observation, it: Response): Decision | undefined {
  const { run, secret } = observation;
  if (!run.capabilities.list) return undefined;
  const open = leaksOf(secret).filter((leak) => mayBeUnheld(leak, observation));
  if (open.length === 0) return undefined;
  const listed = listedKeys(observation, it.access, it.policy);
  if (listed.kind !== "found") return listed;
  const keys = open.flatMap((leak) => unheldBy(leak, listed.value, observation));
  const untold = keys.length === 0 ? undefined : tellCurrent(observation, listed.value, it);
  if (untold) return untold;
  return firstOf([
    ...keys.map((key) => () => {
      if (run.revoked.includes(key.id)) {
        return poll("it is revoked, and the provider's list still shows it", it.now);
      }
      const because = "it leaked, and no version holds it";
      return revokeOrPause(observation, { keyId: key.id, with: it.access.with }, { now: it.now, because });
    }),
    () => agree(observation, it),
  ]);
}

/** Which listed key is the current one has to be known before another is revoked by its id alone. */
export function tellCurrent(
  observation: Observation,
  { keys }: Pick<KeyList, "keys">,
  { access, policy }: Pick<Response, "access" | "policy">,
): Decision | undefined {
  const { current } = access;
  if (current === undefined || current.key.keyId !== undefined) return undefined;
  const isTold = keys.every((key) => key.is(current.key.fields) !== undefined);
  return isTold ? undefined : adoptCurrent(observation, { ...access, current }, policy);
}

function agree({ list }: Observation, { access }: Response): Decision | undefined {
  if (list?.kind !== "listed") return undefined;
  if (!list.complete) {
    return alarm(
      "the provider's list is full, and so cannot show that no other leaked key is left. Delete keys that nobody uses",
    );
  }
  return (list.times ?? 1) >= 2 ? undefined : look({ kind: "list", with: access.with });
}

/** Where a version names the key, its own proof is a better one. */
function mayBeUnheld({ target }: Leak, { secret, run }: Observation): boolean {
  if (target === "all") return true;
  const isNamed = secret.versions.some(
    (version) => keyOf(version)?.keyId === target || version.v8 === target,
  );
  return !isNamed && run.capabilities.list !== undefined;
}

/** Listed keys that a leak names, and that no version holds. */
export function unheldBy(
  { target, atMs }: Pick<Leak, "target" | "atMs">,
  { keys }: Pick<KeyList, "keys">,
  { secret, run }: Observation,
): readonly ListedKey[] {
  return keys.filter((key) => {
    if (key.isDisabled || isHeld(secret, key)) return false;
    if (target !== "all") return key.id === target;
    return key.name?.startsWith(run.namePrefix) === true && latestBirthOf(key, run.namePrefix, atMs) <= atMs;
  });
}

/**
 * A leak is over when all that it names is dead, and no run can still be about to store or promote a key that it names:
 * until then its label keeps them from it, and the clock looking.
 */
export function forgetLeaks(observation: Observation, policy: Policy, now: number): Decision | undefined {
  const { secret, run } = observation;
  return firstOf(
    secret.versions.flatMap((version) =>
      labelsOf(version, "leaked").map((label) => () => {
        if (leakedIn(secret).some((any) => taints(label, any, secret))) return undefined; // its own rule says why
        const fenceEndsAt = label.atMs + run.fenceMs;
        if (now <= fenceEndsAt) {
          return hold("a run that started before the leak may still be about to use a key of it", {
            versionId: version.id,
            untilMs: fenceEndsAt,
          });
        }
        const lost = awaitLost(observation, policy, version);
        if (lost) return lost;
        const because = "every key that leaked is dead, and no run can bring one back";
        return effect({ kind: "detach", versionId: version.id, label }, because);
      }),
    ),
  );
}

/** P2: a response may have made a key and lost it, and no other label makes the clock look for it (ADR 3). */
function awaitLost(observation: Observation, policy: Policy, { id }: Version): Decision | undefined {
  if (!observation.run.capabilities.list?.names) return undefined;
  const access = accessOf(observation, policy);
  if (access.kind !== "found") return asAlarm(access);
  const listed = listedKeys(observation, access.value, policy);
  if (listed.kind !== "found") return listed;
  if (orphansIn(listed.value.keys, observation).length === 0) return undefined;
  return hold("a lost key is waited for", { versionId: id });
}
