import { describe, expect, it } from "vitest";
import { OutcomeUnknownError, ProviderUnavailableError } from "../../../contract/errors.ts";
import { IncidentEventDetail } from "../../../contract/events.ts";
import type { IncidentRecord } from "../../../contract/incident-record.ts";
import type { ReviewFinding, SendReview } from "../../../contract/send-review.ts";
import { createIncidentAnnouncer } from "../../../core/aws/incident-announcer.ts";
import { startConsumerWorld } from "../../rehearsal/aws/consumer-world.ts";
import { aRecord } from "./a-record.ts";
import { aCall, failureOf } from "./a-secret.ts";

async function anAnnouncer() {
  const world = await startConsumerWorld();
  const { announceIncident } = createIncidentAnnouncer({ eventBridge: world.eventBridge });
  return { world, announceIncident, bus: world.aws.consumers.bus };
}

const RANGE = { since: "2026-04-14T07:00:00.000Z", until: "2026-04-14T08:00:00.000Z" };

function aFinding(rank: number): ReviewFinding {
  const numbers = ["+9198•••••210"];
  return {
    rank,
    kind: "volume",
    severity: "alarm",
    count: 9,
    expected: 1,
    ...RANGE,
    numbers,
    reason: `reason ${rank}`,
  };
}

function aReview(findings: ReviewFinding[]): SendReview {
  return {
    window: RANGE,
    sends: 100,
    suspect: { sends: 9 },
    countries: [],
    findings,
    moreFindings: 7,
    peaks: [],
    coverage: { kind: "complete" },
  };
}

describe("an event about an incident", () => {
  it("says whose keys have leaked, how they stand, and what is current now", async () => {
    const { announceIncident, bus } = await anAnnouncer();
    const record = aRecord();
    await announceIncident(record, aCall());
    expect(bus.all).toMatchObject([
      { source: "dualkey", "detail-type": "LeakResponse", resources: [record.secretArn] },
    ]);
    expect(bus.all[0]?.detail).toEqual({
      version: 1,
      deployment: "keys",
      secret: "prod/otp/startmessaging",
      secretArn: record.secretArn,
      environment: "production",
      provider: "startmessaging",
      incident: "20260414T080000.000Z-all",
      state: "contained",
      drill: false,
      mode: "replace-first",
      startedAt: "2026-04-14T08:00:00.000Z",
      containedAt: "2026-04-14T08:00:04.500Z",
      containmentSeconds: 4.5,
      keys: [{ keyId: "key_1", was: "current", state: "revoked" }],
      replacement: {
        versionId: "9ee00000-0000-4000-8000-000000000002",
        keyId: "key_2",
        promotedAt: "2026-04-14T08:00:03.000Z",
      },
    });
  });

  it("has the count of the findings and the reasons of the worst three, and no numbers", async () => {
    const { announceIncident, bus } = await anAnnouncer();
    const findings = [4, 2, 5, 1, 3].map(aFinding);
    await announceIncident(aRecord({ review: aReview(findings) }), aCall());
    expect(bus.all[0]?.detail.findings).toEqual({
      count: 12,
      worst: ["reason 1", "reason 2", "reason 3"],
    });
    expect(JSON.stringify(bus.all)).not.toContain("+9198");
  });

  it.each<[string, Partial<IncidentRecord>]>([
    [
      "that has just begun",
      { state: "open", containedAt: undefined, containmentSeconds: undefined, replacement: undefined },
    ],
    ["whose keys have no ids", { keys: [{ was: "unheld", state: "alive" }] }],
    ["that a newer version has recorded more of", { severity: 1 } as object],
    ["that is reviewed", { review: aReview([aFinding(1)]) }],
  ])("is of the published schema, with nothing more in it: one %s", async (_, changed) => {
    const { announceIncident, bus } = await anAnnouncer();
    await announceIncident(aRecord(changed), aCall());
    expect(() => IncidentEventDetail.parse(bus.all[0]?.detail)).not.toThrow();
  });

  it("is an error where it is not taken, or may not have been", async () => {
    const { world, announceIncident, bus } = await anAnnouncer();
    bus.refuse("InternalFailure");
    const error = await failureOf(announceIncident(aRecord(), aCall()));
    expect(error).toBeInstanceOf(ProviderUnavailableError);
    expect(error.message).toMatch(/^prod\/otp\/startmessaging: LeakResponse: .*got InternalFailure/);
    bus.refuse();
    world.aws.setHooks({ onRequest: () => "drop-after" });
    expect(await failureOf(announceIncident(aRecord(), aCall()))).toBeInstanceOf(OutcomeUnknownError);
  });
});
