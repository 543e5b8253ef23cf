import type { Policy } from "../../contract/policy.ts";
import { holdFor } from "./evidence.ts";
import { judgeRetiring } from "./gather-evidence.ts";
import { condemnedAtMs, isYounger, keyOf } from "./ledger.ts";
import type { Decision, Observation } from "./observation.ts";
import { forgetProven } from "./prove-dead.ts";
import { condemn, type Retiring, waitToForget } from "./retiring.ts";
import { alarm, effect, hold, look, waitFor } from "./steps.ts";

/**
 * Retires a key where the provider lists none: the control pair is all the proof there is (P4). While the key works,
 * its successor takes its place, or a person revokes it.
 */
export function retireUnlisted(
  observation: Observation,
  retiring: Retiring,
  policy: Policy,
  now: number,
): Decision {
  const { version, access } = retiring;
  const about = { versionId: version.id };
  if (keyOf(version) === undefined) {
    return alarm("its value cannot be read, so nobody can see whether its key is dead", about);
  }
  const [control, old] = [observation.probes[access.current.version.id], observation.probes[version.id]];
  if (control === undefined) return look({ kind: "probe", versionId: access.current.version.id });
  if (old === undefined) return look({ kind: "probe", versionId: version.id });
  if (control.kind !== "accepted") {
    return alarm(`the current key is not accepted: ${control.because}`, {
      versionId: access.current.version.id,
    });
  }
  if (old.kind === "rejected") return forgetUnlisted(observation, retiring, now);
  const isOverdue = now >= retiring.replacedAt + policy.maxOverlapSeconds * 1000;
  if (old.kind === "unknown") {
    const because = `whether the replaced key still works is unknown: ${old.because}`;
    return waitFor([{ because, ...about, alarm: isOverdue }]);
  }
  if (observation.run.capabilities.source === "in-place")
    return replaceOld(observation, retiring, policy, now);
  return askForRevoke(observation, retiring, policy, now);
}

/**
 * Only a person can revoke it. Where evidence shows that nobody uses it, it is condemned like any other, so that nothing
 * goes back to it under the person's hands; where it does not, the person is told what to look for first.
 */
function askForRevoke(observation: Observation, retiring: Retiring, policy: Policy, now: number): Decision {
  const { version, replacedAt } = retiring;
  const verdict = judgeRetiring(observation, retiring, { policy, now });
  if (verdict.kind !== "found") return verdict;
  const isHeld = holdFor(verdict.value, { version, replacedAt }, policy, now) !== undefined;
  const early = isHeld ? undefined : waitToForget(observation, version, now, "a person is to revoke it");
  if (early) return early;
  const vendor = policy.provider.id === "hand-in" ? policy.provider.vendor : policy.provider.id;
  const which = keyOf(version)?.keyId ?? `of version ${version.id}`;
  const caution =
    verdict.value.kind === "moved" || !isHeld
      ? ""
      : `first see who uses it (${verdict.value.because}), then `;
  const because = `nobody but a person can revoke it: ${caution}revoke key ${which} in the console of ${vendor}`;
  const isOverdue = now >= replacedAt + policy.maxOverlapSeconds * 1000;
  return waitFor([{ because, versionId: version.id, alarm: isOverdue }]);
}

/** In place, a run that started earlier may still put it in place: it stays clean so long, for AWSCURRENT to follow. */
function forgetUnlisted(
  observation: Observation,
  { version, access, replacedAt }: Retiring,
  now: number,
): Decision {
  const { run } = observation;
  const fenceEndsAt = replacedAt + run.fenceMs;
  if (run.capabilities.source === "in-place" && now < fenceEndsAt) {
    return hold("a run that started earlier may still put it in place", {
      versionId: version.id,
      untilMs: fenceEndsAt,
    });
  }
  const early = waitToForget(observation, version, now);
  if (early) return early;
  // No list says it, too: so it is asked twice, before and after the control, and one odd answer proves nothing.
  if ((observation.probes[version.id]?.times ?? 0) < 2) return look({ kind: "probe", versionId: version.id });
  return forgetProven(observation, { version, current: access.current }, now);
}

/** The old key works beside the new one: it ends when its successor takes its place, on the same terms as any revoke. */
function replaceOld(observation: Observation, retiring: Retiring, policy: Policy, now: number): Decision {
  const { version, access, replacedAt } = retiring;
  const about = { versionId: version.id };
  if (isYounger(version, access.current.version, observation.secret)) {
    // The provider would put the key that was made last in place, and end the current one.
    return alarm("it was made after the current key, and works: delete it in the vendor's console", about);
  }
  const verdict = judgeRetiring(observation, retiring, { policy, now });
  if (verdict.kind !== "found") return verdict;
  const held = holdFor(verdict.value, { version, replacedAt }, policy, now);
  if (held) return held;
  if (condemnedAtMs(version) === undefined) {
    return condemn(version, "its successor is to take its place", now);
  }
  const early = waitToForget(observation, version, now);
  if (early) return early;
  if (observation.run.replaced !== undefined) {
    return alarm("its successor was to take its place, and it still works", about);
  }
  return effect(
    { kind: "replace-key", with: access.current.version.id },
    "its successor takes its place, and no run can still promote it",
  );
}
