import type { Policy } from "../../contract/policy.ts";
import { type Access, accessOf, type Current, findListed, listedKeys } from "./access.ts";
import { adoptCurrent, tidyCurrent } from "./adopt.ts";
import { refuseFrozen } from "./freeze.ts";
import { claimsOn, keyOf, leakedIn, retiringOf } from "./ledger.ts";
import type { Decision, Observation } from "./observation.ts";
import { acceptOffer, takeStored } from "./offer.ts";
import type { KeyList, KeySettings, SecretView, Version } from "./ports.ts";
import { settleAttempt } from "./settle-attempt.ts";
import { done, effect, type Found, firstOf, found, hold, look, refuse } from "./steps.ts";

/** A scheduled rotation starts only below this many labels: leaks and recovery need the rest of the 20. */
const LABELS_FOR_A_ROTATION = 12;

/**
 * createSecret: a pending key is stored under the token.
 *
 * Making and storing are two calls, and the value is seen once. So the key's name at the provider carries a hash of
 * the secret's ARN and a nonce of the attempt: what is lost between the two is found again by its name, and revoked.
 * Where the client chooses the value nothing can be lost; where somebody hands it in, nothing is made.
 */
export function createKey(observation: Observation, version: Version, policy: Policy, now: number): Decision {
  const { attempt } = observation.run;
  if (attempt && attempt.state !== "stored") {
    return settleAttempt(observation, { attempt, version }, policy, now);
  }
  if (attempt || keyOf(version)) return takeStored(observation, version, policy) ?? done;
  if (version.content.kind === "unreadable")
    return refuse(`version ${version.id}: ${version.content.because}`);
  return (
    refuseFrozen(observation.secret) ??
    refuseLate(version, observation, now) ??
    refuseCrowded(observation.secret) ??
    acceptOffer(observation, policy) ??
    refuseLeaked(observation.secret) ??
    refuseRetiring(observation.secret) ??
    makeKey(observation, version, policy, now)
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

/**
 * While a key is retiring, another rotation would leave two to be watched. A key that somebody hands in is let through: it
 * is the way out where the current key is dead, and the one before is condemned.
 */
function refuseRetiring(secret: SecretView): Decision | undefined {
  const [retiring] = retiringOf(secret);
  if (retiring) {
    const id = keyOf(retiring)?.keyId ?? "whose id is not known";
    return refuse(
      `secret ${secret.name}: the previous key ${id} is still retiring. Rotate again when it is revoked`,
    );
  }
  return undefined;
}

/** What a leak needs, its own response makes: a rotation at the same time would take the slot of it. */
function refuseLeaked(secret: SecretView): Decision | undefined {
  if (leakedIn(secret).length === 0) return undefined;
  return refuse(`secret ${secret.name}: a leaked key is being replaced. Rotate again when it is dead`);
}

/** The labels of a secret are not endless. */
function refuseCrowded(secret: SecretView): Decision | undefined {
  if (secret.labelCount < LABELS_FOR_A_ROTATION) return undefined;
  return refuse(
    `secret ${secret.name} has ${secret.labelCount} staging labels, and a rotation needs room below ` +
      `${LABELS_FOR_A_ROTATION}. Remove labels that are not needed`,
  );
}

function makeKey(observation: Observation, version: Version, policy: Policy, now: number): Decision {
  const access = accessOf(observation, policy);
  if (access.kind !== "found") return access;
  const { current } = access.value;
  if (current) {
    const first = firstOf([
      () => adoptCurrent(observation, { ...access.value, current }, policy),
      () => tidyCurrent(observation.secret),
    ]);
    if (first) return first;
  }
  const settings = settingsToCarry(observation, access.value, policy);
  if (settings.kind !== "found") return settings;
  const claim = claimToMake(observation, version, { current, now });
  if (claim) return claim;
  return effect(
    {
      kind: "make-key",
      with: access.value.with,
      ...(settings.value ? { settings: settings.value } : {}),
    },
    "the pending version has no key",
  );
}

/** What the list has to say before a key is made: room for one more, and what the new key must have. */
function settingsToCarry(
  observation: Observation,
  access: Access,
  policy: Policy,
): Found<KeySettings | undefined> {
  const { capabilities } = observation.run;
  if (!capabilities.list) return found(undefined);
  const listed = listedKeys(observation, access, policy);
  if (listed.kind !== "found") return listed;
  const obstacle = refuseFull(listed.value, observation, policy);
  if (obstacle) return obstacle;
  const { current } = access;
  if (current === undefined || capabilities.carriedOver.length === 0) return found(undefined);
  const itself = findListed(listed.value.keys, current.key);
  if (itself === undefined) {
    return hold("the provider does not list the current key, whose settings the new one must have");
  }
  const settings = observation.settings[itself.id];
  if (settings === undefined) return look({ kind: "settings", keyId: itself.id, with: access.with });
  if (settings.kind === "read") return found(settings.settings);
  const because = `the settings of the current key, which the new one must have: ${settings.because}`;
  return settings.isRefused ? refuse(because) : hold(because);
}

function refuseFull(
  { account, complete, keys }: KeyList,
  { run, secret }: Observation,
  policy: Policy,
): Decision | undefined {
  const { id } = policy.provider;
  if (!complete) {
    return refuse(
      `account ${account} of ${id} lists ${keys.length} keys, as many as it ever shows: ` +
        "that a key is gone could not be seen. Delete keys that nobody uses, and rotate again",
    );
  }
  const { maxLiveKeys = Number.POSITIVE_INFINITY } = run.capabilities;
  if (keys.length < maxLiveKeys) return undefined;
  const held = new Set(secret.versions.map((version) => keyOf(version)?.keyId));
  const others = keys.filter((key) => !held.has(key.id)).map((key) => key.id);
  const which =
    others.length > 5 ? `${others.slice(0, 5).join(", ")} and ${others.length - 5} more` : others.join(", ");
  return refuse(
    `account ${account} of ${id} has ${keys.length} keys, and no more than ${maxLiveKeys} can live at once` +
      (others.length === 0 ? "" : `. No version of the secret holds ${which}`) +
      ". Delete what nobody uses in the vendor's console, and rotate again",
  );
}

/**
 * Where what is made last takes the place of what was made before, two runs at once would store one value and leave
 * another at the provider: so only the run makes a key whose claim on the version is the only one. A look shows all that
 * was written before what it shows: of two claims, the run that came later sees both.
 */
function claimToMake(
  { run, secret }: Observation,
  version: Version,
  { current, now }: { readonly current: Current | undefined; readonly now: number },
): Decision | undefined {
  if (run.capabilities.source !== "in-place" || current === undefined) return undefined;
  const claims = claimsOn(secret, version);
  if (claims.length === 0) {
    const label = { kind: "making", target: version.v8, nonce: run.nonce, atMs: now } as const;
    return effect({ kind: "attach", versionId: current.version.id, label }, "only one run may make this key");
  }
  if (claims.every(({ nonce }) => nonce === run.nonce)) return undefined;
  return refuse(
    `version ${version.id}: another run is making its key, or was killed while it did. Rotate again when AWSPENDING is off`,
  );
}
