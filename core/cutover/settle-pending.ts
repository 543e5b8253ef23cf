import type { Policy } from "../../contract/policy.ts";
import { staleOwnerOf } from "./access.ts";
import { followInPlace, promote } from "./finish-cutover.ts";
import { holdFrozen } from "./freeze.ts";
import { isClean, isLive, keyOf, pendingOf } from "./ledger.ts";
import type { Decision, Observation } from "./observation.ts";
import type { SecretView, Version } from "./ports.ts";
import { alarm, asAlarm, effect, hold } from "./steps.ts";
import { orphansIn } from "./strays.ts";

/**
 * A rotation that was given up leaves AWSPENDING behind, and the service starts no other until it is gone: a key that
 * can be promoted is promoted, as finishSecret would; anything else loses the label.
 */
export function settlePending(observation: Observation, policy: Policy, now: number): Decision | undefined {
  const { secret, run } = observation;
  const pending = pendingOf(secret);
  if (pending === undefined) return undefined;
  const about = { versionId: pending.id };
  const fenceEndsAt = pending.createdAtMs + run.fenceMs;
  if (now <= fenceEndsAt) return hold("a rotation may be under way", { ...about, untilMs: fenceEndsAt });
  if (pending.content.kind === "unreadable") return alarm(`AWSPENDING: ${pending.content.because}`, about);
  if (isPromotable(pending, secret, policy) && !isGivenUp(pending, observation)) {
    const frozen = holdFrozen(secret, about);
    if (frozen) return followInPlace(observation, pending, policy, now) ?? frozen;
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
