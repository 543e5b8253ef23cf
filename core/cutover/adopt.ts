import type { Policy } from "../../contract/policy.ts";
import { type Access, type Current, findListed, isListRefused, listedKeys } from "./access.ts";
import { bornAtMs, currentOf, isLive, keyBornAtMs, keyOf, labelsOf, sameFields } from "./ledger.ts";
import type { Decision, Observation } from "./observation.ts";
import type { KeyList, ListedKey, SecretView, Version } from "./ports.ts";
import { alarm, effect, hold } from "./steps.ts";

/**
 * Takes the current key into the ledger: it was made by hand, or put there by hand, and it stays as it is. Its `live`
 * comes before AWSCURRENT first leaves it, its id where it can be told; without one, a person retires it (adoption).
 */
export function adoptCurrent(
  observation: Observation,
  access: Access & { readonly current: Current },
  policy: Policy,
  { despiteRefusal = false }: { readonly despiteRefusal?: boolean } = {},
): Decision | undefined {
  const { version, key } = access.current;
  const { capabilities } = observation.run;
  const isIdentified = key.keyId !== undefined && key.provider !== undefined && key.account !== undefined;
  if (isLive(version) && (isIdentified || !capabilities.list)) return undefined;
  if (!capabilities.list) return markLive(version, keyBornAtMs(observation.secret, version));
  if (despiteRefusal && isListRefused(observation)) {
    // The current key is dead, and cannot say who it is: another is about to take over.
    return isLive(version) ? undefined : markLive(version, keyBornAtMs(observation.secret, version));
  }
  const listed = listedKeys(observation, access, policy);
  if (listed.kind !== "found") return listed;
  const { keys, complete } = listed.value;
  const itself =
    findListed(keys, key) ??
    findTwin(keys, version, observation.secret) ??
    onlyOne(listed.value, observation, access);
  if (itself && key.keyId !== undefined && itself.id !== key.keyId) {
    return alarm(
      `version ${version.id} says key ${key.keyId}, and its value is that of key ${itself.id}: to trust either might ` +
        "revoke the wrong one. Put the value again with the right keyId, or without one",
      { versionId: version.id },
    );
  }
  if (!isLive(version)) {
    return markLive(version, Math.min(itself?.createdAtMs ?? version.createdAtMs, version.createdAtMs));
  }
  if (itself === undefined) {
    if (!complete) return undefined; // its id cannot be told: it works on, and a person retires it
    return hold(whyUnidentified(keys, key.fields), { versionId: version.id });
  }
  return writeId(version, itself.id, { provider: policy.provider.id, account: listed.value.account });
}

/** A key may be replaced before its id was written down, by hand or by a run that was killed: the list may still tell. */
export function identifyRetiring(
  observation: Observation,
  version: Version,
  access: Access,
  policy: Policy,
): Decision | undefined {
  const key = keyOf(version);
  if (key === undefined || key.keyId !== undefined || labelsOf(version, "id").length > 0) return undefined;
  const listed = listedKeys(observation, access, policy);
  if (listed.kind !== "found") return listed;
  const itself = listed.value.keys.find((any) => any.is(key.fields));
  if (itself === undefined) return undefined;
  return writeId(version, itself.id, { provider: policy.provider.id, account: listed.value.account });
}

/**
 * Where values cannot be told from a list: the key that is registered under a pending or retiring version is the one
 * that is not known and was not there before it. A slot of a key that ended long ago may show in a late list: so the
 * time counts, less the fence for clocks that differ.
 */
