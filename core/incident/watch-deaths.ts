import { keyOf } from "../cutover/ledger.ts";
import type { Observation } from "../cutover/observation.ts";
import type { Version } from "../cutover/ports.ts";
import { hashesToKeep } from "../leak-target.ts";
import type { Journal } from "../run.ts";
import type { DeadKey } from "./records.ts";

/** A key that has died in a run, and what it is found again by. */
export interface Death {
  readonly key: Omit<DeadKey, "secret" | "provider">;
  readonly sha256s: readonly string[];
}

/** Follows a run, and takes down which keys it has shown to be dead: a revocation alone is no proof (P4). */
export interface DeathWatch extends Required<Journal> {
  deaths(): readonly Death[];
}

/** Makes a watch for one run. @param now milliseconds since the epoch */
export function watchDeaths(now: () => number): DeathWatch {
  const deaths = new Map<string, Death>();
  let versions: Observation["secret"]["versions"] = [];
  return {
    see: ({ secret }) => {
      versions = secret.versions;
    },
    record: ({ effect, outcome, label, versionId }) => {
      if (outcome !== "applied" || effect !== "detach" || label !== "live") return;
      const version = versions.find(({ id }) => id === versionId);
      if (version) deaths.set(version.id, deathOf(version, now()));
    },
    deaths: () => [...deaths.values()],
  };
}

function deathOf(version: Version, diedAtMs: number): Death {
  const { keyId } = keyOf(version) ?? {};
  return {
    key: { versionId: version.id, diedAtMs, ...(keyId === undefined ? {} : { keyId }) },
    sha256s: hashesToKeep(version),
  };
}
