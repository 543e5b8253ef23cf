import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { mockClient } from "aws-sdk-client-mock";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  OutcomeUnknownError,
  ProviderRejectedError,
  ProviderUnavailableError,
  StaleStateError,
} from "../../../contract/errors.ts";
import { deadIdKey } from "../../../core/aws/_record-keys.ts";
import { createRecords } from "../../../core/aws/records.ts";
import { describeError } from "../../../core/aws/safe-error.ts";
import { startWorld } from "../../rehearsal/aws/world.ts";
import { aRecord } from "./a-record.ts";
import { aCall, awsError, failureOf } from "./a-secret.ts";

const BUCKET = "dualkey-records-1";
const DEAD = { secret: "otp", versionId: "v", provider: "startmessaging", keyId: "key_1", diedAtMs: 0 };

/** Records on a client whose answers a test sets. */
function mockedRecords() {
  const client = new S3Client({ region: "ap-south-1" });
  return { s3: mockClient(client), records: createRecords({ client, bucket: BUCKET }) };
}

describe("a write of a record", () => {
  it.each<[string, Error, new (message: string) => Error]>([
    ["the condition is not met", awsError("PreconditionFailed", 412), StaleStateError],
    ["another write of it is under way", awsError("ConditionalRequestConflict", 409), StaleStateError],
    ["it is gone", awsError("NoSuchKey", 404), StaleStateError],
    ["S3 is too busy", awsError("SlowDown", 503), ProviderUnavailableError],
    ["it is not allowed", awsError("AccessDenied", 403), ProviderRejectedError],
    ["the bucket is gone", awsError("NoSuchBucket", 404), ProviderRejectedError],
    ["S3 fails", awsError("InternalError", 500), OutcomeUnknownError],
    [
      "no answer comes",
      Object.assign(new Error("socket hang up"), { code: "ECONNRESET" }),
      OutcomeUnknownError,
    ],
  ])("says what may be done next where %s", async (_, answer, expected) => {
    const { s3, records } = mockedRecords();
    s3.on(PutObjectCommand).rejects(answer);
    const error = await failureOf(records.writeIncident(aRecord(), { tag: '"1"' }, aCall()));
    expect(error).toBeInstanceOf(expected);
    expect(error.message).toMatch(
      /^prod\/otp\/startmessaging: incident 20260414T080000\.000Z-all: PutObject /,
    );
  });

  it("names the permission that is missing, or the bucket", async () => {
    const { s3, records } = mockedRecords();
    const messageOf = async (name: string) => {
      s3.on(PutObjectCommand).rejects(awsError(name, 403));
      return (await failureOf(records.writeIncident(aRecord(), {}, aCall()))).message;
    };
    expect(await messageOf("AccessDenied")).toContain("Allow s3:PutObject to the function's role.");
    expect(await messageOf("NoSuchBucket")).toContain("Deploy the constructs, which make it.");
  });

  it("is conditional, always: on that there is none, or on what was read", async () => {
    const { s3, records } = mockedRecords();
    s3.on(PutObjectCommand).resolves({});
    await records.writeIncident(aRecord(), {}, aCall());
    await records.writeIncident(aRecord(), { tag: '"1"' }, aCall());
    await records.rememberDead(DEAD, ["ab".repeat(32)], aCall());
    const conditions = s3
      .commandCalls(PutObjectCommand)
      .map(({ args: [{ input }] }) => [input.IfNoneMatch, input.IfMatch]);
    expect(conditions).toEqual([
      ["*", undefined],
      [undefined, '"1"'],
      ["*", undefined],
      ["*", undefined],
    ]);
  });

  it("is not sent where the run is out of time", async () => {
    const { s3, records } = mockedRecords();
    const call = { signal: AbortSignal.abort() };
    expect(await failureOf(records.writeIncident(aRecord(), {}, call))).toBeInstanceOf(
      ProviderUnavailableError,
    );
    expect(s3.calls()).toHaveLength(0);
  });

  it("whose first answer was lost is stale when the SDK repeats it, and the next look shows that it was applied", async () => {
    const { aws } = await startWorld();
    aws.buckets.createBucket(BUCKET);
    const client = new S3Client({ ...aws.clientConfig(), maxAttempts: 2 });
    onTestFinished(() => client.destroy());
    let puts = 0;
    aws.setHooks({
      onRequest: ({ operation }) => {
        if (operation !== "PutObject") return "pass";
        puts += 1;
        return puts === 1 ? "drop-after" : "pass";
      },
    });
    const records = createRecords({ client, bucket: BUCKET });
    expect(await failureOf(records.writeIncident(aRecord(), {}, aCall()))).toBeInstanceOf(StaleStateError);
    expect((await records.readIncident(aRecord(), aCall()))?.record).toEqual(aRecord());
  });
});

