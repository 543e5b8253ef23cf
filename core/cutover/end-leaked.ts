import type { Policy } from "../../contract/policy.ts";
import { type Access, isListedGone, listedKeys } from "./access.ts";
import { cleanBeside, keyOf, leakOf, youngestFirst } from "./ledger.ts";
import type { Decision, Observation } from "./observation.ts";
import type { Version } from "./ports.ts";
import { holdForOwner } from "./retire.ts";
import { alarm, effect, type Found, found, look } from "./steps.ts";

/** What a leak response goes by, besides what it sees. */
export interface Response {
  /** The clock comes back again and again: it revokes what is listed, and not what another run has revoked. */
  readonly isClock?: boolean;
  readonly access: Access;
  readonly policy: Policy;
  readonly now: number;
}

/** After a call that did not come off, before the next try. */
export const RETRY_MS = 1_000;

/** Waits a moment where a call did not come off; nothing where it can be tried. */
export function pauseAfter(
  { run }: Observation,
  what: string,
  { now }: Pick<Response, "now">,
  about: { readonly versionId?: string } = {},
): Decision | undefined {
  const failed = run.failed[what];
  if (failed === undefined || now >= failed.atMs + RETRY_MS) return undefined;
  return alarm(`it could not be revoked: ${failed.because}`, { ...about, untilMs: failed.atMs + RETRY_MS });
}

/** Revokes a key by its id: at once, or a moment after a try that did not come off. */
export function revokeOrPause(
  observation: Observation,
  key: { readonly keyId: string; readonly with: string },
  { because, ...it }: Pick<Response, "now"> & { readonly because: string },
): Decision {
  return pauseAfter(observation, key.keyId, it) ?? effect({ kind: "revoke-key", ...key }, because);
}

/**
 * Revokes a leaked key, with no evidence asked for and no fence waited for; nothing where this run has done so, or where
 * nobody but a person can. Repeatable: a key that is gone is revoked again by every run until that is proven.
 */
export function killLeaked(observation: Observation, version: Version, it: Response): Decision | undefined {
  const { run } = observation;
  const { capabilities } = run;
  const about = { versionId: version.id };
  if (capabilities.revoke === "by-hand") return undefined;
  const owned = holdForOwner(observation, { version, current: it.access.current }, it.policy);
  if (owned) return owned;
  const key = keyOf(version);
  if (key === undefined) {
    return alarm(
      "it leaked and cannot be read: revoke it in the vendor's console, then take its dualkey:live label off",
      about,
    );
  }
  if (capabilities.revoke === "replace") return undefined;
  const { keyId } = key;
  if (keyId !== undefined) return revokeLeaked(observation, version, { ...it, keyId });
  const itself = identifyLeaked(observation, version, it);
  if (itself?.kind !== "found") return itself;
  return revokeLeaked(observation, version, { ...it, keyId: itself.value });
}

function revokeLeaked(
  observation: Observation,
  version: Version,
  it: Response & { readonly keyId: string },
): Decision | undefined {
  const { keyId } = it;
  if (observation.run.revoked.includes(keyId)) return undefined;
  const gone = it.isClock ? isGone(observation, it) : undefined;
  if (gone) return gone.kind === "found" ? undefined : gone;
  const credential = credentialToEnd(observation, version, it);
  if (credential === undefined) return undefined;
  const settings = keepSettings(observation, version, it);
  if (settings) return settings;
  const about = { versionId: version.id };
  const early = pauseAfter(observation, keyId, it, about) ?? lookSinceMark(observation, version);
  const { account } = keyOf(version) ?? {};
  const known = account === undefined ? {} : { account };
  return early ?? effect({ kind: "revoke-key", keyId, with: credential, ...known }, "it leaked");
}

/** Whether the list shows that another run has revoked it; nothing where the list does not say. */
function isGone(
  observation: Observation,
  { keyId, access }: Response & { readonly keyId: string },
): Found<true> | undefined {
  const { list, run } = observation;
  if (!run.capabilities.list) return undefined;
  if (list === undefined) return look({ kind: "list", with: access.with });
  return isListedGone(observation, keyId) ? found(true) : undefined;
}

