import type { Policy } from "../../contract/policy.ts";
import { accessOf, listedKeys } from "./access.ts";
import { currentOf, isFirst, keyOf } from "./ledger.ts";
import { type Attempt, type Decision, IN_HAND, type Observation } from "./observation.ts";
import type { Version } from "./ports.ts";
import { done, effect, hold, look, poll, refuse } from "./steps.ts";

/** For how long a key in hand is probed before it is given up: longer than any vendor of ours takes to know it. */
const PATIENCE_MS = 30_000;

/** Brings the making of a key to its end, whatever became of it. */
export function settleAttempt(
  observation: Observation,
  { attempt, version }: { readonly attempt: Attempt; readonly version: Version },
  policy: Policy,
  now: number,
): Decision {
  switch (attempt.state) {
    case "in-hand":
      return probeFirst(observation, attempt, policy, now) ?? storeKey(version);
    case "stored":
      return done;
    case "refused":
    case "unknown":
      return settleLost(observation, attempt, policy, now);
    case "over":
      return keyOf(version) ? done : refuse(attempt.because);
  }
}

/** A key that nobody will hold goes at once; one that may have been made is looked for. */
export function settleLost(
  observation: Observation,
  attempt: Extract<Attempt, { state: "refused" | "unknown" }>,
  policy: Policy,
  now: number,
): Decision {
  if (attempt.state === "unknown") return findLost(observation, attempt, policy, now);
  return revokeOwn(observation, attempt.keyId, policy, `nobody will hold it: ${attempt.because}`);
}

function storeKey(version: Version): Decision {
  const stage = version.isPending ? "AWSPENDING" : "none";
  return effect({ kind: "store-key", versionId: version.id, stage }, "the new key is nowhere but in memory");
}

/**
 * A first key is probed before it is put, for the service may make a secret's first version current at once (P1); and
 * one that was handed in, for whoever did it can be told at once.
 */
function probeFirst(
  observation: Observation,
  attempt: Extract<Attempt, { state: "in-hand" }>,
  policy: Policy,
  now: number,
): Decision | undefined {
  const isOurs = attempt.from === "provider";
  const foreign = isOurs ? undefined : refuseForeign(observation, attempt.made.account, policy);
  if (foreign) return foreign;
  if (isOurs && !isFirst(observation.secret)) return undefined;
  const probe = observation.probes[IN_HAND];
  if (probe === undefined) return look({ kind: "probe", versionId: IN_HAND });
  if (probe.kind === "accepted") return undefined;
  if (now < attempt.bornAtMs + PATIENCE_MS) {
    return poll(`the provider does not accept the new key yet: ${probe.because}`, now);
  }
  if (!isOurs) {
    return refuse(
      `the provider does not accept the key that was handed in: ${probe.because}. ` +
        `Hand in one that works: dualkey hand-in ${observation.secret.name}`,
    );
  }
  const { keyId } = attempt.made;
  if (keyId === undefined) return refuse(`the provider does not accept the first key: ${probe.because}`);
  return revokeOwn(observation, keyId, policy, `the provider never accepted it: ${probe.because}`);
}

/** A key of another account would end live, and nobody could retire it. */
function refuseForeign(
  { secret }: Observation,
  account: string | undefined,
  { provider }: Policy,
): Decision | undefined {
  const wanted = provider.account ?? keyOf(currentOf(secret))?.account;
  if (account === undefined || wanted === undefined || account === wanted) return undefined;
  return refuse(
    `the key that was handed in belongs to account ${account} of ${provider.id}, and the secret to ${wanted}. Hand in one ` +
      `of that account, or correct the policy: dualkey hand-in ${secret.name}`,
  );
}

/** Nobody but this run knows the name, and this run has no value: it can go at once, without the fence. */
function findLost(
  observation: Observation,
  attempt: Extract<Attempt, { state: "unknown" }>,
  policy: Policy,
  now: number,
): Decision {
  const { capabilities, fenceMs } = observation.run;
  if (!capabilities.list?.names) {
    return refuse(`${attempt.because} A key may have been made that nobody holds: see the vendor's console`);
  }
  const access = accessOf(observation, policy);
  if (access.kind !== "found") return access;
  const listed = listedKeys(observation, access.value, policy);
  if (listed.kind !== "found") return listed;
  const lost = listed.value.keys.find((any) => any.name === attempt.name && !any.isDisabled);
  if (lost) return revokeOwn(observation, lost.id, policy, "its value was lost with the answer");
  return hold(`making a key: ${attempt.because}`, { untilMs: now + fenceMs });
}

function revokeOwn(observation: Observation, keyId: string, policy: Policy, because: string): Decision {
  const access = accessOf(observation, policy);
  if (access.kind !== "found") return access;
  return effect({ kind: "revoke-key", keyId, with: access.value.with }, because);
}
