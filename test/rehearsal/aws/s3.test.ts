import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { describe, expect, it, onTestFinished } from "vitest";
import { startWorld } from "./world.ts";

const Bucket = "records";

async function aBucket() {
  const { aws, time } = await startWorld();
  aws.buckets.createBucket(Bucket);
  const s3 = new S3Client({ ...aws.clientConfig(), maxAttempts: 1 });
  onTestFinished(() => s3.destroy());
  const put = (Key: string, more: object = {}) =>
    s3.send(new PutObjectCommand({ Bucket, Key, Body: `of ${Key}`, ...more }));
  const get = (Key: string) => s3.send(new GetObjectCommand({ Bucket, Key }));
  return { aws, time, s3, put, get };
}

describe("an object of the embedded S3", () => {
  it("is got as it was put, whatever its name is", async () => {
    const { put, get } = await aBucket();
    const names = ["a.json", "a/b c+d%2F=é", "a//b", "a/?x=1&y#z"];
    const tags = [];
    for (const name of names) tags.push((await put(name)).ETag);
    for (const [index, name] of names.entries()) {
      const { Body, ETag } = await get(name);
      expect(await Body?.transformToString()).toBe(`of ${name}`);
      expect(ETag).toBe(tags[index]);
    }
    expect(new Set(tags).size).toBe(names.length);
  });

  it("is put under a condition, as S3 has them", async () => {
    const { put } = await aBucket();
    const { ETag: tag } = await put("a", { IfNoneMatch: "*" });
    await expect(put("a", { IfNoneMatch: "*" })).rejects.toMatchObject({
      name: "PreconditionFailed",
      $metadata: { httpStatusCode: 412 },
    });
    await expect(put("a", { IfMatch: '"another"' })).rejects.toMatchObject({ name: "PreconditionFailed" });
    await expect(put("b", { IfMatch: tag })).rejects.toMatchObject({
      name: "NoSuchKey",
      $metadata: { httpStatusCode: 404 },
    });
    await put("a", { IfMatch: tag, Body: "new" });
  });

  it("is not there in a bucket that is not there, nor under another name", async () => {
    const { s3, get } = await aBucket();
    await expect(get("a")).rejects.toMatchObject({ name: "NoSuchKey" });
    const elsewhere = new GetObjectCommand({ Bucket: "elsewhere", Key: "a" });
    await expect(s3.send(elsewhere)).rejects.toMatchObject({ name: "NoSuchBucket" });
  });

  it("stands in the journal by its bucket and its name, and never with what is in it", async () => {
    const { aws, put } = await aBucket();
    await put("a/b.json");
    expect(aws.events.all).toMatchObject([
      { kind: "call", service: "s3", operation: "PutObject", target: "records/a/b.json", error: undefined },
    ]);
    expect(JSON.stringify(aws.events.all)).not.toContain("of a/b");
  });
});

describe("a list of objects", () => {
  it("is in the order of their names, cut at the delimiter, page by page", async () => {
    const { s3, put } = await aBucket();
    for (const name of ["p/b", "p/a", "p/c/1", "p/c/2", "p/d", "q/a"]) await put(name);
    const page = (ContinuationToken?: string) =>
      s3.send(
        new ListObjectsV2Command({ Bucket, Prefix: "p/", Delimiter: "/", MaxKeys: 2, ContinuationToken }),
      );
    const first = await page();
    expect(first.Contents?.map(({ Key }) => Key)).toEqual(["p/a", "p/b"]);
    expect(first.IsTruncated).toBe(true);
    const second = await page(first.NextContinuationToken);
    expect(second.CommonPrefixes).toEqual([{ Prefix: "p/c/" }]);
    expect(second.Contents?.map(({ Key }) => Key)).toEqual(["p/d"]);
    expect(second.IsTruncated).toBe(false);
    await expect(page("made up")).rejects.toMatchObject({ name: "InvalidArgument" });
  });
});
