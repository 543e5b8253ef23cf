import type { Policy } from "../../contract/policy.ts";
import type { HeldKey } from "../../contract/secret-value.ts";
import { type Credential, isDecision, listedKeys } from "./credential.ts";
import { judgeUse, type Verdict } from "./evidence.ts";
import { condemnedAtMs, isLive, keyOf, labelsOf, replacedAtMs, sameFields } from "./ledger.ts";
import type { Decision, Observation } from "./observation.ts";
import type { KeyList, ListedKey, SecretView, Version } from "./ports.ts";
import { alarm, effect, hold, look, waitFor } from "./steps.ts";

/** The two probes of a control pair are at most this far apart. */
const CONTROL_PAIR_MS = 60_000;

/**
 * Retires one replaced key: minimum overlap and evidence → `condemned` → fence → fresh look, fresh evidence →
 * revoke → list → control pair → `live` off.
 *
 * `live` is the last fact to go and the first label to come off: whatever happens, a key that may work is named.
 */
export function retireKey(
  observation: Observation,
  version: Version,
  credential: Credential,
  policy: Policy,
  now: number,
): Decision {
  const about = { versionId: version.id };
  const twin = twinOf(observation.secret, version);
  if (twin) return yieldTo(twin, version);
  const replacedAt = lastReplacedAt(observation.secret, version);
  if (replacedAt === undefined) return hold("it is not marked as replaced yet", about);
  const overlapEndsAt = replacedAt + policy.minOverlapSeconds * 1000;
  if (now < overlapEndsAt) {
    return hold("the minimum overlap is not over", { ...about, untilMs: overlapEndsAt });
  }
  const unidentified = identifyRetiring(observation, version, credential, policy);
  if (unidentified) return unidentified;
  const key = identifiedKey(version, policy);
  if ("kind" in key) return key;
  const listed = listedKeys(observation, credential, policy);
  if (isDecision(listed)) return listed;
  if (listed.account !== key.account) {
    return alarm(
      `key ${key.keyId} belongs to account ${key.account}, and the current key to ${listed.account}: only its own ` +
        "account can revoke it and show that it is gone. Put a key of that account back, or retire it by hand",
      { ...about, keyId: key.keyId },
    );
  }
  const itself = listed.keys.find((any) => any.id === key.keyId);
  if (itself === undefined) return proveDead(observation, { version, key, listed, credential });
  return revokeListed(observation, { version, key, itself, credential, replacedAt }, policy, now);
}

