import { describeError } from "../core/aws/safe-error.ts";
import type { DeadKey } from "../core/incident/records.ts";
import type { Death } from "../core/incident/watch-deaths.ts";
import { callOf, type KeepParts } from "./write-record.ts";

/**
 * Remembers keys that are dead, so that one that turns up years later is known to be. Where that fails the log says so, and
 * nothing else waits for it: the ledger is where keys live.
 */
export async function keepDeaths(
  deaths: readonly Death[],
  about: Pick<DeadKey, "secret" | "provider">,
  parts: KeepParts,
): Promise<void> {
  const { records } = parts.incidents;
  if (records === undefined) return;
  const remembered = deaths.map(async ({ key, sha256s }) => {
    try {
      await records.rememberDead({ ...about, ...key }, sha256s, callOf(parts));
    } catch (error) {
      const facts = { secret: about.secret, versionId: key.versionId, error: describeError(error) };
      parts.telemetry.log("warn", "a dead key could not be remembered", facts);
    }
  });
  await Promise.all(remembered);
}
