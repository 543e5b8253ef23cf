import type { Current } from "./access.ts";
import { announceEnd } from "./announce.ts";
import { condemnedAtMs, isLeaked, labelsOf, leakOf } from "./ledger.ts";
import type { Decision, Observation } from "./observation.ts";
import type { KeyList, Version } from "./ports.ts";
import { waitToForget } from "./retiring.ts";
import { alarm, effect, type Found, found, hold, look } from "./steps.ts";
import { orphansIn } from "./strays.ts";

/** The two probes of a control pair are at most this far apart. */
const CONTROL_PAIR_MS = 60_000;

/** A key that its account does not list. */
export interface Absent {
  readonly version: Version;
  readonly keyId: string;
  readonly listed: KeyList;
  readonly current: Current;
}

/**
 * P4: a key is forgotten when its own account does not list it, and a control pair agrees: it is rejected while the
 * current one is accepted. A lone rejection may be a suspended account; a list that is full proves no absence.
 */
export function proveDead(
  observation: Observation,
  { version, keyId, listed, current }: Absent,
  now: number,
): Decision {
  const about = { versionId: version.id, keyId };
  if (!listed.complete) {
    return alarm("the provider's list is full, and so cannot show that the key is gone", about);
  }
  // Where the client has the value, whoever holds the secret open may register it again: no proof before the fence.
  if (observation.run.capabilities.source === "client") {
    const early = waitToForget(observation, version, now);
    if (early) return early;
  }
  const old = observation.probes[version.id];
  if (old === undefined) return look({ kind: "probe", versionId: version.id });
  if (old.kind !== "rejected") {
    const answer = old.kind === "unknown" ? `unknown (${old.because})` : "that it works";
    const because = `the provider lists the key no more, and its probe says ${answer}`;
    return isPropagating(observation, version, now) ? hold(because, about) : alarm(because, about);
  }
  // After a rollback no other label may be young: this one is what makes the clock look, until no lost key is left (ADR 3).
  // (A leak has a label of its own that does so.)
  const isWaited = !isLeaked(version, observation.secret) && orphansIn(listed.keys, observation).length > 0;
  if (isWaited) return hold("a lost key is waited for", about);
  return forgetProven(observation, { version, current }, now);
}

/** Takes `live` off where the control pair proves that the key is dead. */
export function forgetProven(
  observation: Observation,
  { version, current }: { readonly version: Version; readonly current: Current },
  now: number,
): Decision {
  const about = { versionId: version.id };
  const pair = isProvenPair(observation, version, current);
  if (pair.kind !== "found") return pair;
  if (!pair.value) return alarm("the key is rejected, and so is the current one: that proves nothing", about);
  const [label] = labelsOf(version, "live");
  if (label === undefined) return hold("it is not in the ledger", about);
  const told = announceEnd(observation, version, now);
  if (told) return told;
  return effect(
    { kind: "detach", versionId: version.id, label },
    `the key is dead: ${observation.run.capabilities.list ? "not listed, and " : ""}rejected while the current one is accepted`,
  );
}

/** The control pair: whether the old key is rejected while the current one is accepted, in the same minute. */
export function isProvenPair(observation: Observation, version: Version, current: Current): Found<boolean> {
  const ids = [version.id, current.version.id] as const;
  for (const versionId of ids) {
    if (observation.probes[versionId] === undefined) return look({ kind: "probe", versionId });
  }
  const [old, control] = [observation.probes[ids[0]], observation.probes[ids[1]]];
  if (old?.kind !== "rejected" || control?.kind !== "accepted") return found(false);
  return found(Math.abs(old.atMs - control.atMs) <= CONTROL_PAIR_MS);
}

/** A vendor that says that a revoke takes its time has it: after that, a person should know. */
function isPropagating({ run, secret }: Observation, version: Version, now: number): boolean {
  const { propagationSeconds } = run.capabilities;
  const givenUpAt = condemnedAtMs(version) ?? leakOf(version, secret)?.deadlineMs;
  if (propagationSeconds === undefined) return false;
  return givenUpAt !== undefined && now < givenUpAt + 2 * run.fenceMs + propagationSeconds * 1000;
}
