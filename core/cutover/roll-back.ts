import { isReporting } from "../../contract/consumer-policy.ts";
import type { Policy } from "../../contract/policy.ts";
import { type Access, type Current, isListRefused, staleOwnerOf } from "./access.ts";
import { reportsOn } from "./evidence.ts";
import { isClean, isLive, keyOf, labelsOf, replacedAtMs, retiringOf } from "./ledger.ts";
import type { Decision, Observation, ReportsLook } from "./observation.ts";
import type { Version } from "./ports.ts";
import { lookAtReports } from "./roll-out.ts";
import { alarm, effect, look } from "./steps.ts";
import { twinOf } from "./twins.ts";

/** Reports that move AWSCURRENT back where the policy says nothing else. */
const ROLL_BACK_AT = { rejections: 5, share: 0.5 };

type Known = Access & { readonly current: Current };

/**
 * Goes back to the key before, where the provider refuses the current one and accepts that: `rejected` on the current
 * version → AWSCURRENT back → consumers follow → the refused key retires like any other. If both are refused, the account
 * is suspended or the vendor is down: nothing is moved, and nothing revoked.
 *
 * A key is refused where a probe says so; or where consumers report it, since a key may answer a probe and be refused for
 * sends. Where the key before is condemned, it is no way back: recovery is forward, by a key that is handed in.
 */
export function rollBack(observation: Observation, { current }: Known, policy: Policy): Decision | undefined {
  const isBegun = labelsOf(current.version, "rejected").length > 0;
  const candidate = candidateOf(observation, current.version, policy);
  if (candidate === undefined) return isBegun ? noWayBack(current.version) : undefined;
  if (!isBegun) {
    const refused = whyRefused(observation, { current: current.version, candidate }, policy);
    if (typeof refused !== "string") return refused;
    return moveBack(observation, { current: current.version, candidate, because: refused });
  }
  return moveBack(observation, { current: current.version, candidate, because: "its rollback was begun" });
}

/** An operator has asked for it: the key before must work, and nothing else is asked. */
export function rollBackByHand(observation: Observation, current: Version, policy: Policy): Decision {
  const candidate = candidateOf(observation, current, policy);
  const refusal = "there is no key to go back to: none is retiring, live and clean";
  if (candidate === undefined) return { kind: "refuse", because: refusal };
  return moveBack(observation, { current, candidate, because: "an operator has asked for it" });
}

/** The key that was replaced last, and that may be promoted. */
function candidateOf({ secret }: Observation, current: Version, policy: Policy): Version | undefined {
  const candidates = retiringOf(secret).filter((version) => {
    if (staleOwnerOf(version, secret, policy)) return false;
    return keyOf(version) && isClean(version, secret) && twinOf(secret, version)?.id !== current.id;
  });
  return candidates.toSorted((one, other) => (replacedAtMs(other) ?? 0) - (replacedAtMs(one) ?? 0))[0];
}

interface Back {
  readonly current: Version;
  readonly candidate: Version;
  readonly because: string;
}

/** In this order: the key before works at this moment; the label, so that a crash is seen; the labels again; the move. */
function moveBack(observation: Observation, { current, candidate, because }: Back): Decision {
  const { probes, secret } = observation;
  const probe = probes[candidate.id];
  if (probe === undefined) return look({ kind: "probe", versionId: candidate.id });
  if (probe.kind !== "accepted") {
    return alarm(
      `${because}, and the key before is not accepted either (${probe.because}): nothing is moved`,
      {
        versionId: current.id,
      },
    );
  }
  if (isLive(current) && labelsOf(current, "rejected").length === 0) {
    const label = { kind: "rejected", v8: current.v8, atMs: probe.atMs } as const;
    return effect({ kind: "attach", versionId: current.id, label }, `${because}, and the key before works`);
  }
  if (secret.readAtMs < probe.atMs) return look({ kind: "secret" });
  return effect(
    { kind: "promote", from: current.id, to: candidate.id },
    `${because}, and the key before works`,
  );
}

function whyRefused(
  observation: Observation,
  { current, candidate }: Pick<Back, "current" | "candidate">,
  policy: Policy,
): string | Decision | undefined {
  const { probes, reports, run } = observation;
  const probe = probes[current.id];
  // At a self-service provider the list is read with the current key, and tells first. Where a probe moves the last-used
  // time, none is made for this: it would stand for a use.
  const isSuspected = isListRefused(observation);
  const isFree = run.capabilities.credential !== "self" && run.capabilities.lastUsed?.movedByProbe !== true;
  if (probe === undefined && (isSuspected || isFree)) return look({ kind: "probe", versionId: current.id });
  // Asked twice: one odd answer is no reason to move anything.
  if (probe?.kind === "rejected" && probe.times < 2) return look({ kind: "probe", versionId: current.id });
  if (probe?.kind === "rejected") return `the provider rejects the current key: ${probe.because}`;
  if (!policy.consumers.some(isReporting)) return undefined;
  const since = replacedAtMs(candidate);
  if (since === undefined) return undefined;
  if (reports === undefined) return lookAtReports(observation, policy, since);
  return whyReported(reports, { current, candidate }, policy);
}

/** Enough rejections, and a large enough share; and the key before is not refused alike, as far as anybody reports. */
function whyReported(
  reports: ReportsLook,
  { current, candidate }: Pick<Back, "current" | "candidate">,
  { rollBackAt = ROLL_BACK_AT }: Policy,
): string | undefined {
  const [now, before] = [sumOf(current.id, reports), sumOf(candidate.id, reports)];
  const isRefused = ({ sends, rejections }: { sends: number; rejections: number }) => {
    return rejections >= rollBackAt.rejections && rejections >= rollBackAt.share * (sends + rejections);
  };
  if (!isRefused(now) || isRefused(before)) return undefined;
  return `consumers report ${now.rejections} rejections of the current key, and ${now.sends} sends`;
}

function sumOf(versionId: string, reports: ReportsLook): { sends: number; rejections: number } {
  const uses = reportsOn(versionId, reports).map(({ use }) => use);
  return {
    sends: uses.reduce((sum, use) => sum + use.sends, 0),
    rejections: uses.reduce((sum, use) => sum + use.rejections, 0),
  };
}

function noWayBack(current: Version): Decision {
  return alarm("the current key is refused, and no key is left to go back to. Hand one in that works", {
    versionId: current.id,
  });
}
