import { isLive, keyOf, labelsOf, replacedAtMs, sameFields } from "./ledger.ts";
import type { Decision } from "./observation.ts";
import type { SecretView, Version } from "./ports.ts";
import { effect, hold } from "./steps.ts";

/** The current or pending version that holds the same key: somebody has put it back under a new version. */
export function twinOf(secret: SecretView, version: Version): Version | undefined {
  return secret.versions.find((any) => {
    return any.id !== version.id && (any.isCurrent || any.isPending) && holdsSameKey(any, version);
  });
}

function holdsSameKey(one: Version, other: Version): boolean {
  const [key, its] = [keyOf(one), keyOf(other)];
  if (key === undefined || its === undefined) return false;
  return sameFields(key, its) || (key.keyId !== undefined && key.keyId === its.keyId);
}

/** Since when the key is replaced: where it was put back and replaced again, the overlap runs from the last time. */
export function lastReplacedAt(secret: SecretView, version: Version): number | undefined {
  const own = replacedAtMs(version);
  if (own === undefined) return undefined;
  const twins = secret.versions.filter((any) => holdsSameKey(any, version));
  return Math.max(own, ...twins.map((twin) => replacedAtMs(twin) ?? own));
}

/** When AWSCURRENT moved last, as far as the labels say. */
export function lastMoveAt(secret: SecretView): number {
  return Math.max(0, ...secret.versions.map((version) => replacedAtMs(version) ?? 0));
}

/** P8: what is current is not revoked. The twin names the key from now on, and so this version need not. */
export function yieldTo(twin: Version, version: Version): Decision {
  const about = { versionId: version.id };
  const [label] = labelsOf(version, "live");
  const [id] = labelsOf(version, "id");
  if (isLive(twin) && id !== undefined && keyOf(twin)?.keyId === undefined) {
    return effect(
      { kind: "attach", versionId: twin.id, label: { ...id, v8: twin.v8 } },
      `version ${version.id} holds the same key, and says which it is`,
    );
  }
  if (!twin.isCurrent || !isLive(twin) || label === undefined) {
    return hold(`version ${twin.id} holds the same key, which is in use`, about);
  }
  const because = `version ${twin.id} is current and holds the same key`;
  return effect({ kind: "detach", versionId: version.id, label }, because);
}
