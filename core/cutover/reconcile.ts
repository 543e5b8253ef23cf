import type { Label } from "../../contract/labels.ts";
import type { Policy } from "../../contract/policy.ts";
import { type Access, accessOf, type Current } from "./access.ts";
import { adoptCurrent, tidyCurrent } from "./adopt.ts";
import { contain } from "./contain.ts";
import { markReplaced } from "./finish-cutover.ts";
import {
  bornAtMs,
  currentOf,
  isCurrentLeaked,
  isLeaked,
  isLive,
  keyOf,
  labelsOf,
  leaksOf,
  pendingOf,
  retiringOf,
} from "./ledger.ts";
import type { Decision, Observation } from "./observation.ts";
import type { SecretView, Version } from "./ports.ts";
import { retireKey } from "./retire.ts";
import { rollBack } from "./roll-back.ts";
import { settlePending } from "./settle-pending.ts";
import { alarm, asAlarm, done, effect, firstOf, type Rule } from "./steps.ts";
import { seeToStrays } from "./strays.ts";

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
      () => contain(observation, policy, now),
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
  const { secret } = observation;
  // Until a leaked key is not current any more, every clean key may be needed.
  if (isCurrentLeaked(secret)) return undefined;
  const back = rollBack(observation, access, policy);
  if (back) return back;
  const retiring = retiringOf(secret).filter((version) => !isLeaked(version, secret));
  return firstOf(retiring.map((version) => () => retireKey(observation, { version, access }, policy, now)));
}

/** Labels of ours on a version whose key is proven dead say nothing any more; but a leak taints keys, not versions. */
function sweepLitter(secret: SecretView): Decision | undefined {
  for (const version of secret.versions) {
    const label = litterOn(version, secret);
    if (label === undefined) continue;
    const because = isLive(version)
      ? "the key that it was to say something of is stored, or given up"
      : "the version's key is dead: the label is litter";
    return effect({ kind: "detach", versionId: version.id, label }, because);
  }
  return undefined;
}

/** A leak taints keys, and a freeze the secret, whatever becomes of the version that carries the label. */
const LASTING: ReadonlySet<Label["kind"]> = new Set(["leaked", "taken", "paused"]);

/** A claim to make a key says something until the key is stored, or its rotation is given up. */
function litterOn(version: Version, secret: SecretView): Label | undefined {
  const pending = pendingOf(secret);
  const claimed = pending !== undefined && keyOf(pending) === undefined ? pending.v8 : undefined;
  const isLeakOpen = leaksOf(secret).length > 0; // its replacement's claim names a version that is not there yet
  const claim = isLeakOpen ? undefined : labelsOf(version, "making").find(({ target }) => target !== claimed);
  if (isLive(version) || claim) return claim;
  return version.labels.find(({ kind }) => !LASTING.has(kind) && kind !== "making");
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

/** Near the end of a current key a person should know, for no rotation has come in time: a week, or a quarter of its life. */
const END_IS_NEAR_MS = 7 * 86_400_000;

function warnOfEnd(secret: SecretView, now: number): Decision | undefined {
  const current = currentOf(secret);
  const [end] = current ? labelsOf(current, "expires") : [];
  if (current === undefined || end === undefined) return undefined;
  const nearMs = Math.min(END_IS_NEAR_MS, (end.atMs - bornAtMs(current)) / 4);
  if (now < end.atMs - nearMs) return undefined;
  const hours = Math.max(0, Math.round((end.atMs - now) / 3_600_000));
  return alarm(`the current key ends in ${hours} h, as its provider set it: rotate before`, {
    versionId: current.id,
  });
}