/** The current or pending version that holds the same key: somebody has put it back under a new version. */
function twinOf(secret: SecretView, version: Version): Version | undefined {
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
function lastReplacedAt(secret: SecretView, version: Version): number | undefined {
  const own = replacedAtMs(version);
  if (own === undefined) return undefined;
  const twins = secret.versions.filter((any) => holdsSameKey(any, version));
  return Math.max(own, ...twins.map((twin) => replacedAtMs(twin) ?? own));
}

/** A key may be replaced before its id was written down, by hand or by a run that was killed: the list may still tell. */
function identifyRetiring(
  observation: Observation,
  version: Version,
  credential: Credential,
  policy: Policy,
): Decision | undefined {
  const key = keyOf(version);
  if (key === undefined || key.keyId !== undefined || labelsOf(version, "id").length > 0) return undefined;
  const listed = listedKeys(observation, credential, policy);
  if (isDecision(listed)) return listed;
  const itself = listed.keys.find((any) => any.is(key.fields));
  if (itself === undefined) return undefined;
  const id = { v8: version.v8, keyId: itself.id, provider: policy.provider.id };
  return effect(
    { kind: "attach", versionId: version.id, label: { kind: "id", ...id, account: listed.account } },
    "the value does not say whose key it is, and the provider's list does",
  );
}

/** P8: what is current is not revoked. The twin names the key from now on, and so this version need not. */
function yieldTo(twin: Version, version: Version): Decision {
  const about = { versionId: version.id };
  const [label] = labelsOf(version, "live");
  if (!twin.isCurrent || !isLive(twin) || label === undefined) {
    return hold(`version ${twin.id} holds the same key, which is in use`, about);
  }
  const because = `version ${twin.id} is current and holds the same key`;
  return effect({ kind: "detach", versionId: version.id, label }, because);
}

type IdentifiedKey = HeldKey & { readonly keyId: string; readonly account: string };

/** A version is retired only through the provider and the account that it names. */
function identifiedKey(version: Version, policy: Policy): IdentifiedKey | Decision {
  const key = keyOf(version);
  const about = { versionId: version.id };
  if (key === undefined) return alarm(`it cannot be read, and so is held: ${whyUnreadable(version)}`, about);
  const { keyId, provider, account } = key;
  if (keyId === undefined || provider === undefined || account === undefined) {
    return alarm(
      "its id at the provider is not known. Revoke it by hand in the vendor's console, and then take the version's " +
        "dualkey:live label off",
      about,
    );
  }
  const isOfPolicy = provider === policy.provider.id && (policy.provider.account ?? account) === account;
  if (isOfPolicy) return { ...key, keyId, account };
  return alarm(
    `key ${keyId} was made by account ${account} of ${provider}, and the policy has changed since. ` +
      "Set the policy back until it is revoked, or retire it by hand",
    { ...about, keyId },
  );
}

function whyUnreadable({ content }: Version): string {
  return content.kind === "unreadable" ? content.because : "its value is empty";
}

interface Listed {
  readonly version: Version;
  readonly key: IdentifiedKey;
  readonly itself: ListedKey;
  readonly credential: Credential;
  readonly replacedAt: number;
}

/** The provider still lists the key: it goes when nobody uses it, and when no run can still be about to promote it. */
function revokeListed(observation: Observation, it: Listed, policy: Policy, now: number): Decision {
  const { version, key, credential } = it;
  const about = { versionId: version.id, keyId: key.keyId };
  if (observation.run.revoked.includes(key.keyId)) {
    return hold("it is revoked, and the provider's list still shows it", about);
  }
  const condemnedAt = condemnedAtMs(version);
  const fenceEndsAt = (condemnedAt ?? 0) + observation.run.fenceMs;
  if (condemnedAt !== undefined && now < fenceEndsAt) {
    return hold("a run that started earlier may still be about to promote it", {
      ...about,
      untilMs: fenceEndsAt,
    });
  }
  const obstacle = obstacleToRevoke(observation, it, policy, now);
  if (obstacle) return obstacle;
  if (condemnedAt === undefined) {
    const label = { kind: "condemned", v8: version.v8, atMs: now } as const;
    return effect(
      { kind: "attach", versionId: version.id, label },
      "consumers have moved: a revoke is coming",
    );
  }
  return effect(
    { kind: "revoke-key", keyId: key.keyId, with: credential.version.id },
    "consumers have moved, and no run can still promote it",
  );
}

/** P3: no revoke without evidence. P1: none either, unless the current key works at this moment. */
function obstacleToRevoke(
  observation: Observation,
  it: Listed,
  policy: Policy,
  now: number,
): Decision | undefined {
  const { version, key, itself, credential, replacedAt } = it;
  const current = credential.key.keyId;
  if (current === undefined) return alarm("the current key's id is not known", { versionId: version.id });
  for (const [versionId, keyId] of [
    [version.id, key.keyId],
    [credential.version.id, current],
  ] as const) {
    if (observation.uses[versionId] === undefined) {
      return look({ kind: "use", versionId, keyId, sinceMs: replacedAt, with: credential.version.id });
    }
  }
  const [replaced, ofCurrent] = [observation.uses[version.id], observation.uses[credential.version.id]];
  if (replaced === undefined || ofCurrent === undefined) return undefined;
  const use = { replaced, current: ofCurrent, replacedLastUsedAtMs: itself.lastUsedAtMs };
  const held = holdFor(judgeUse(use, policy, now), { version, keyId: key.keyId, replacedAt }, policy, now);
  if (held) return held;

  const control = observation.probes[credential.version.id];
  if (control === undefined) return look({ kind: "probe", versionId: credential.version.id });
  if (control.kind === "accepted") return undefined;
  return alarm(`the current key is not accepted: ${control.because}`, { versionId: credential.version.id });
}

/** What a verdict means: only the policy's own words let an unknown pass, and nothing lets a use pass. */
function holdFor(
  verdict: Verdict,
  it: { version: Version; keyId: string; replacedAt: number },
  policy: Policy,
  now: number,
): Decision | undefined {
  if (verdict.kind === "moved") return undefined;
  const isOverdue = now >= it.replacedAt + policy.maxOverlapSeconds * 1000;
  if (verdict.kind !== "in-use" && isOverdue && policy.atMaxOverlap === "revoke") return undefined;
  const about = { versionId: it.version.id, keyId: it.keyId };
  const when = verdict.kind === "in-use" ? { untilMs: verdict.quietAtMs } : {};
  return waitFor([{ because: verdict.because, ...about, ...when, alarm: isOverdue }]);
}

interface Absent {
  readonly version: Version;
  readonly key: IdentifiedKey;
  readonly listed: KeyList;
  readonly credential: Credential;
}

/**
 * P4: a key is forgotten when its own account does not list it, and a control pair agrees: it is rejected while the
 * current one is accepted. A lone rejection may be a suspended account; a list that is full proves no absence.
 */
function proveDead(observation: Observation, { version, key, listed, credential }: Absent): Decision {
  const about = { versionId: version.id, keyId: key.keyId };
  if (!listed.complete) {
    return alarm("the provider's list is full, and so cannot show that the key is gone", about);
  }
  const pair = [version.id, credential.version.id] as const;
  for (const versionId of pair) {
    if (observation.probes[versionId] === undefined) return look({ kind: "probe", versionId });
  }
  const [old, current] = [observation.probes[pair[0]], observation.probes[pair[1]]];
  if (old?.kind !== "rejected") {
    const answer = old?.kind === "unknown" ? `unknown (${old.because})` : "that it works";
    return alarm(`the provider lists the key no more, and its probe says ${answer}`, about);
  }
  if (current?.kind !== "accepted" || Math.abs(old.atMs - current.atMs) > CONTROL_PAIR_MS) {
    return alarm("the key is rejected, and so is the current one: that proves nothing", about);
  }
  const [label] = labelsOf(version, "live");
  if (label === undefined) return hold("it is not in the ledger", about);
  return effect(
    { kind: "detach", versionId: version.id, label },
    "the key is dead: not listed, and rejected while the current one is accepted",
  );
}
