import type { Policy } from "../../contract/policy.ts";
import { type Credential, listedKeys } from "./credential.ts";
import { currentOf, isLive, keyOf, labelsOf } from "./ledger.ts";
import type { Decision, Observation } from "./observation.ts";
import type { ListedKey, SecretView, Version } from "./ports.ts";
import { alarm, effect, hold } from "./steps.ts";

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
  if (listed.kind !== "found") return listed;
  const { keys, complete } = listed.value;
  const itself = keys.find((any) => any.is(key.fields)) ?? keys.find(({ id }) => id === key.keyId);
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
    if (!complete) return undefined; // its id cannot be told: it works on, and a person retires it
    return hold(
      "the provider's list has no key with the current value. Put its id into the value, as keyId",
      { versionId: version.id },
    );
  }
  return writeId(version, itself, { provider: policy.provider.id, account: listed.value.account });
}

/** A key may be replaced before its id was written down, by hand or by a run that was killed: the list may still tell. */
export function identifyRetiring(
  observation: Observation,
  version: Version,
  credential: Credential,
  policy: Policy,
): Decision | undefined {
  const key = keyOf(version);
  if (key === undefined || key.keyId !== undefined || labelsOf(version, "id").length > 0) return undefined;
  const listed = listedKeys(observation, credential, policy);
  if (listed.kind !== "found") return listed;
  const itself = listed.value.keys.find((any) => any.is(key.fields));
  if (itself === undefined) return undefined;
  return writeId(version, itself, { provider: policy.provider.id, account: listed.value.account });
}

/** Writes down the id of a key whose value does not say it (ADR 2). */
function writeId(
  version: Version,
  itself: ListedKey,
  owner: { readonly provider: string; readonly account: string },
): Decision {
  return effect(
    {
      kind: "attach",
      versionId: version.id,
      label: { kind: "id", v8: version.v8, keyId: itself.id, ...owner },
    },
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
