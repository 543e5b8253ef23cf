import type { Policy } from "../../contract/policy.ts";
import { adoptCurrent, tidyCurrent } from "./adopt.ts";
import { credentialOf, listedKeys } from "./credential.ts";
import { keyOf, retiringOf } from "./ledger.ts";
import type { Attempt, Decision, Observation } from "./observation.ts";
import type { SecretView, Version } from "./ports.ts";
import { done, effect, firstOf, hold, refuse } from "./steps.ts";

/** A scheduled rotation starts only below this many labels: leaks and recovery need the rest of the 20. */
const LABELS_FOR_A_ROTATION = 12;

/**
 * createSecret: a pending key is stored under the token.
 *
 * Making and storing are two calls, and the value is seen once. So the key's name at the provider carries a hash of
 * the secret's ARN and a nonce of the attempt: what is lost between the two is found again by its name, and revoked.
 */
export function createKey(observation: Observation, version: Version, policy: Policy, now: number): Decision {
  const { attempt } = observation.run;
  if (attempt) return settleAttempt(observation, attempt, version, policy, now);
  if (keyOf(version)) return done;
  if (version.content.kind === "unreadable")
    return refuse(`version ${version.id}: ${version.content.because}`);
  return (
    refuseLate(version, observation, now) ?? refuseForNow(observation.secret) ?? makeKey(observation, policy)
  );
}

/**
 * The clock takes AWSPENDING off an empty version after two fences. A key that is made within the first is on the list
 * by then, however late its call arrives: so a key that is lost keeps the label that makes the clock look (P2).
 */
function refuseLate(version: Version, { run }: Observation, now: number): Decision | undefined {
  if (now <= version.createdAtMs + run.fenceMs) return undefined;
  const minutes = Math.round((now - version.createdAtMs) / 60_000);
  return refuse(
    `version ${version.id} has waited ${minutes} min for its key: its rotation is given up. Rotate again`,
  );
}

/** While a key is retiring, another rotation would leave two to be watched, and the labels are not endless. */
function refuseForNow(secret: SecretView): Decision | undefined {
  const [retiring] = retiringOf(secret);
  if (retiring) {
    const id = keyOf(retiring)?.keyId ?? "whose id is not known";
    return refuse(
      `secret ${secret.name}: the previous key ${id} is still retiring. Rotate again when it is revoked`,
    );
  }
  if (secret.labelCount < LABELS_FOR_A_ROTATION) return undefined;
  return refuse(
    `secret ${secret.name} has ${secret.labelCount} staging labels, and a rotation needs room below ` +
      `${LABELS_FOR_A_ROTATION}. Remove labels that are not needed`,
  );
}

function makeKey(observation: Observation, policy: Policy): Decision {
  const credential = credentialOf(observation.secret, policy);
  if (credential.kind !== "found") return credential;
  const { version, key } = credential.value;
  const first = firstOf([
    () => adoptCurrent(observation, credential.value, policy),
    () => tidyCurrent(observation.secret),
  ]);
  if (first) return first;

  const listed = listedKeys(observation, credential.value, policy);
  if (listed.kind !== "found") return listed;
  const { account, complete, keys } = listed.value;
  if (!complete) {
    return refuse(
      `account ${account} of ${policy.provider.id} lists ${keys.length} keys, as many as it ever shows: ` +
        "that a key is gone could not be seen. Delete keys that nobody uses, and rotate again",
    );
  }
  const itself = keys.find((any) => any.id === key.keyId);
  if (itself === undefined) {
    return hold("the provider does not list the current key, whose settings the new one must have");
  }
  return effect(
    { kind: "make-key", with: version.id, settings: itself.settings },
    "the pending version has no key",
  );
}

/** Brings the making of a key to its end, whatever became of it. */
function settleAttempt(
  observation: Observation,
  attempt: Attempt,
  version: Version,
  policy: Policy,
  now: number,
): Decision {
  switch (attempt.state) {
    case "in-hand":
      return effect({ kind: "store-key", versionId: version.id }, "the new key is nowhere but in memory");
    case "stored":
      return done;
    case "refused":
      return revokeOwn(observation, attempt.keyId, policy, `nobody will hold it: ${attempt.because}`);
    case "unknown": {
      // Nobody but this run knows the name, and this run has no value: it can go at once, without the fence.
      const credential = credentialOf(observation.secret, policy);
      if (credential.kind !== "found") return credential;
      const listed = listedKeys(observation, credential.value, policy);
      if (listed.kind !== "found") return listed;
      const lost = listed.value.keys.find((any) => any.name === attempt.name);
      if (lost) return revokeOwn(observation, lost.id, policy, "its value was lost with the answer");
      return hold(`making a key: ${attempt.because}`, { untilMs: now + observation.run.fenceMs });
    }
    case "over":
      return keyOf(version) ? done : refuse(attempt.because);
  }
}

function revokeOwn(observation: Observation, keyId: string, policy: Policy, because: string): Decision {
  const credential = credentialOf(observation.secret, policy);
  if (credential.kind !== "found") return credential;
  return effect({ kind: "revoke-key", keyId, with: credential.value.version.id }, because);
}
