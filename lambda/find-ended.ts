import type { IncidentRecord } from "../contract/incident-record.ts";
import type { LeakRequest } from "../contract/requests.ts";
import { describeError } from "../core/aws/safe-error.ts";
import { nameOfSecret } from "../core/aws/secret-name.ts";
import type { GoalParts } from "./run-goal.ts";
import { callOf } from "./write-record.ts";

/** How far apart the clocks of who asks and of who answers may be. */
const SKEW_MS = 5_000;

/** So many of a secret's incidents are looked at, the newest first. */
const MOST_LOOKED_AT = 5;

/**
 * Finds the incident that a request began, where the clock has ended it since: its label may be off, and only its record
 * tells the repeat of a request from a new leak. Nothing where it is not over, or where no record can be read.
 */
export async function findEnded(
  { secret, which, drill }: LeakRequest,
  requestedAtMs: number,
  parts: GoalParts,
): Promise<IncidentRecord | undefined> {
  const { incidents, telemetry } = parts;
  const name = nameOfSecret(secret);
  try {
    const ids = (await incidents.records?.listIncidents({ secret: name }, callOf(parts))) ?? [];
    for (const id of ids.slice(0, MOST_LOOKED_AT)) {
      const stored = await incidents.records?.readIncident({ secret: name, id }, callOf(parts));
      const { record } = stored ?? {};
      const isIts = record?.target === which && record.drill === (drill === true);
      if (isIts && Date.parse(record.startedAt) >= requestedAtMs - SKEW_MS) {
        return record.state === "closed" ? record : undefined;
      }
    }
  } catch (error) {
    telemetry.log("warn", "the records could not be asked", { secret: name, error: describeError(error) });
  }
  return undefined;
}
