import type { Policy } from "../../contract/policy.ts";
import type { HeldKey } from "../../contract/secret-value.ts";
import { currentOf, isLive, keyOf, labelsOf } from "./ledger.ts";
import type { Decision, Observation } from "./observation.ts";
import type { KeyList, SecretView, Version } from "./ports.ts";
import { alarm, effect, hold, look, refuse } from "./steps.ts";

/** The current version and its key: at a self-service provider, the credential of all management calls. */
export interface Credential {
  readonly version: Version;
  readonly key: HeldKey;
}

/** Finds the credential, or says why there is none. A key of one provider is never sent to another. */
export function credentialOf(secret: SecretView, policy: Policy): Credential | Decision {
  const version = currentOf(secret);
  if (version === undefined || version.content.kind === "empty") {
    return refuse(
      `secret ${secret.name} has no current key, and ${policy.provider.id} needs a key to make a key. ` +
        "Put the first key, made in the vendor's console, into the secret",
    );
  }
  const key = keyOf(version);
  if (key === undefined) return refuse(`secret ${secret.name}: ${because(version)}`);
  if (key.provider !== undefined && key.provider !== policy.provider.id) {
    return refuse(
      `secret ${secret.name}: the current key is of ${key.provider}, and the policy says ${policy.provider.id}. ` +
        `Put a key of ${policy.provider.id} into the secret, or set the policy back`,
    );
  }
  return { version, key };
}

/**
 * Why a new key may not follow the current one, or nothing: the secret has moved to another provider or account since
 * the key was made. To promote it would move the consumers back, and it is no key to be sent to another provider.
 */
export function staleOwnerOf(version: Version, secret: SecretView, policy: Policy): string | undefined {
  const { provider = policy.provider.id, account } = keyOf(version) ?? {};
  const wanted = policy.provider.account ?? keyOf(currentOf(secret))?.account ?? account;
  if (provider === policy.provider.id && account === wanted) return undefined;
  const moved = `${policy.provider.id}${wanted === undefined ? "" : `, account ${wanted}`}`;
  return `version ${version.id}: its key was made by ${provider}, account ${account}, and the secret has moved to ${moved} since`;
}

export function isDecision(value: Credential | Decision | KeyList): value is Decision {
  return "kind" in value;
}

/** The provider's list through the current key, of the account that the policy names; or what has to come first. */
export function listedKeys(
  observation: Observation,
  { version }: Credential,
  policy: Policy,
): KeyList | Decision {
  const { list } = observation;
  if (list === undefined) return look({ kind: "list", with: version.id });
  if (list.kind === "unknown") {
    const because = `the provider's list of keys is unknown: ${list.because}`;
    return list.isRefused ? alarm(because, { versionId: version.id }) : hold(because);
  }
  const { account } = policy.provider;
  if (account !== undefined && account !== list.account) {
    return alarm(
      `the current key belongs to account ${list.account} of ${policy.provider.id}, and the policy says ${account}. ` +
        "Put a key of that account into the secret, or correct the policy",
    );
  }
  return { account: list.account, complete: list.complete, keys: list.keys };
}

/**
 * Takes the current key into the ledger: it was made by hand, or put there by hand, and it stays as it is. Its `live`
 * comes before AWSCURRENT first leaves it, its id where it can be told; without one, a person retires it (adoption).
 */
export function adoptCurrent(
  observation: Observation,
  credential: Credential,
  policy: Policy,
): Decision | undefined {
  const { version, key } = credential;
  const isIdentified = key.keyId !== undefined && key.provider !== undefined && key.account !== undefined;
  if (isLive(version) && isIdentified) return undefined;
  const listed = listedKeys(observation, credential, policy);
  if (isDecision(listed)) return listed;
  const itself =
    listed.keys.find((any) => any.is(key.fields)) ?? listed.keys.find(({ id }) => id === key.keyId);
  if (itself && key.keyId !== undefined && itself.id !== key.keyId) {
    return alarm(
      `version ${version.id} says key ${key.keyId}, and its value is that of key ${itself.id}: to trust either might ` +
        "revoke the wrong one. Put the value again with the right keyId, or without one",
      { versionId: version.id },
    );
  }
  const { v8 } = version;
  if (!isLive(version)) {
    const atMs = Math.min(itself?.createdAtMs ?? version.createdAtMs, version.createdAtMs);
    return effect(
      { kind: "attach", versionId: version.id, label: { kind: "live", v8, atMs } },
      "the current key was put here by hand: it is taken into the ledger",
    );
  }
  if (itself === undefined) {
    if (!listed.complete) return undefined; // its id cannot be told: it works on, and a person retires it
    return hold(
      "the provider's list has no key with the current value. Put its id into the value, as keyId",
      { versionId: version.id },
    );
  }
  const id = { v8, keyId: itself.id, provider: policy.provider.id, account: listed.account };
  return effect(
    { kind: "attach", versionId: version.id, label: { kind: "id", ...id } },
    "the value does not say whose key it is, and the provider's list does",
  );
}

/** `replaced` and `condemned` come off the current version, so that neither is stale when it is replaced again. */
export function tidyCurrent(secret: SecretView): Decision | undefined {
  const version = currentOf(secret);
  if (version === undefined || !isLive(version)) return undefined;
  const [label] = [...labelsOf(version, "replaced"), ...labelsOf(version, "condemned")];
  if (label === undefined) return undefined;
  return effect(
    { kind: "detach", versionId: version.id, label },
    `the version is current again: not ${label.kind}`,
  );
}

function because(version: Version): string {
  return version.content.kind === "unreadable" ? version.content.because : "the current version has no key";
}
