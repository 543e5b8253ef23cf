import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { INCIDENT_EVENT_TYPE, type IncidentEventDetail, MAX_TOLD_FINDINGS } from "../../contract/events.ts";
import type { IncidentRecord } from "../../contract/incident-record.ts";
import type { Call } from "../cutover/call.ts";
import { putEvent } from "./_put-event.ts";

/** Where incidents are told. */
export interface IncidentAnnouncer {
  /**
   * Tells how an incident stands, as its record has it.
   *
   * @throws ProviderUnavailableError where the bus did not take the event, OutcomeUnknownError where no answer came
   */
  announceIncident(record: IncidentRecord, call: Call): Promise<void>;
}

/**
 * Puts how incidents stand on the account's default bus of EventBridge (`docs/events.md`). Permission: `events:PutEvents` on
 * the default bus.
 */
export function createIncidentAnnouncer({
  eventBridge,
}: {
  readonly eventBridge: EventBridgeClient;
}): IncidentAnnouncer {
  return {
    announceIncident: (record, call) =>
      putEvent(eventBridge, { type: INCIDENT_EVENT_TYPE, detail: detailOf(record) }, call),
  };
}

/** Names the fields one by one: the record has more, and may have what this version does not know. */
function detailOf(record: IncidentRecord): IncidentEventDetail {
  const { deployment, secret, secretArn, environment, provider, id, state, drill, mode, startedAt } = record;
  const { containedAt, containmentSeconds, replacement, review } = record;
  return {
    version: 1,
    deployment,
    secret,
    secretArn,
    environment,
    provider,
    incident: id,
    state,
    drill,
    mode,
    startedAt,
    containedAt,
    containmentSeconds,
    keys: record.keys.map(({ keyId, was, state: keyState }) => ({ keyId, was, state: keyState })),
    replacement: replacement && {
      versionId: replacement.versionId,
      keyId: replacement.keyId,
      promotedAt: replacement.promotedAt,
    },
    findings: review && {
      count: review.findings.length + review.moreFindings,
      worst: review.findings
        .toSorted((one, other) => one.rank - other.rank)
        .slice(0, MAX_TOLD_FINDINGS)
        .map(({ reason }) => reason),
    },
  };
}
