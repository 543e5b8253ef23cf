import type { Access, Current } from "./access.ts";
import { condemnedAtMs, leakOf } from "./ledger.ts";
import type { Decision, Observation } from "./observation.ts";
import type { Version } from "./ports.ts";
import { effect, hold } from "./steps.ts";

/** A key that is retiring, and the one that has replaced it. */
export interface Retiring {
  readonly version: Version;
  readonly access: Access & { readonly current: Current };
  readonly replacedAt: number;
}

/** Says that the key's end is coming: from now on nobody promotes it. */
export function condemn(version: Version, because: string, now: number): Decision {
  const label = { kind: "condemned", v8: version.v8, atMs: now } as const;
  return effect({ kind: "attach", versionId: version.id, label }, because);
}

/** What a run that started earlier may still do to the key is over one fence after it was condemned. */
export function waitToForget(
  { run, secret }: Observation,
  version: Version,
  now: number,
  because = "it does not work: no run may bring it back",
): Decision | undefined {
  const givenUpAt = condemnedAtMs(version) ?? leakOf(version, secret)?.atMs;
  if (givenUpAt === undefined) return condemn(version, because, now);
  const fenceEndsAt = givenUpAt + run.fenceMs;
  if (now >= fenceEndsAt) return undefined;
  return hold("a run that started earlier may still be about to use it", {
    versionId: version.id,
    untilMs: fenceEndsAt,
  });
}
