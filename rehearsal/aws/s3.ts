import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { AwsError } from "./aws-error.ts";
import { cutPage } from "./page.ts";
import type { ServiceRequest } from "./request.ts";
import type { Time } from "./time.ts";
import { escapeXml } from "./xml.ts";

interface StoredObject {
  readonly body: string;
  readonly etag: string;
  readonly changedAtMs: number;
}

/** What a call is about, and what it comes with. */
export type S3Request = Pick<ServiceRequest, "operation" | "target" | "input" | "body" | "headers">;

/** What is answered: XML, or an object as it was put. */
export interface S3Answer {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Buckets of S3: objects are put, under a condition or none, got, and listed. Paths name the bucket, as the SDK writes them
 * for an endpoint that is an address.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 */
export class S3 {
  readonly #buckets = new Map<string, Map<string, StoredObject>>();
  readonly #time: Time;

  constructor({ time }: { readonly time: Time }) {
    this.#time = time;
  }

  /** Makes an empty bucket. */
  createBucket(name: string): void {
    if (!this.#buckets.has(name)) this.#buckets.set(name, new Map());
  }

  /** The texts of all objects of a bucket, by their names: for checks, and for what is shown of records. */
  objectsIn(bucket: string): ReadonlyMap<string, string> {
    return new Map([...(this.#buckets.get(bucket) ?? [])].map(([key, { body }]) => [key, body]));
  }

  /** Carries out one operation. */
  handle(request: S3Request): S3Answer {
    switch (request.operation) {
      case "PutObject":
        return this.#put(request);
      case "GetObject":
        return this.#get(request);
      case "ListObjectsV2":
        return this.#list(request);
      default:
        throw new AwsError("NotImplemented", `No operation ${request.operation} here.`, 501);
    }
  }

  /** Whether there is an object of that name. */
  has(target: string): boolean {
    const { bucket, key } = splitTarget(target);
    return this.#buckets.get(bucket)?.has(key) ?? false;
  }

  #put({ target = "", body, headers }: S3Request): S3Answer {
    const { bucket, key } = splitTarget(target);
    const objects = this.#bucket(bucket);
    checkCondition(objects.get(key), headers);
    checkChecksum(body, headers);
    const etag = `"${createHash("md5").update(body).digest("hex")}"`;
    objects.set(key, { body, etag, changedAtMs: this.#time.now() });
    return { body: "", headers: { ETag: etag } };
  }

  #get({ target = "" }: S3Request): S3Answer {
    const { bucket, key } = splitTarget(target);
    const found = this.#bucket(bucket).get(key);
    if (!found) throw noSuchKey();
    const checksum = { "x-amz-checksum-crc32": checksumOf(found.body), "x-amz-checksum-type": "FULL_OBJECT" };
    return {
      body: found.body,
      headers: { ETag: found.etag, "Content-Type": "application/json", ...checksum },
    };
  }

  /** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
  #list({ target = "", input }: S3Request): S3Answer {
    const { bucket } = splitTarget(target);
    const objects = this.#bucket(bucket);
    const prefix = String(input.prefix ?? "");
    const delimiter = String(input.delimiter ?? "");
    const entries = new Map<string, StoredObject | undefined>();
    // By the bytes of their names, which is no locale's order.
    for (const key of [...objects.keys()].filter((one) => one.startsWith(prefix)).sort()) {
      const end = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
      if (end < 0) entries.set(key, objects.get(key));
      else entries.set(key.slice(0, end + delimiter.length), undefined);
    }
    const page = cutPage([...entries], {
      size: Math.min(Number(input["max-keys"] ?? 1000), 1000),
      token: input["continuation-token"] === undefined ? undefined : String(input["continuation-token"]),
      tokenError: "InvalidArgument",
    });
    const next = page.nextToken;
    const listed = [
      `<Name>${bucket}</Name><Prefix>${escapeXml(prefix)}</Prefix><KeyCount>${page.items.length}</KeyCount>`,
      `<IsTruncated>${next !== undefined}</IsTruncated>`,
      ...(next === undefined ? [] : [`<NextContinuationToken>${next}</NextContinuationToken>`]),
      ...page.items.map(([key, object]) => describeEntry(key, object)),
    ].join("");
    return { body: `<ListBucketResult>${listed}</ListBucketResult>`, headers: {} };
  }

  #bucket(name: string): Map<string, StoredObject> {
    const found = this.#buckets.get(name);
    if (found) return found;
    throw new AwsError("NoSuchBucket", "The specified bucket does not exist", 404);
  }
}

/** The bucket, and the name of the object in it; an empty one where a call is about the bucket. */
export function splitTarget(target: string): { readonly bucket: string; readonly key: string } {
  const [bucket = "", ...rest] = target.split("/");
  return { bucket, key: rest.join("/") };
}

/** Where there is no object, `If-Match` fails as not found, and not as a condition that is not met. */
function checkCondition(found: StoredObject | undefined, headers: S3Request["headers"]): void {
  const { "if-none-match": none, "if-match": match } = headers;
  if (match !== undefined && !found) throw noSuchKey();
  if ((none === "*" && found) || (match !== undefined && match !== found?.etag)) {
    throw new AwsError(
      "PreconditionFailed",
      "At least one of the pre-conditions you specified did not hold",
      412,
    );
  }
}

/** The body came whole: the SDK says by itself what it adds up to. */
function checkChecksum(body: string, { "x-amz-checksum-crc32": said }: S3Request["headers"]): void {
  if (said === undefined || said === checksumOf(body)) return;
  throw new AwsError("BadDigest", "The CRC32 you specified did not match the calculated checksum.");
}

function checksumOf(body: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return bytes.toString("base64");
}

function describeEntry(key: string, object: StoredObject | undefined): string {
  if (!object) return `<CommonPrefixes><Prefix>${escapeXml(key)}</Prefix></CommonPrefixes>`;
  const changed = new Date(object.changedAtMs).toISOString();
  return `<Contents><Key>${escapeXml(key)}</Key><LastModified>${changed}</LastModified><ETag>${escapeXml(object.etag)}</ETag><Size>${Buffer.byteLength(object.body)}</Size></Contents>`;
}

function noSuchKey(): AwsError {
  return new AwsError("NoSuchKey", "The specified key does not exist.", 404);
}
