import type { IncidentRecord } from "../../../contract/incident-record.ts";

/** The record of an incident in which one current key leaked and was replaced. */
export function aRecord(changed: Partial<IncidentRecord> = {}): IncidentRecord {
  return {
    version: 1,
    id: "20260414T080000.000Z-all",
    deployment: "keys",
    secret: "prod/otp/startmessaging",
    secretArn: "arn:aws:secretsmanager:ap-south-1:111122223333:secret:prod/otp/startmessaging-a1B2c3",
    environment: "production",
    provider: "startmessaging",
    drill: false,
    mode: "replace-first",
    target: "all",
    startedAt: "2026-04-14T08:00:00.000Z",
    deadlineAt: "2026-04-14T08:01:00.000Z",
    state: "contained",
    containedAt: "2026-04-14T08:00:04.500Z",
    containmentSeconds: 4.5,
    keys: [{ keyId: "key_1", was: "current", state: "revoked", revokedAt: "2026-04-14T08:00:04.500Z" }],
    replacement: {
      versionId: "9ee00000-0000-4000-8000-000000000002",
      keyId: "key_2",
      promotedAt: "2026-04-14T08:00:03.000Z",
    },
    unknownKeys: [],
    exposure: {
      since: "2026-04-01T08:00:00.000Z",
      until: "2026-04-14T08:00:04.500Z",
      sinceIs: "key-birth",
    },
    held: [],
    runs: [],
    effects: [],
    ...changed,
  };
}

/** The id of an incident at a time of that day. */
export function anId(time: string, target = "all"): string {
  return `20260414T${time}.000Z-${target}`;
}
