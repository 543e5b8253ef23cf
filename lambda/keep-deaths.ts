import { describeError } from "../core/aws/safe-error.ts";
import type { DeadKey } from "../core/incident/records.ts";
import type { Death } from "../core/incident/watch-deaths.ts";
import type { IncidentParts } from "./keep-incidents.ts";
import type { Telemetry } from "./telemetry.ts";

interface KeepParts {
  readonly incidents: IncidentParts;
  readonly telemetry: Telemetry;
  readonly signal: AbortSignal;
}

/**
 * Remembers keys that are dead, so that one that turns up years later is known to be. Where that fails the log says so, and
 * nothing else waits for it: the ledger is where keys live.
 */
export async function keepDeaths(
  deaths: readonly Death[],
  about: Pick<DeadKey, "secret" | "provider">,
  { incidents: { records }, telemetry, signal }: KeepParts,
): Promise<void> {
  if (records === undefined) return;
  for (const { key, sha256s } of deaths) {
    try {
      await records.rememberDead({ ...about, ...key }, sha256s, { signal });
    } catch (error) {
      const facts = { secret: about.secret, versionId: key.versionId, error: describeError(error) };
      telemetry.log("warn", "a dead key could not be remembered", facts);
    }
  }
}