export function inferListed(
  observation: Observation,
  version: Version,
  { keys }: KeyList,
): readonly ListedKey[] {
  // A key that was adopted is older than its version, and another that nobody knows might be this one.
  const { versions } = observation.secret;
  const own = keyOf(version);
  const isOthersKnown = versions.every((any) => {
    const key = keyOf(any);
    if (key === undefined || key.keyId !== undefined || (own !== undefined && sameFields(key, own)))
      return true;
    if (observation.probes[any.id]?.kind === "rejected") return true; // it is not registered
    return !isLive(any) && !any.isCurrent && !any.isPending; // its key is dead
  });
  if (own?.account === undefined || !isOthersKnown) return [];
  const known = idsIn(observation.secret);
  const since = bornAtMs(version) - observation.run.fenceMs;
  return keys.filter(({ id, createdAtMs = 0 }) => !known.has(id) && createdAtMs > since);
}

/** Writes down the id of a key whose value does not say it (ADR 2). */
export function writeId(
  version: Version,
  keyId: string,
  owner: { readonly provider: string; readonly account: string },
): Decision {
  return effect(
    { kind: "attach", versionId: version.id, label: { kind: "id", v8: version.v8, keyId, ...owner } },
    "the value does not say which key it is, and the provider does",
  );
}

/**
 * `replaced`, `condemned` and `waived` come off the current version, so that none is stale when it is replaced again. So
 * does `rejected`, where it was replaced meanwhile: then somebody has put it back knowingly. That one first: without
 * `replaced`, it says that a rollback was begun.
 */
export function tidyCurrent(secret: SecretView): Decision | undefined {
  const version = currentOf(secret);
  if (version === undefined || !isLive(version)) return undefined;
  const replaced = labelsOf(version, "replaced");
  const [label] = [
    ...(replaced.length > 0 ? labelsOf(version, "rejected") : []),
    ...replaced,
    ...labelsOf(version, "condemned"),
    ...labelsOf(version, "waived"),
  ];
  if (label === undefined) return undefined;
  return effect(
    { kind: "detach", versionId: version.id, label },
    `the version is current again: not ${label.kind}`,
  );
}

/** Its key is in the ledger from now on. */
export function markLive(version: Version, atMs: number): Decision {
  return effect(
    { kind: "attach", versionId: version.id, label: { kind: "live", v8: version.v8, atMs } },
    "the current key was put here by hand: it is taken into the ledger",
  );
}

/** A value that was put a second time is that of a version whose id is known. */
function findTwin(keys: readonly ListedKey[], version: Version, secret: SecretView): ListedKey | undefined {
  const key = keyOf(version);
  const twin = secret.versions.map(keyOf).find((any) => {
    return key !== undefined && any?.keyId !== undefined && sameFields(any, key);
  });
  return twin && keys.find(({ id }) => id === twin.keyId);
}

/**
 * At a self-service provider the list was read with the current key: where it shows one that is no other's, that is it. But a
 * list may be late: where it shows others beside it, that one is no older than the version.
 */
function onlyOne(
  { keys, complete }: KeyList,
  { run, secret }: Observation,
  { current }: Access,
): ListedKey | undefined {
  const named = idsIn(secret);
  const [only, ...others] = keys.filter(({ id }) => !named.has(id));
  const isUntold = run.capabilities.credential !== "self" || !complete || others.length > 0;
  if (isUntold || only === undefined || current === undefined) return undefined;
  const since = bornAtMs(current.version) - run.fenceMs;
  if (keys.length > 1 && (only.createdAtMs ?? 0) <= since) return undefined;
  return only.is(current.key.fields) === undefined ? only : undefined;
}

function idsIn({ versions }: SecretView): ReadonlySet<string | undefined> {
  return new Set(versions.map((version) => keyOf(version)?.keyId));
}

function whyUnidentified(keys: readonly ListedKey[], fields: Current["key"]["fields"]): string {
  const ids = keys.map(({ id }) => id).join(", ");
  if (keys.some((key) => key.is(fields) === undefined)) {
    return (
      `which of the listed keys (${ids}) is the current one cannot be told from its value. Put its id into the ` +
      "value, as keyId, or delete the others in the vendor's console if nobody uses them"
    );
  }
  return "the provider's list has no key with the current value. Put its id into the value, as keyId";
}
