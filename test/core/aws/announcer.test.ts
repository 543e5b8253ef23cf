import { mockClient } from "aws-sdk-client-mock";
import { describe, expect, it } from "vitest";
import {
  OutcomeUnknownError,
  ProviderRejectedError,
  ProviderUnavailableError,
} from "../../../contract/errors.ts";
import { type KeyEvent, KeyEventDetail } from "../../../contract/events.ts";
import { createAnnouncer } from "../../../core/aws/announcer.ts";
import { startConsumerWorld } from "../../rehearsal/aws/consumer-world.ts";
import { createOtp } from "../../rehearsal/aws/world.ts";
import { ARN, aCall, awsError, failureOf, NAME, NEW, OLD } from "./a-secret.ts";

const PROMOTED: KeyEvent = {
  type: "KeyPromoted",
  detail: {
    versionId: NEW,
    keyId: "key_2",
    otherVersionId: OLD,
    because: "the provider accepts it",
    atMs: Date.parse("2026-04-14T08:00:00.000Z"),
  },
};

async function anAnnouncer(secretId = ARN) {
  const world = await startConsumerWorld();
  const announcer = createAnnouncer({
    eventBridge: world.eventBridge,
    secretsManager: world.secrets,
    secretId,
    deployment: "keys",
    environment: "production",
    provider: "startmessaging",
  });
  return { world, announcer, bus: world.aws.consumers.bus };
}

describe("an event", () => {
  it("says whose key it is about, and never what the key is", async () => {
    const { announcer, bus } = await anAnnouncer();
    await announcer.announce(PROMOTED, aCall());
    expect(bus.all).toMatchObject([
      {
        source: "dualkey",
        "detail-type": "KeyPromoted",
        resources: [ARN],
        time: "2026-04-14T08:00:00Z",
        detail: {
          version: 1,
          deployment: "keys",
          secret: NAME,
          secretArn: ARN,
          environment: "production",
          provider: "startmessaging",
          versionId: NEW,
          keyId: "key_2",
          otherVersionId: OLD,
          at: "2026-04-14T08:00:00.000Z",
          because: "the provider accepts it",
        },
      },
    ]);
  });

  it("is of the published schema, with nothing more in it", async () => {
    const { announcer, bus } = await anAnnouncer();
    await announcer.announce(PROMOTED, aCall());
    const { atMs, versionId, because } = PROMOTED.detail;
    await announcer.announce({ type: "KeyRetired", detail: { atMs, versionId, because } }, aCall());
    expect(bus.all.map(({ detail }) => KeyEventDetail.parse(detail).versionId)).toEqual([NEW, NEW]);
  });

  it("bears the secret's ARN where an operator has named the secret by its name", async () => {
    const { world, announcer, bus } = await anAnnouncer("otp");
    const arn = await createOtp(world);
    await announcer.announce(PROMOTED, aCall());
    expect(bus.all[0]).toMatchObject({ resources: [arn], detail: { secret: "otp", secretArn: arn } });
  });
});

describe("an event that is not taken", () => {
  it("is an error, although the call succeeds", async () => {
    const { announcer, bus } = await anAnnouncer();
    bus.refuse("InternalFailure");
    const error = await failureOf(announcer.announce(PROMOTED, aCall()));
    expect(error).toBeInstanceOf(ProviderUnavailableError);
    expect(error.message).toBe(
      `${NAME}: KeyPromoted: the event was not taken by the default bus, got InternalFailure. Repeat it later.`,
    );
    bus.refuse();
    await announcer.announce(PROMOTED, aCall());
    expect(bus.all).toHaveLength(1);
  });

  it("may have been taken where no answer came", async () => {
    const { world, announcer, bus } = await anAnnouncer();
    world.aws.setHooks({ onRequest: () => "drop-after" });
    expect(await failureOf(announcer.announce(PROMOTED, aCall()))).toBeInstanceOf(OutcomeUnknownError);
    expect(bus.all).toHaveLength(1);
  });

  it("is refused with the permission that is missing", async () => {
    const { world, announcer } = await anAnnouncer();
    mockClient(world.eventBridge).rejects(awsError("AccessDeniedException"));
    const error = await failureOf(announcer.announce(PROMOTED, aCall()));
    expect(error).toBeInstanceOf(ProviderRejectedError);
    expect(error.message).toContain("Allow events:PutEvents to the function's role.");
  });

  it("is not sent where the run is out of time", async () => {
    const { announcer, bus } = await anAnnouncer();
    const error = await failureOf(announcer.announce(PROMOTED, { signal: AbortSignal.abort() }));
    expect(error).toBeInstanceOf(ProviderUnavailableError);
    expect(bus.all).toEqual([]);
  });
});
