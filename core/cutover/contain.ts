import type { Policy } from "../../contract/policy.ts";
import type { LeakMode } from "../../contract/requests.ts";
import { accessOf } from "./access.ts";
import { adoptLeaked, adoptWorking } from "./adopt-leaked.ts";
import { killLeaked, type Response } from "./end-leaked.ts";
import { markReplaced } from "./finish-cutover.ts";
import { forgetLeaks, revokeUnheld } from "./forget-leaks.ts";
import { keyOf, leakedIn, leakOf, leaksOf } from "./ledger.ts";
import type { Decision, Hold, Observation } from "./observation.ts";
import type { Version } from "./ports.ts";
import { settleLeaked } from "./prove-leaked.ts";
import { replaceLeaked } from "./replace-leaked.ts";
import { asAlarm, firstOf, waitFor } from "./steps.ts";

/**
 * P5: a leaked key dies. What the `leaked` labels name is revoked, a clean key takes the current one's place before, and
 * the end is proven; whoever sees such a label goes on with it, whatever else there is to do.
 *
 * In this order: keys that are not current, which nobody needs; then the current one's replacement, after which it is one
 * of those; then what no version holds. `revoke-first` takes the current one like any other. Proofs come last: while one
 * leaked key may work, nobody looks at whether another is dead.
 */
export function contain(observation: Observation, policy: Policy, now: number): Decision | undefined {
  // While something waits, a key may still work that no version holds: the label is what makes the clock look.
  return (
    endLeaks(observation, { policy, now, mode: "replace-first", isClock: true }) ??
    forgetLeaks(observation, policy, now)
  );
}

/** The same but for the labels, which stay a while: nothing when all that leaked is proven dead. */
export function endLeaks(
  observation: Observation,
  { mode, ...terms }: Omit<Response, "access"> & { readonly mode: LeakMode },
): Decision | undefined {
  const { secret } = observation;
  const { policy, now } = terms;
  if (leaksOf(secret).length === 0) return undefined;
  const access = accessOf(observation, policy);
  if (access.kind !== "found") return asAlarm(access);
  const leaked = leakedIn(secret);
  const others = leaked.filter((version) => !version.isCurrent);
  const it = { ...terms, access: access.value };
  const current = leaked.find((version) => version.isCurrent);
  const next = firstOf([
    ...others.map((version) => () => killLeaked(observation, version, it)),
    () => (current && mode === "revoke-first" ? killLeaked(observation, current, it) : undefined),
    () => adoptWorking(observation),
    () => (current ? replaceLeaked(observation, current, { ...it, mode }) : undefined),
    () => (secret.labelCount < MAX_LABELS ? markReplaced(observation, now) : undefined),
    () => adoptLeaked(observation, it),
    () => revokeUnheld(observation, it),
    ...others.map((version) => () => settleLeaked(observation, version, it)),
  ]);
  return next?.kind === "wait" && isLate(observation, leaked, now) ? asRed(next.holds) : next;
}

/** Secrets Manager takes no more labels on a secret. */
const MAX_LABELS = 20;

/** Past its deadline, a key that is neither revoked by this run nor rejected is for a person to know of. */
function isLate({ secret, probes, run }: Observation, leaked: readonly Version[], now: number): boolean {
  return leaked.some((version) => {
    const leak = leakOf(version, secret);
    const keyId = keyOf(version)?.keyId;
    const isEnded =
      (keyId !== undefined && run.revoked.includes(keyId)) || probes[version.id]?.kind === "rejected";
    return leak !== undefined && now >= leak.deadlineMs && !isEnded;
  });
}

function asRed(holds: readonly Hold[]): Decision {
  return waitFor(holds.map((hold) => ({ ...hold, alarm: true })));
}
