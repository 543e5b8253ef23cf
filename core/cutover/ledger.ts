import type { Label } from "../../contract/labels.ts";
import type { HeldKey } from "../../contract/secret-value.ts";
import type { ListedKey, SecretView, Version } from "./ports.ts";

/** Reading the ledger: what the labels of a secret say. The words are the design's. */

type LabelOf<K extends Label["kind"]> = Extract<Label, { kind: K }>;

export function labelsOf<K extends Label["kind"]>(
  version: Pick<Version, "labels">,
  kind: K,
): readonly LabelOf<K>[] {
  return version.labels.filter((label): label is LabelOf<K> => label.kind === kind);
}

export function currentOf(secret: SecretView): Version | undefined {
  return secret.versions.find((version) => version.isCurrent);
}

export function versionOf(secret: SecretView, id: string): Version | undefined {
  return secret.versions.find((version) => version.id === id);
}

export function keyOf(version: Version | undefined): HeldKey | undefined {
  return version?.content.kind === "key" ? version.content.key : undefined;
}

/** The version that a rotation is for, until it is current. */
export function pendingOf(secret: SecretView): Version | undefined {
  return secret.versions.find((version) => version.isPending && !version.isCurrent);
}

/** Whether no key is current yet: the service may make the first version current as soon as it has a value. */
export function isFirst(secret: SecretView): boolean {
  const current = currentOf(secret);
  return current === undefined || current.content.kind === "empty";
}

/** Since when there is a change freeze; nothing where there is none. */
export function pausedAtMs(secret: SecretView): number | undefined {
  const times = secret.versions.flatMap((version) => labelsOf(version, "paused")).map(({ atMs }) => atMs);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** The claims of runs that are making a pending version's key, wherever they stand. */
export function claimsOn(secret: SecretView, pending: Version): readonly LabelOf<"making">[] {
  const claims = secret.versions.flatMap((version) => labelsOf(version, "making"));
  return claims.filter(({ target }) => target === pending.v8);
}

/** Made, and not yet proven dead. */
export function isLive(version: Version): boolean {
  return labelsOf(version, "live").length > 0;
}

/** Live, and neither current nor pending. */
export function isRetiring(version: Version): boolean {
  return isLive(version) && !version.isCurrent && !version.isPending;
}

export function retiringOf(secret: SecretView): readonly Version[] {
  return secret.versions.filter(isRetiring);
}

/** When the key was born. Two runs may have written it: the earlier one, so that a leak taints rather too much. */
export function bornAtMs(version: Version): number {
  const times = labelsOf(version, "live").map((label) => label.atMs);
  return times.length === 0 ? version.createdAtMs : Math.min(...times);
}

/** When the key of a version was born: where a value was put a second time, with the first. */
export function keyBornAtMs(secret: SecretView, version: Version): number {
  const key = keyOf(version);
  const twins = secret.versions.filter((any) => {
    const its = keyOf(any);
    return key !== undefined && its !== undefined && sameFields(key, its);
  });
  return Math.min(bornAtMs(version), ...twins.map(bornAtMs));
}

/** Whether a key was made after another: the provider puts the one that was made last in place. */
export function isYounger(one: Version, other: Version, secret: SecretView): boolean {
  return keyBornAtMs(secret, one) > keyBornAtMs(secret, other);
}

/** Since when it is retiring. Two runs may have written it: the later one, since later than the truth is safe. */
export function replacedAtMs(version: Version): number | undefined {
  return latest(labelsOf(version, "replaced"));
}

/** Since when a revoke is coming. The later one of two: it waits rather too long. */
export function condemnedAtMs(version: Version): number | undefined {
  return latest(labelsOf(version, "condemned"));
}

/** Not condemned, rejected or leaked. Only a clean key is promoted. */
export function isClean(version: Version, secret: SecretView): boolean {
  if (labelsOf(version, "condemned").length > 0 || labelsOf(version, "rejected").length > 0) return false;
  return !isLeaked(version, secret);
}

/** The live, clean versions besides one. */
export function cleanBeside({ id }: Version, secret: SecretView): readonly Version[] {
  return secret.versions.filter((any) => any.id !== id && isLive(any) && isClean(any, secret));
}

/** By the births of their keys. */
export function youngestFirst(versions: readonly Version[]): readonly Version[] {
  return versions.toSorted((one, other) => bornAtMs(other) - bornAtMs(one));
}

/** A `leaked` label: it names keys, and may be on any version. */
export type Leak = LabelOf<"leaked">;

export function leaksOf({
  versions,
}: {
  readonly versions: readonly Pick<Version, "labels">[];
}): readonly Leak[] {
  return versions.flatMap((version) => labelsOf(version, "leaked"));
}

export function isLeaked(version: Version, secret: SecretView): boolean {
  return leakOf(version, secret) !== undefined;
}

/** The leak that names the key of a version: the first, where there are several. */
export function leakOf(version: Version, secret: SecretView): Leak | undefined {
  return leaksOf(secret)
    .filter((leak) => taints(leak, version, secret))
    .toSorted((one, other) => one.atMs - other.atMs)[0];
}

/** The versions whose keys a leak names and that are not proven dead; a current one was perhaps never in the ledger. */
export function leakedIn(secret: SecretView): readonly Version[] {
  return secret.versions.filter((version) => {
    const mayWork = (isLive(version) || version.isCurrent) && version.content.kind !== "empty";
    return mayWork && isLeaked(version, secret);
  });
}

/** Whether a leaked key is current: until it is not, every clean key may be needed. */
export function isCurrentLeaked(secret: SecretView): boolean {
  return leakedIn(secret).some(({ isCurrent }) => isCurrent);
}

/** Whether a leak names the key of a version, under whichever version it was named. */
export function taints(leak: Pick<Leak, "target" | "atMs">, version: Version, secret: SecretView): boolean {
  if (leak.target === "all") return keyBornAtMs(secret, version) < leak.atMs;
  if (leak.target === keyOf(version)?.keyId || leak.target === version.v8) return true;
  const key = keyOf(version);
  return secret.versions.some((any) => {
    const its = keyOf(any);
    const isNamed = leak.target === its?.keyId || leak.target === any.v8;
    return isNamed && key !== undefined && its !== undefined && sameFields(key, its);
  });
}

/**
 * Whether a listed key stands in a version: then it is no orphan. Its value counts, too, since the id of a raw string
 * is in a label, and a label can be taken off by hand. A version that cannot be read might hold it, which is why
 * orphans are not looked for while there is one.
 */
export function isHeld(secret: SecretView, listed: ListedKey): boolean {
  return secret.versions.some((version) => holds(version, listed));
}

export function holds(version: Version, listed: ListedKey): boolean {
  const key = keyOf(version);
  return key !== undefined && (key.keyId === listed.id || listed.is(key.fields) === true);
}

/** The first version with a label of ours, or of the service, that cannot be read. */
export function unreadableOf(secret: SecretView): (Version & { content: { because: string } }) | undefined {
  return secret.versions.find(
    (version): version is Version & { content: { kind: "unreadable"; because: string } } =>
      version.content.kind === "unreadable",
  );
}

export function sameFields(one: HeldKey, other: HeldKey): boolean {
  const names = Object.keys(one.fields);
  return (
    names.length === Object.keys(other.fields).length &&
    names.every((name) => {
      const [a, b] = [one.fields[name], other.fields[name]];
      return a !== undefined && b !== undefined && a.equals(b);
    })
  );
}

function latest(labels: readonly { readonly atMs: number }[]): number | undefined {
  return labels.length === 0 ? undefined : Math.max(...labels.map((label) => label.atMs));
}
