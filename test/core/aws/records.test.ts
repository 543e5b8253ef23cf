import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { describe, expect, it, onTestFinished } from "vitest";
import { ProviderRejectedError, StaleStateError } from "../../../contract/errors.ts";
import { deadIdKey } from "../../../core/aws/_record-keys.ts";
import { createRecords } from "../../../core/aws/records.ts";
import { startWorld } from "../../rehearsal/aws/world.ts";
import { anId, aRecord } from "./a-record.ts";
import { aCall, failureOf } from "./a-secret.ts";

const BUCKET = "dualkey-records-1";
const SECRET = "prod/otp/startmessaging";

/** Records in an embedded S3, over HTTP with the unmodified SDK. */
async function someRecords() {
  const { aws } = await startWorld();
  aws.buckets.createBucket(BUCKET);
  const s3 = new S3Client({ ...aws.clientConfig(), maxAttempts: 1 });
  onTestFinished(() => s3.destroy());
  const records = createRecords({ client: s3, bucket: BUCKET });
  const names = () => [...aws.buckets.objectsIn(BUCKET).keys()];
  return { aws, s3, records, names };
}

describe("the record of an incident", () => {
  it("is read as it was written, by its secret and its id", async () => {
    const { records } = await someRecords();
    const record = aRecord();
    await records.writeIncident(record, {}, aCall());
    const { secret, id } = record;
    expect((await records.readIncident({ secret, id }, aCall()))?.record).toEqual(record);
  });

  it("is not there before it is written, which is no error", async () => {
    const { records } = await someRecords();
    expect(await records.readIncident({ secret: SECRET, id: anId("080000") }, aCall())).toBeUndefined();
  });

  it("is not written over what another run has written first", async () => {
    const { records } = await someRecords();
    await records.writeIncident(aRecord(), {}, aCall());
    const late = failureOf(records.writeIncident(aRecord({ state: "open" }), {}, aCall()));
    expect(await late).toBeInstanceOf(StaleStateError);
    const stored = await records.readIncident(aRecord(), aCall());
    expect(stored?.record.state).toBe("contained");
  });

  it("is written where it still is as it was read, and then has another tag", async () => {
    const { records } = await someRecords();
    await records.writeIncident(aRecord(), {}, aCall());
    const read = await records.readIncident(aRecord(), aCall());
    const tag = read?.tag ?? "";
    await records.writeIncident(aRecord({ state: "closed" }), { tag }, aCall());
    const again = await records.readIncident(aRecord(), aCall());
    expect(again?.record.state).toBe("closed");
    expect(again?.tag).not.toBe(tag);
    const late = failureOf(records.writeIncident(aRecord({ state: "open" }), { tag }, aCall()));
    expect(await late).toBeInstanceOf(StaleStateError);
    expect((await records.readIncident(aRecord(), aCall()))?.record.state).toBe("closed");
  });

  it("is stale where a person has removed it meanwhile", async () => {
    const { records } = await someRecords();
    const tag = '"d41d8cd98f00b204e9800998ecf8427e"';
    expect(await failureOf(records.writeIncident(aRecord(), { tag }, aCall()))).toBeInstanceOf(
      StaleStateError,
    );
  });

  it("of one of two runs that begin it at once wins, and the other looks again", async () => {
    const { records } = await someRecords();
    const both = ["open", "contained"] as const;
    const written = await Promise.allSettled(
      both.map((state) => records.writeIncident(aRecord({ state }), {}, aCall())),
    );
    expect(written.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  });
});

describe("a record that this version did not write", () => {
  async function written(change: (record: Record<string, unknown>) => unknown) {
    const { records, s3, names } = await someRecords();
    await records.writeIncident(aRecord(), {}, aCall());
    const changed = change(structuredClone(aRecord()));
    const Body = typeof changed === "string" ? changed : JSON.stringify(changed);
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: names()[0], Body }));
    return { records, read: records.readIncident(aRecord(), aCall()) };
  }

  it("may have fields that a newer one has added, anywhere, and keeps them when it is written again", async () => {
    const key = { ...aRecord().keys[0], rotatedBy: "a later version" };
    const { records, read } = await written((record) => ({ ...record, severity: 1, keys: [key] }));
    const stored = await read;
    expect(stored?.record).toMatchObject({ severity: 1, keys: [{ rotatedBy: "a later version" }] });
    if (!stored) return;
    await records.writeIncident({ ...stored.record, state: "closed" }, stored, aCall());
    expect((await records.readIncident(aRecord(), aCall()))?.record).toMatchObject({
      state: "closed",
      severity: 1,
    });
  });

  it.each<[string, (record: Record<string, unknown>) => unknown, RegExp]>([
    ["a state that is not known", (record) => ({ ...record, state: "asleep" }), /state: /],
    ["another version of the schema", (record) => ({ ...record, version: 2, new: true }), /version: /],
    ["no keys", ({ keys: _, ...record }) => record, /keys: /],
    ["no JSON", () => "{ half", /it is no JSON/],
  ])("is an error that says what is wrong, and what to do: %s", async (_, change, problem) => {
    const error = await failureOf((await written(change)).read);
    expect(error).toBeInstanceOf(ProviderRejectedError);
    expect(error.message).toMatch(/^prod\/otp\/startmessaging: incident 20260414T080000\.000Z-all: /);
    expect(error.message).toMatch(problem);
    expect(error.message).toMatch(/Update dualkey if a newer version wrote it/);
  });
});

