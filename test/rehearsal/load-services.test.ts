import { randomUUID } from "node:crypto";
import { GetMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { UpdateServiceCommand } from "@aws-sdk/client-ecs";
import { CreateSecretCommand, PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { describe, expect, it, vi } from "vitest";
import type { KeyReport } from "../../client/report-line.ts";
import { ClientService } from "../../rehearsal/load/client-service.ts";
import { EcsLoginService } from "../../rehearsal/load/ecs-service.ts";
import type { SendCode } from "../../rehearsal/load/instance.ts";
import { LoginService } from "../../rehearsal/load/login-service.ts";
import { startConsumerWorld } from "./aws/consumer-world.ts";

const NAME = "prod/otp/startmessaging";
const PHONE = "+917000000001";

/** A secret with a first key, a vendor that accepts the keys in `good`, and what services report. */
async function aPlace() {
  const world = await startConsumerWorld();
  const { secrets } = world;
  const first = randomUUID();
  const SecretString = JSON.stringify({ apiKey: "first" });
  await secrets.send(new CreateSecretCommand({ Name: NAME, SecretString, ClientRequestToken: first }));
  const good = new Set(["first"]);
  const reported: KeyReport[] = [];
  const send: SendCode = async ({ apiKey = "" }) =>
    good.has(apiKey) ? { ok: true } : { ok: false, because: "HTTP 401" };
  const replace = async (apiKey: string) => {
    const version = randomUUID();
    const value = JSON.stringify({ apiKey });
    await secrets.send(
      new PutSecretValueCommand({ SecretId: NAME, SecretString: value, ClientRequestToken: version }),
    );
    return version;
  };
  const write = (report: KeyReport) => void reported.push(report);
  const base = { secrets, secretId: NAME, send };
  return { world, first, good, reported, replace, write, base };
}

type Place = Awaited<ReturnType<typeof aPlace>>;

function readsOf(world: Place["world"]): number {
  return world.aws.events.all.filter((event) => {
    return event.kind === "call" && event.operation === "GetSecretValue";
  }).length;
}

describe("a service with a cache of its own", () => {
  it("reports its sends and rejections by version, and the version that it holds with a 0", async () => {
    const { first, good, reported, write, base } = await aPlace();
    const reporting = { consumer: "portal", refusal: "HTTP 401", write };
    const service = new LoginService({ ...base, name: "portal-1", cacheMs: 60_000, reporting });
    expect(await service.login(PHONE)).toEqual({ ok: true });
    good.clear();
    expect(await service.login(PHONE)).toEqual({ ok: false, because: "HTTP 401" });
    service.report();
    service.report();
    const by = { secret: NAME, consumer: "portal", version: first };
    expect(reported).toMatchObject([
      { ...by, sends: 1, rejections: 1 },
      { ...by, sends: 0, rejections: 0 },
    ]);
    expect(JSON.stringify(reported)).not.toContain('"first"');
  });

  it("never reads again where its cache has no end", async () => {
    const { first, good, replace, base } = await aPlace();
    const service = new LoginService({ ...base, name: "portal-1", cacheMs: Number.POSITIVE_INFINITY });
    await service.login(PHONE);
    good.clear();
    await replace("second");
    expect(await service.login(PHONE)).toMatchObject({ ok: false });
    expect(service.moves.map(({ versionId }) => versionId)).toEqual([first]);
  });
});

describe("a service that reads its key anew when it is refused", () => {
  const rereading = { cacheMs: 60_000, rereadsAt: "HTTP 401" };

  it("saves the login, counts it, and reports the rejection", async () => {
    const { first, good, reported, replace, write, base } = await aPlace();
    const reporting = { consumer: "portal", refusal: "HTTP 401", write };
    const service = new LoginService({ ...base, ...rereading, name: "portal-1", reporting });
    await service.login(PHONE);
    const second = await replace("second");
    good.clear();
    good.add("second");
    expect(await service.login(PHONE)).toEqual({ ok: true });
    expect(await service.login(PHONE)).toEqual({ ok: true });
    expect(service.saved).toBe(1);
    expect(service.moves.map(({ versionId }) => versionId)).toEqual([first, second]);
    service.report();
    expect(reported).toContainEqual(expect.objectContaining({ version: first, sends: 1, rejections: 1 }));
  });

  it("fails while there is no other key, and does not read for every login", async () => {
    const { world, good, base } = await aPlace();
    const service = new LoginService({ ...base, ...rereading, name: "portal-1" });
    await service.login(PHONE);
    good.clear();
    const readsBefore = readsOf(world);
    const logins = await Promise.all(Array.from({ length: 20 }, () => service.login(PHONE)));
    expect(logins.map(({ ok }) => ok)).not.toContain(true);
    expect(readsOf(world) - readsBefore).toBe(1);
    expect(service.saved).toBe(0);
  });

  it("saves the login where two keys die in a row, within the pause between two looks for one of them", async () => {
    const { first, good, replace, base } = await aPlace();
    const service = new LoginService({ ...base, ...rereading, name: "portal-1" });
    await service.login(PHONE);
    const second = await replace("second");
    good.clear();
    good.add("second");
    expect(await service.login(PHONE)).toEqual({ ok: true });
    const third = await replace("third");
    good.clear();
    good.add("third");
    expect(await service.login(PHONE)).toEqual({ ok: true });
    expect(service.moves.map(({ versionId }) => versionId)).toEqual([first, second, third]);
  });

  it("saves the login where the next key died between its read and its use", async () => {
    const { good, replace, base } = await aPlace();
    const send: SendCode = async (fields, phoneNumber) => {
      if (fields.apiKey === "second") {
        await replace("third");
        good.add("third");
      }
      return base.send(fields, phoneNumber);
    };
    const service = new LoginService({ ...base, ...rereading, send, name: "portal-1" });
    await service.login(PHONE);
    await replace("second");
    good.clear();
    expect(await service.login(PHONE)).toEqual({ ok: true });
    expect(service.saved).toBe(1);
  });

  it("is a task of ECS, too, where it is told to", async () => {
    const { world, first, good, replace, base } = await aPlace();
    const { ecs } = world.aws.consumers;
    const where = { cluster: "rehearsal", service: "billing", rereadsAt: "HTTP 401" };
    const service = new EcsLoginService({ ...base, ...where, ecs, name: "billing" });
    await service.login(PHONE);
    const second = await replace("second");
    good.clear();
    good.add("second");
    expect(await service.login(PHONE)).toEqual({ ok: true });
    expect(service.saved).toBe(1);
    expect(service.instances[0]?.moves.map(({ versionId }) => versionId)).toEqual([first, second]);
  });
});

describe("a service with the client", () => {
  it("saves a login whose key was replaced meanwhile, counts it, and notes its move", async () => {
    const { first, good, reported, replace, write, base } = await aPlace();
    const options = { consumer: "login", cacheSeconds: 60, staleSeconds: 0, refusal: "HTTP 401", write };
    const service = new ClientService({ ...base, ...options, name: "login-1" });
    expect(await service.login(PHONE)).toEqual({ ok: true });
    const second = await replace("second");
    good.clear();
    good.add("second");
    expect(await service.login(PHONE)).toEqual({ ok: true });
    expect(service.saved).toBe(1);
    expect(service.moves.map(({ versionId }) => versionId)).toEqual([first, second]);
    service.report();
    await vi.waitFor(() => expect(reported).toHaveLength(2));
    expect(reported).toContainEqual(
      expect.objectContaining({ version: first, sends: 1, rejections: 1, consumer: "login" }),
    );
  });

  it("fails where there is no other key", async () => {
    const { good, write, base } = await aPlace();
    const options = { consumer: "login", cacheSeconds: 60, staleSeconds: 0, refusal: "HTTP 401", write };
    const service = new ClientService({ ...base, ...options, name: "login-1" });
    good.clear();
    expect(await service.login(PHONE)).toEqual({ ok: false, because: "HTTP 401" });
    expect(service.saved).toBe(0);
  });
});

describe("a service of ECS", () => {
  it("starts a task with a fresh key beside the old one, which goes when the new one takes logins", async () => {
    const { world, first, good, replace, base } = await aPlace();
    const { ecs } = world.aws.consumers;
    const where = { cluster: "rehearsal", service: "billing" };
    const service = new EcsLoginService({ ...base, ...where, ecs, name: "billing" });
    expect(await service.login(PHONE)).toEqual({ ok: true });
    const second = await replace("second");
    good.add("second");
    const forced = new UpdateServiceCommand({ ...where, forceNewDeployment: true });
    await world.ecs.send(forced);
    expect(await service.login(PHONE)).toEqual({ ok: true });
    await vi.waitFor(() => expect(service.instances[1]?.moves).toHaveLength(1));
    expect(service.instances.map(({ endedAtMs }) => endedAtMs)).toEqual([undefined, undefined]);
    world.time.advance(1_500);
    await vi.waitFor(() => expect(service.instances[0]?.endedAtMs).toBeDefined());
    good.delete("first");
    expect(await service.login(PHONE)).toEqual({ ok: true });
    const used = service.instances.map(({ moves }) => moves.map(({ versionId }) => versionId));
    expect(used).toEqual([[first], [second]]);
  });
});

describe("CloudWatch in a rehearsal", () => {
  it("refuses a period that it does not have", async () => {
    const { world } = await aPlace();
    const Metric = { Namespace: "Dualkey/Consumers", MetricName: "Sends", Dimensions: [] };
    const asked = new GetMetricDataCommand({
      StartTime: new Date(world.time.now()),
      EndTime: new Date(world.time.now() + 60_000),
      MetricDataQueries: [{ Id: "q0", MetricStat: { Metric, Period: 7, Stat: "Sum" } }],
    });
    await expect(world.cloudWatch.send(asked)).rejects.toThrow("1, 5, 10 or 30 seconds or whole minutes");
  });
});