/**
 * P1: a key that may be promoted is revoked after a look that is younger than the leak's mark. Whoever looks after the mark
 * promotes it no more; whoever did so before is seen.
 */
function lookSinceMark({ run, secret }: Observation, version: Version): Decision | undefined {
  // This run's own move says the same of the key that AWSCURRENT has left: it was a compare-and-swap.
  if (version.isCurrent || run.left.includes(version.id)) return undefined;
  if (run.markedAtMs === undefined || secret.readAtMs >= run.markedAtMs) return undefined;
  const isGivenUp = version.labels.some(({ kind }) => kind === "condemned" || kind === "rejected");
  return isGivenUp ? undefined : look({ kind: "secret" });
}

/**
 * The current key ends with a clean, accepted one's credential; any other is revoked with it, whatever its labels say. Past
 * the deadline, those of which nobody can tell whether they are accepted are tried, the youngest first: the answer says so.
 */
function credentialToEnd(
  observation: Observation,
  version: Version,
  { access, now }: Response,
): string | undefined {
  const { run, secret, probes } = observation;
  if (run.capabilities.credential !== "self" || !version.isCurrent) return access.with;
  const clean = cleanBeside(version, secret);
  const accepted = clean.find(({ id }) => probes[id]?.kind === "accepted");
  const isOverdue = now >= (leakOf(version, secret)?.deadlineMs ?? Number.POSITIVE_INFINITY);
  if (accepted || !isOverdue) return accepted?.id;
  const untold = clean.filter(
    (any) => probes[any.id]?.kind === "unknown" && isKnown(observation, any, { now }),
  );
  return youngestFirst(untold)[0]?.id;
}

/** For so long a key that was refused is not tried again: it may be too new to be known everywhere. Milliseconds. */
const REFUSED_FOR_MS = 30_000;

/**
 * Whether the provider may know a key, and has not just said no to it: one that the client has chosen has to be registered.
 */
export function isKnown(
  { run }: Observation,
  { id, content }: Version,
  { now }: Pick<Response, "now">,
): boolean {
  const refusedAtMs = run.unfit[id];
  if (refusedAtMs !== undefined && now < refusedAtMs + REFUSED_FOR_MS) return false;
  const hasId = content.kind === "key" && content.key.keyId !== undefined;
  const isTried = run.registered?.versionId === id || run.failed[id] !== undefined;
  return run.capabilities.source !== "client" || hasId || isTried;
}

/** Where a key's settings go with it, they are read before: the next one must have them. */
function keepSettings(
  { run, settings }: Observation,
  version: Version,
  { keyId, access }: Response & { readonly keyId: string },
): Decision | undefined {
  const { carriedOver, revoke } = run.capabilities;
  if (!version.isCurrent || carriedOver.length === 0 || revoke !== "delete") return undefined;
  if (settings[keyId] !== undefined || run.carried?.keyId === keyId) return undefined;
  return look({ kind: "settings", keyId, with: access.with });
}

/** Which key it is, the provider's list may tell; where it cannot, a person has to. */
function identifyLeaked(observation: Observation, version: Version, it: Response): Found<string> | undefined {
  const { run } = observation;
  if (!run.capabilities.list) return undefined;
  if (run.capabilities.source === "client") return undefined; // its proof says whether it was ever registered
  const listed = listedKeys(observation, it.access, it.policy);
  if (listed.kind !== "found") return listed;
  const key = keyOf(version);
  const itself = key && listed.value.keys.find((any) => any.is(key.fields) === true);
  if (itself) return found(itself.id);
  const isTold =
    key && listed.value.complete && listed.value.keys.every((any) => any.is(key.fields) === false);
  if (isTold) return undefined; // it is gone
  return alarm(
    "it leaked, and which of the listed keys it is cannot be told: revoke it in the vendor's console",
    { versionId: version.id },
  );
}