describe("the incidents of a secret", () => {
  it("are listed the newest first, and no other secret's, however its name begins", async () => {
    const { records } = await someRecords();
    const ids = [anId("080000"), anId("080001", "key_1"), anId("235959"), anId("000000", "v.01d00000")];
    for (const id of ids) await records.writeIncident(aRecord({ id }), {}, aCall());
    for (const secret of [`${SECRET}/eu`, `${SECRET}-2`, "prod/otp", "prod"]) {
      await records.writeIncident(aRecord({ secret, id: anId("120000") }), {}, aCall());
    }
    expect(await records.listIncidents({ secret: SECRET }, aCall())).toEqual([
      ids[2],
      ids[1],
      ids[0],
      ids[3],
    ]);
    expect(await records.listIncidents({ secret: "prod/otp" }, aCall())).toEqual([anId("120000")]);
    expect(await records.listIncidents({ secret: "none" }, aCall())).toEqual([]);
  });

  it("come with one call where there are more than a page, and are the newest 100", async () => {
    const { aws, records } = await someRecords();
    const last = Date.parse("2026-04-14T08:00:00.000Z");
    const idOf = (i: number) => `${new Date(last - i * 1000).toISOString().replaceAll(/[-:]/g, "")}-all`;
    for (let i = 129; i >= 0; i -= 1) await records.writeIncident(aRecord({ id: idOf(i) }), {}, aCall());
    const from = aws.events.all.length;
    const ids = await records.listIncidents({ secret: SECRET }, aCall());
    expect(aws.events.all.slice(from)).toHaveLength(1);
    expect(ids).toHaveLength(100);
    expect(ids[0]).toBe("20260414T080000.000Z-all");
    expect(ids[99]).toBe("20260414T075821.000Z-all");
  });

  it("are read on where other secrets' folders fill the page", async () => {
    const { records } = await someRecords();
    for (let i = 0; i < 101; i += 1) {
      const secret = `${SECRET}/${String(i).padStart(3, "0")}`;
      await records.writeIncident(aRecord({ secret }), {}, aCall());
    }
    await records.writeIncident(aRecord(), {}, aCall());
    expect(await records.listIncidents({ secret: SECRET }, aCall())).toEqual([aRecord().id]);
  });

  it("leave out what somebody else has put beside them", async () => {
    const { records, s3 } = await someRecords();
    for (const name of ["notes.txt", "8223948799999-!ZZ.json", "-.json"]) {
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: `incidents/${SECRET}/${name}`, Body: "x" }));
    }
    expect(await records.listIncidents({ secret: SECRET }, aCall())).toEqual([]);
  });
});

