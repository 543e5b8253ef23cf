import type { Policy } from "../../contract/policy.ts";
import { accessOf, type Current, listedKeys } from "./access.ts";
import { markLive, writeId } from "./adopt.ts";
import { RETRY_MS } from "./end-leaked.ts";
import { tellCurrent, unheldBy } from "./forget-leaks.ts";
import { holds, isLive, keyBornAtMs, keyOf, leakedIn, taints } from "./ledger.ts";
import { withLeak } from "./mark-leak.ts";
import type { Decision, LeakGoal, Observation } from "./observation.ts";
import type { KeyList, SecretView, Version } from "./ports.ts";
import { isProvenPair } from "./prove-dead.ts";
import { alarm, done, refuse } from "./steps.ts";

/**
 * A key that nobody knows is no leak: it may be a slip of the pen, or the value of a key in the place of its id, which must
 * not get into a label. Where the provider cannot be asked, it is asked again: what no version holds could not be revoked
 * either. One that is dead already needs nothing.
 */
export function knowTarget(
  observation: Observation,
  goal: LeakGoal,
  { policy, now }: { readonly policy: Policy; readonly now: number },
): Decision | undefined {
  const { secret, run } = observation;
  const isRevoked = run.revoked.includes(goal.target); // its mark failed, and no list shows it any more
  if (isRevoked || leakedIn(withLeak(secret, goal)).length > 0) return undefined;
  if (goal.target === "all") return done;
  const valued = refuseValue(secret, goal.target);
  if (valued) return valued;
  const named = secret.versions.filter((version) => taints(goal, version, secret));
  // A look may be older than a key that is stored there: it is named all the same.
  if (named.some(({ content }) => content.kind === "empty")) return undefined;
  const access = accessOf(observation, policy);
  if (access.kind !== "found") return undefined;
  const [holder] = named.filter((version) => !isLive(version) && keyOf(version));
  if (holder) return isDeadAlready(observation, holder, { now, current: access.value.current });
  if (!run.capabilities.list) return refuseUnknown(secret);
  const listed = listedKeys(observation, access.value, policy);
  if (listed.kind === "look") return listed;
  if (listed.kind !== "found") {
    const because = listed.kind === "wait" ? listed.holds[0]?.because : undefined;
    return alarm(
      `no version holds the key that was named, and whether there is one is not known: ${because ?? "the provider was not asked"}. ` +
        "Nothing is marked: send it again until the provider answers",
      { untilMs: now + RETRY_MS },
    );
  }
  const untold = tellCurrent(observation, listed.value, { access: access.value, policy });
  if (untold) return untold;
  if (unheldBy(goal, listed.value, observation).length > 0) return undefined;
  const adopted = adoptNamed(goal.target, listed.value, { secret, policy });
  if (adopted) return adopted;
  if (listed.value.complete) return refuseUnknown(secret);
  return alarm(
    "no version holds the key that was named, and the provider's list is full: it may be there. Revoke it in the vendor's console",
    {
      untilMs: now + RETRY_MS,
    },
  );
}

/** The id of a key that was put there by hand may be known to the list alone: it is written down, and then it is known. */
function adoptNamed(
  target: string,
  { account, keys }: KeyList,
  { secret, policy }: { readonly secret: SecretView; readonly policy: Policy },
): Decision | undefined {
  const itself = keys.find(({ id }) => id === target);
  const version = itself && secret.versions.find((any) => holds(any, itself));
  if (version === undefined) return undefined;
  if (!isLive(version)) return markLive(version, keyBornAtMs(secret, version));
  return writeId(version, target, { provider: policy.provider.id, account });
}

/** That a version is not in the ledger proves nothing: its key may have been there before dualkey was. */
function isDeadAlready(
  observation: Observation,
  holder: Version,
  { now, current }: { readonly now: number; readonly current: Current | undefined },
): Decision | undefined {
  if (current === undefined) return undefined;
  const pair = isProvenPair(observation, holder, current);
  if (pair.kind !== "found") return pair;
  if (pair.value) return { kind: "done", proof: "proven" };
  if (observation.probes[holder.id]?.kind === "accepted") {
    return markLive(holder, keyBornAtMs(observation.secret, holder));
  }
  return alarm("whether the key that was named still works is not known", {
    versionId: holder.id,
    untilMs: now + RETRY_MS,
  });
}

/** People paste the key that it is all about. */
export function refuseValue(secret: SecretView, text: string): Decision | undefined {
  const isValue = secret.versions.some((version) => {
    const { fields = {}, keyId, account } = keyOf(version) ?? {};
    return text !== keyId && text !== account && Object.values(fields).some((field) => field.isText(text));
  });
  if (!isValue) return undefined;
  return refuse(
    "what was named is a key's value, and not its id: it leaked by this request, too. Send leak-response, which: all",
  );
}

function refuseUnknown(secret: SecretView): Decision {
  const known = secret.versions.flatMap((version) => keyOf(version)?.keyId ?? []);
  const which = known.length === 0 ? "" : `: those of its versions are ${known.join(", ")}`;
  return {
    kind: "refuse",
    code: "unknown-key",
    because:
      `secret ${secret.name}: no version holds the key that was named, and its provider lists none of this id${which}. ` +
      "Nothing was changed. Name one of them, send the sha256 of its value, or which: all",
  };
}
