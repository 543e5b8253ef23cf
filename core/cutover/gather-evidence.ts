import { isReporting } from "../../contract/consumer-policy.ts";
import type { Policy } from "../../contract/policy.ts";
import { type Evidence, judgeUse, type Verdict } from "./evidence.ts";
import { keyOf } from "./ledger.ts";
import type { Decision, Observation } from "./observation.ts";
import type { KeyList } from "./ports.ts";
import type { Retiring } from "./retiring.ts";
import { lookAtReports } from "./roll-out.ts";
import { alarm, type Found, found, look } from "./steps.ts";
import { lastMoveAt } from "./twins.ts";

/** Judges the use of a retiring key by all that the deployment has to go by; or says what has to be looked at first. */
export function judgeRetiring(
  observation: Observation,
  retiring: Retiring,
  { list, policy, now }: { readonly list?: KeyList; readonly policy: Policy; readonly now: number },
): Found<Verdict> {
  const evidence = gather(observation, retiring, { policy, ...(list ? { list } : {}) });
  if (evidence.kind !== "found") return evidence;
  const { version: replaced, access, replacedAt: replacedAtMs } = retiring;
  const cutover = { replaced, current: access.current.version, replacedAtMs };
  return found(judgeUse(evidence.value, cutover, policy, now));
}

function gather(
  observation: Observation,
  retiring: Retiring,
  { list, policy }: { readonly list?: KeyList; readonly policy: Policy },
): Found<Evidence> {
  const { capabilities } = observation.run;
  const { reports } = observation;
  const sends = capabilities.sends?.byKey ? sendsOf(observation, retiring) : found(undefined);
  if (sends.kind !== "found") return sends;
  const isReported = policy.consumers.some(isReporting);
  if (isReported && reports === undefined) return lookAtReports(observation, policy, retiring.replacedAt);
  const { lastUsed } = capabilities;
  const lastUsedAtMs = (keyId: string | undefined) => list?.keys.find(({ id }) => id === keyId)?.lastUsedAtMs;
  return found({
    ...(sends.value ? { sends: sends.value } : {}),
    ...(lastUsed && list
      ? {
          lastUsed: {
            resolutionSeconds: lastUsed.resolutionSeconds,
            replacedAtMs: lastUsedAtMs(keyOf(retiring.version)?.keyId),
            currentAtMs: lastUsedAtMs(retiring.access.current.key.keyId),
          },
        }
      : {}),
    ...(isReported && reports ? { reports } : {}),
  });
}

function sendsOf(
  { uses, secret }: Observation,
  { version, access, replacedAt }: Retiring,
): Found<Evidence["sends"]> | Decision {
  const { current } = access;
  const [keyId, currentId] = [keyOf(version)?.keyId, current.key.keyId];
  if (keyId === undefined || currentId === undefined) {
    return alarm("the current key's id is not known", { versionId: version.id });
  }
  const query = { kind: "use", sinceMs: replacedAt, with: access.with } as const;
  const [replaced, ofCurrent] = [uses[version.id], uses[current.version.id]];
  if (replaced === undefined) return look({ ...query, versionId: version.id, keyId });
  if (ofCurrent === undefined) {
    // One look for all that are retiring: since the last move, which is when the current key's use began.
    return look({ ...query, sinceMs: lastMoveAt(secret), versionId: current.version.id, keyId: currentId });
  }
  return found({ replaced, current: ofCurrent });
}
