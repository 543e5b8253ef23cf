import type { Credential } from "./credential.ts";
import { labelsOf } from "./ledger.ts";
import type { Decision, Observation } from "./observation.ts";
import type { KeyList, Version } from "./ports.ts";
import { alarm, effect, hold, look } from "./steps.ts";

/** The two probes of a control pair are at most this far apart. */
const CONTROL_PAIR_MS = 60_000;

/** A key that its account does not list. */
export interface Absent {
  readonly version: Version;
  readonly keyId: string;
  readonly listed: KeyList;
  readonly credential: Credential;
}

/**
 * P4: a key is forgotten when its own account does not list it, and a control pair agrees: it is rejected while the
 * current one is accepted. A lone rejection may be a suspended account; a list that is full proves no absence.
 */
export function proveDead(
  observation: Observation,
  { version, keyId, listed, credential }: Absent,
): Decision {
  const about = { versionId: version.id, keyId };
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
