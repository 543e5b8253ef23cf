import type { IncidentRecord } from "../contract/incident-record.ts";
import type { LeakRequest } from "../contract/requests.ts";
import { describeError } from "../core/aws/safe-error.ts";
import { nameOfSecret } from "../core/aws/secret-name.ts";
import { SKEW_MS } from "../core/leak-target.ts";
import { latestRecords } from "./find-record.ts";
import type { GoalParts } from "./run-goal.ts";

/** Keys may be alive: so much time is spent on records before anything is done, in all. */
const PATIENCE_MS = 3_000;

/**
 * Finds the incident that a request began, where the clock has ended it since: its label may be off, and only its record
 * tells the repeat of a request from a new leak. Nothing where it is not over, or where no record can be read: then the leak
 * is answered anew, which replaces one key more, and spares none that leaked.
 */
export async function findEnded(
  { secret, which, drill }: LeakRequest,
  requestedAtMs: number,
  { incidents: { records, timeout = AbortSignal.timeout.bind(AbortSignal) }, signal, telemetry }: GoalParts,
): Promise<IncidentRecord | undefined> {
  if (records === undefined) return undefined;
  const name = nameOfSecret(secret);
  const call = { signal: AbortSignal.any([signal, timeout(PATIENCE_MS)]) };
  try {
    const latest = await latestRecords(records, name, () => call);
    const own = latest.find(({ record }) => {
      const isIts = record.target === which && record.drill === (drill === true);
      return isIts && Date.parse(record.startedAt) >= requestedAtMs - SKEW_MS;
    });
    return own?.record.state === "closed" ? own.record : undefined;
  } catch (error) {
    telemetry.log("warn", "the records could not be asked", { secret: name, error: describeError(error) });
    return undefined;
  }
}
