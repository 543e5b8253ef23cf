import type { Observation, ProbeLook } from "../cutover/observation.ts";
import type { JournalEntry } from "../run.ts";

/** An observation, and what it shows that none before it did. */
export interface Shown {
  readonly observation: Observation;
  readonly nowMs: number;
  /** When this run's revocations were answered, by the key's id. */
  readonly revocations: ReadonlyMap<string, { readonly atMs: number; readonly isNew: boolean }>;
  isNew(probe: ProbeLook): boolean;
}

/**
 * Tells news from what is still known: an observation may hold the answer of a probe from before a revocation, and knows of
 * all revocations of its run, also of one after which the key was seen to work.
 */
export interface NewsWatch {
  record(entry: JournalEntry): void;
  see(observation: Observation): Shown;
}

/** Makes a watch for one run. @param now milliseconds since the epoch */
export function watchNews(now: () => number): NewsWatch {
  const answeredAtMs = new Map<string, number>();
  const toldRevocations = new Set<string>();
  const toldProbes = new WeakSet<ProbeLook>();
  return {
    record: ({ effect, outcome, keyId }) => {
      if (effect === "revoke-key" && outcome === "applied" && keyId !== undefined)
        answeredAtMs.set(keyId, now());
    },
    see: (observation) => {
      const nowMs = now();
      const revocations = new Map(
        observation.run.revoked.map((id) => {
          return [id, { atMs: answeredAtMs.get(id) ?? nowMs, isNew: !toldRevocations.has(id) }];
        }),
      );
      const fresh = new Set(Object.values(observation.probes).filter((probe) => !toldProbes.has(probe)));
      for (const id of observation.run.revoked) toldRevocations.add(id);
      for (const probe of fresh) toldProbes.add(probe);
      return { observation, nowMs, revocations, isNew: (probe) => fresh.has(probe) };
    },
  };
}