describe("a dead key that cannot be remembered", () => {
  it("is an error that a repetition mends, where another write of it is under way", async () => {
    const { s3, records } = mockedRecords();
    s3.on(PutObjectCommand).rejects(awsError("ConditionalRequestConflict", 409));
    const error = await failureOf(records.rememberDead(DEAD, [], aCall()));
    expect(error).toBeInstanceOf(ProviderUnavailableError);
    expect(error.message).toMatch(/^otp: dead key key_1: .* Repeat it later\.$/);
  });

  it("is an error where one of its names is not written, after all are over", async () => {
    const { s3, records } = mockedRecords();
    s3.on(PutObjectCommand).resolves({});
    s3.on(PutObjectCommand, { Key: deadIdKey({ secret: "otp", keyId: "key_1" }) }).rejects(
      awsError("InternalError", 500),
    );
    const error = await failureOf(records.rememberDead(DEAD, ["ab".repeat(32), "cd".repeat(32)], aCall()));
    expect(error).toBeInstanceOf(OutcomeUnknownError);
    expect(s3.commandCalls(PutObjectCommand)).toHaveLength(3);
  });
});

describe("a look at records", () => {
  it("that is not allowed names the permission", async () => {
    const { s3, records } = mockedRecords();
    s3.on(GetObjectCommand).rejects(awsError("AccessDenied", 403));
    s3.on(ListObjectsV2Command).rejects(awsError("AccessDenied", 403));
    const read = await failureOf(records.readIncident(aRecord(), aCall()));
    const listed = await failureOf(records.listIncidents({ secret: "otp" }, aCall()));
    for (const error of [read, listed]) expect(error).toBeInstanceOf(ProviderRejectedError);
    expect(read.message).toContain(
      "Allow s3:GetObject to the function's role, and s3:ListBucket on its bucket",
    );
    expect(listed.message).toContain("Allow s3:ListBucket to the function's role.");
  });

  it("that finds the bucket gone is no record that is not there", async () => {
    const { s3, records } = mockedRecords();
    s3.on(GetObjectCommand).rejects(awsError("NoSuchBucket", 404));
    expect(await failureOf(records.readIncident(aRecord(), aCall()))).toBeInstanceOf(ProviderRejectedError);
    expect(await failureOf(records.findDead({ sha256: "ab".repeat(32) }, aCall()))).toBeInstanceOf(
      ProviderRejectedError,
    );
  });

  it("may be repeated where S3 fails, or the connection ends before the body has come", async () => {
    const { s3, records } = mockedRecords();
    s3.on(GetObjectCommand).rejects(awsError("InternalError", 500));
    expect(await failureOf(records.readIncident(aRecord(), aCall()))).toBeInstanceOf(
      ProviderUnavailableError,
    );
    const transformToString = () =>
      Promise.reject(Object.assign(new Error("aborted"), { code: "ECONNRESET" }));
    s3.on(GetObjectCommand).resolves({ Body: { transformToString } as never });
    expect(await failureOf(records.readIncident(aRecord(), aCall()))).toBeInstanceOf(
      ProviderUnavailableError,
    );
  });

  it("withholds what S3 says, which names the object", async () => {
    const { s3, records } = mockedRecords();
    const name = "dead-keys/values/0123456789abcdef.json";
    const message = `not authorized to perform: s3:GetObject on "arn:aws:s3:::b/${name}"`;
    s3.on(GetObjectCommand).rejects(Object.assign(awsError("AccessDenied", 403), { message }));
    const error = await failureOf(records.findDead({ sha256: "ab".repeat(32) }, aCall()));
    expect(JSON.stringify(describeError(error))).not.toContain(name);
    expect(error.message).toMatch(/^a dead key by its hash: GetObject was refused, got AccessDenied\./);
  });

  it("tells what there is no list of: no incidents", async () => {
    const { s3, records } = mockedRecords();
    s3.on(ListObjectsV2Command).resolves({});
    expect(await records.listIncidents({ secret: "otp" }, aCall())).toEqual([]);
  });
});