describe("a name of a secret, or an id", () => {
  it.each([
    ["a secret with levels of dots alone", "prod/../otp", anId("080000")],
    [
      "a secret that a record could be mistaken for",
      `a/8223948799999-${anId("080000")}.json`,
      anId("080000"),
    ],
    ["a secret with signs that its policy's parameter could not have", "a+b=c@d", anId("080000")],
    ["an id with the signs of a key's id", SECRET, anId("080000", "k:1~+=-_.")],
    ["an id with what no key's id has", SECRET, anId("080000", "schlüssel/№ 1%2F!")],
    ["an id without a time", SECRET, "by-hand"],
  ])("is kept apart, and found again: %s", async (_, secret, id) => {
    const { records, names } = await someRecords();
    await records.writeIncident(aRecord({ secret, id }), {}, aCall());
    await records.writeIncident(aRecord({ secret: "a", id: anId("080000") }), {}, aCall());
    expect((await records.readIncident({ secret, id }, aCall()))?.record.secret).toBe(secret);
    expect(await records.listIncidents({ secret }, aCall())).toEqual([id]);
    for (const name of names()) {
      // https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html: safe characters, no level of dots.
      expect(name).toMatch(/^incidents(\/(?!\.+(\/|$))[A-Za-z0-9!_.-]+)+$/);
    }
  });
});

describe("a dead key", () => {
  const DEAD = {
    secret: SECRET,
    versionId: "01d00000-0000-4000-8000-000000000001",
    provider: "startmessaging",
    keyId: "key_1",
    diedAtMs: Date.parse("2026-04-14T08:00:04.500Z"),
  };
  const HASH = "ab".repeat(32);

  it("is found by its id among the keys of its secret, and by the hash of its value", async () => {
    const { records } = await someRecords();
    await records.rememberDead(DEAD, [HASH, "cd".repeat(32)], aCall());
    expect(await records.findDead({ secret: SECRET, keyId: "key_1" }, aCall())).toEqual(DEAD);
    expect(await records.findDead({ sha256: HASH }, aCall())).toEqual(DEAD);
    expect(await records.findDead({ sha256: HASH.toUpperCase() }, aCall())).toEqual(DEAD);
    expect(await records.findDead({ secret: SECRET, keyId: "key_2" }, aCall())).toBeUndefined();
    expect(await records.findDead({ secret: `${SECRET}/eu`, keyId: "key_1" }, aCall())).toBeUndefined();
    expect(await records.findDead({ sha256: "ef".repeat(32) }, aCall())).toBeUndefined();
  });

  it("leaves neither its value's hash nor, in any name, a part of it", async () => {
    const { aws, records } = await someRecords();
    await records.rememberDead(DEAD, [HASH], aCall());
    await records.findDead({ sha256: HASH }, aCall());
    const left = JSON.stringify([[...aws.buckets.objectsIn(BUCKET)], aws.events.all]);
    expect(left).toContain("dead-keys/values/");
    expect(left).not.toContain(HASH.slice(0, 16));
  });

  it("may be remembered again, and died when it was first seen dead", async () => {
    const { records } = await someRecords();
    await records.rememberDead(DEAD, [HASH], aCall());
    await records.rememberDead({ ...DEAD, diedAtMs: DEAD.diedAtMs + 1 }, [HASH], aCall());
    expect(await records.findDead({ sha256: HASH }, aCall())).toEqual(DEAD);
  });

  it("needs neither an id nor a hash", async () => {
    const { records, names } = await someRecords();
    const { keyId: _, ...nameless } = DEAD;
    await records.rememberDead(nameless, [HASH], aCall());
    expect(await records.findDead({ sha256: HASH }, aCall())).toEqual(nameless);
    await records.rememberDead(nameless, [], aCall());
    expect(names()).toHaveLength(1);
  });

  it("leaves nothing else, whatever comes with it", async () => {
    const { records, s3 } = await someRecords();
    const more = { ...DEAD, apiKey: "sm_live_recognisable_key_material" };
    await records.rememberDead(more, [HASH], aCall());
    const found = await s3.send(
      new GetObjectCommand({ Bucket: BUCKET, Key: deadIdKey({ secret: SECRET, keyId: "key_1" }) }),
    );
    const text = await found.Body?.transformToString();
    // What somebody asks for as an id may be a key's value, and names of objects stand in logs.
    expect(deadIdKey({ secret: SECRET, keyId: "key_1" })).not.toContain("key_1");
    expect(JSON.parse(text ?? "")).toEqual({
      version: 1,
      secret: SECRET,
      versionId: DEAD.versionId,
      provider: "startmessaging",
      keyId: "key_1",
      diedAt: "2026-04-14T08:00:04.500Z",
    });
  });
});
