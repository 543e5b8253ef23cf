import type { WaivedScope } from "../../contract/labels.ts";
import type { Policy } from "../../contract/policy.ts";
import { accessOf } from "./access.ts";
import { contain } from "./contain.ts";
import { markReplaced } from "./finish-cutover.ts";
import { isCurrentLeaked, labelsOf, replacedAtMs, retiringOf } from "./ledger.ts";
import type { Decision, Observation } from "./observation.ts";
import { reconcile } from "./reconcile.ts";
import { rollBackByHand } from "./roll-back.ts";
import { done, effect, refuse } from "./steps.ts";

/** roll-back: AWSCURRENT is at the key before, whatever anybody thinks of the one after. Asked twice, it is done. */
export function goBack(observation: Observation, policy: Policy, now: number): Decision {
  const access = accessOf(observation, policy);
  if (access.kind !== "found") return access;
  const { current } = access.value;
  if (current === undefined) return refuse(`secret ${observation.secret.name} has no current key`);
  const [last] = retiringOf(observation.secret).toSorted((one, other) => {
    return (
      (replacedAtMs(other) ?? Number.POSITIVE_INFINITY) - (replacedAtMs(one) ?? Number.POSITIVE_INFINITY)
    );
  });
  const isBack = last !== undefined && labelsOf(last, "rejected").length > 0;
  if (isCurrentLeaked(observation.secret)) return contain(observation, policy, now) ?? done;
  if (isBack && labelsOf(current.version, "rejected").length === 0)
    return markReplaced(observation, now) ?? done;
  return rollBackByHand(observation, current.version, policy);
}

/**
 * retire-now: retiring keys go without evidence (scope `unknown`), or even though they are used (`used`). A label says
 * so, since a retirement outlasts the run: the fence, the revoke and the proof are the clock's.
 */
export function retireNow(
  observation: Observation,
  scope: WaivedScope,
  { policy, now }: { readonly policy: Policy; readonly now: number },
): Decision {
  const retiring = retiringOf(observation.secret);
  if (retiring.length === 0 && observation.run.applied === 0) {
    return refuse(`secret ${observation.secret.name}: no key is retiring`);
  }
  for (const version of retiring) {
    if (labelsOf(version, "waived").some((label) => label.scope === scope)) continue;
    const label = { kind: "waived", v8: version.v8, scope, atMs: now } as const;
    return effect(
      { kind: "attach", versionId: version.id, label },
      "an operator retires it without evidence",
    );
  }
  return reconcile(observation, policy, now);
}
