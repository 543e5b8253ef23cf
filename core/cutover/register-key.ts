import type { Policy } from "../../contract/policy.ts";
import { accessOf, isListSilent, listedKeys } from "./access.ts";
import { inferListed, writeId } from "./adopt.ts";
import { isClean, isLive, keyOf, leaksOf } from "./ledger.ts";
import type { Decision, Observation } from "./observation.ts";
import type { Version } from "./ports.ts";
import { alarm, done, effect, hold, look, poll, refuse } from "./steps.ts";

/**
 * setSecret: the pending key exists at the provider. Where the client chooses the value, it is stored already and is
 * registered here; its id, which only the provider knows, is written down after. A crash between the two is no loss: the
 * probe says that it is registered, and the list which one it is.
 */
export function registerKey(
  observation: Observation,
  version: Version,
  policy: Policy,
  now: number,
): Decision {
  if (!keyOf(version)) return refuse(`version ${version.id} is empty. Run createSecret first`);
  if (observation.run.capabilities.source !== "client" || keyOf(version)?.keyId !== undefined) return done;
  const probe = observation.probes[version.id];
  if (observation.run.registered?.versionId !== version.id) {
    if (probe === undefined) return look({ kind: "probe", versionId: version.id });
    if (probe.kind === "unknown" && !isPressed(observation, now)) {
      return poll(`whether the new key is registered is unknown: ${probe.because}`, now, {
        versionId: version.id,
      });
    }
    if (probe.kind !== "accepted") return register(observation, version, policy, now);
  }
  return identifyRegistered(observation, version, policy);
}

/** Writes down the id of a key that the provider accepts. */
export function identifyRegistered(observation: Observation, version: Version, policy: Policy): Decision {
  const { registered } = observation.run;
  const key = keyOf(version);
  const about = { versionId: version.id };
  const { account } = key ?? {};
  if (account === undefined) return alarm("the account of its key is not known", about);
  const owner = { provider: policy.provider.id, account };
  if (registered?.versionId === version.id) return writeId(version, registered.keyId, owner);
  const access = accessOf(observation, policy);
  if (access.kind !== "found") return access;
  const listed = listedKeys(observation, access.value, policy);
  if (listed.kind !== "found") return listed;
  if (listed.value.account !== account) {
    return alarm(`its key is of account ${account}, and the current one of ${listed.value.account}`, about);
  }
  const [itself, ...others] = inferListed(observation, version, listed.value);
  const doubt = itself === undefined ? doubtOver(observation, version) : undefined;
  if (doubt) return look({ kind: "probe", versionId: doubt.id });
  if (itself === undefined)
    return hold("the provider accepts the key, and its list does not show it yet", about);
  if (others.length === 0) return writeId(version, itself.id, owner);
  return alarm(
    `which of the listed keys (${[itself, ...others].map(({ id }) => id).join(", ")}) is this one cannot be told. ` +
      "Delete those that nobody uses in the vendor's console",
    about,
  );
}

/** Another key that may be the listed one, as long as nobody has asked whether it is registered. */
function doubtOver({ secret, probes }: Observation, version: Version): Version | undefined {
  return secret.versions.find((any) => {
    const key = keyOf(any);
    const isUnknown = any.id !== version.id && isLive(any) && key !== undefined && key.keyId === undefined;
    return isUnknown && probes[any.id] === undefined;
  });
}

/** Past a leak's deadline, what the provider does not tell is not waited for: it says no to what cannot be. */
function isPressed({ secret }: Observation, now: number): boolean {
  return leaksOf(secret).some(({ deadlineMs }) => now >= deadlineMs);
}

/** Not repeatable, but harmless: a second time the vendor finds its slots full. Only a clean, pending key is registered. */
function register(observation: Observation, version: Version, policy: Policy, now: number): Decision {
  const { run, secret, probes } = observation;
  const about = { versionId: version.id };
  if (!isLive(version) || !isClean(version, secret) || version.isCurrent) {
    return refuse(`version ${version.id}: its key is given up. Rotate again`);
  }
  const access = accessOf(observation, policy);
  if (access.kind !== "found") return access;
  const listed = listedKeys(observation, access.value, policy);
  const isUnlisted = isListSilent(observation) && isPressed(observation, now);
  if (listed.kind !== "found" && !isUnlisted) return listed;
  const { maxLiveKeys = Number.POSITIVE_INFINITY } = run.capabilities;
  if (listed.kind === "found" && listed.value.keys.length >= maxLiveKeys) {
    return hold(
      `account ${listed.value.account} has ${listed.value.keys.length} keys, as many as can live at once, and the new one ` +
        "is not accepted. It may have been registered a moment ago; else delete the one that nobody uses in the vendor's console",
      about,
    );
  }
  // Nobody may have given the key up while the provider was asked.
  if (secret.readAtMs < (probes[version.id]?.atMs ?? 0)) return look({ kind: "secret" });
  return effect(
    { kind: "register-key", versionId: version.id, with: access.value.with },
    "the new key is stored, and the provider does not know it yet",
  );
}
