import type { Policy } from "../../contract/policy.ts";
import { identifyRetiring } from "./adopt.ts";
import { type Credential, listedKeys } from "./credential.ts";
import { judgeUse, type Verdict } from "./evidence.ts";
import { condemnedAtMs, keyOf } from "./ledger.ts";
import type { Decision, Observation } from "./observation.ts";
import type { ListedKey, Version } from "./ports.ts";
import { proveDead } from "./prove-dead.ts";
import { alarm, effect, type Found, found, hold, look, waitFor } from "./steps.ts";
import { lastReplacedAt, twinOf, yieldTo } from "./twins.ts";

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
  if (key.kind !== "found") return key;
  const listed = listedKeys(observation, credential, policy);
  if (listed.kind !== "found") return listed;
  const { keyId, account } = key.value;
  if (listed.value.account !== account) {
    return alarm(
      `key ${keyId} belongs to account ${account}, and the current key to ${listed.value.account}: only its own ` +
        "account can revoke it and show that it is gone. Put a key of that account back, or retire it by hand",
      { ...about, keyId },
    );
  }
  const itself = listed.value.keys.find(({ id }) => id === keyId);
  if (itself === undefined)
    return proveDead(observation, { version, keyId, listed: listed.value, credential });
  return revokeListed(observation, { version, keyId, itself, credential, replacedAt }, policy, now);
}

/** A version is retired only through the provider and the account that it names. */
function identifiedKey(version: Version, policy: Policy): Found<{ keyId: string; account: string }> {
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
  if (isOfPolicy) return found({ keyId, account });
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
  readonly keyId: string;
  readonly itself: ListedKey;
  readonly credential: Credential;
  readonly replacedAt: number;
}

/** The provider still lists the key: it goes when nobody uses it, and when no run can still be about to promote it. */
function revokeListed(observation: Observation, it: Listed, policy: Policy, now: number): Decision {
  const { version, keyId, credential } = it;
  const about = { versionId: version.id, keyId };
  if (observation.run.revoked.includes(keyId)) {
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
    { kind: "revoke-key", keyId, with: credential.version.id },
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
  const { version, keyId, itself, credential, replacedAt } = it;
  const current = credential.key.keyId;
  if (current === undefined) return alarm("the current key's id is not known", { versionId: version.id });
  const query = { sinceMs: replacedAt, with: credential.version.id };
  const replaced = observation.uses[version.id];
  if (replaced === undefined) return look({ kind: "use", versionId: version.id, keyId, ...query });
  const ofCurrent = observation.uses[credential.version.id];
  if (ofCurrent === undefined) {
    return look({ kind: "use", versionId: credential.version.id, keyId: current, ...query });
  }
  const use = { replaced, current: ofCurrent, replacedLastUsedAtMs: itself.lastUsedAtMs };
  const held = holdFor(judgeUse(use, policy, now), { version, keyId, replacedAt }, policy, now);
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
