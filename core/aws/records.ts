import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
} from "@aws-sdk/client-s3";
import { ProviderRejectedError, ProviderUnavailableError, StaleStateError } from "../../contract/errors.ts";
import type { IncidentRecord } from "../../contract/incident-record.ts";
import type { Call } from "../cutover/call.ts";
import type { DeadKey, Records, StoredIncident } from "../incident/records.ts";
import { checkNotAborted, isNamed, type Operation, sending } from "./_consequence.ts";
import { formatDeadKey, formatIncidentRecord, readDeadKey, readIncidentRecord } from "./_record-json.ts";
import { deadIdKey, deadValueKey, incidentFolder, incidentIdIn, incidentKey } from "./_record-keys.ts";

/** What records need. */
export interface RecordsOptions {
  readonly client: S3Client;
  readonly bucket: string;
}

/** As many incidents of one secret are listed. */
const MOST_LISTED = 100;

/**
 * Keeps records in a bucket of S3, one object each, whose writes are compare-and-swaps on the object's ETag.
 *
 * A record that is there and not understood rejects with ProviderRejectedError: to go on without it is the caller's to decide.
 *
 * Permissions: `s3:GetObject` and `s3:PutObject` on `incidents/*` and `dead-keys/*`, and `s3:ListBucket` for these prefixes,
 * without which S3 calls what does not exist forbidden (403 where it would be 404).
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
export function createRecords(options: RecordsOptions): Records {
  return {
    readIncident: (incident, call) => readIncident(options, incident, call),
    listIncidents: ({ secret }, call) => listIncidents(options, secret, call),
    writeIncident: (record, { tag }, call) => writeIncident(options, { record, tag }, call),
    rememberDead: (key, sha256s, call) => rememberDead(options, { key, sha256s }, call),
    findDead: (what, call) => findDead(options, what, call),
  };
}

async function readIncident(
  options: RecordsOptions,
  { secret, id }: { readonly secret: string; readonly id: string },
  call: Call,
): Promise<StoredIncident | undefined> {
  const subject = `${secret}: incident ${id}`;
  const stored = await get(options, { key: incidentKey({ secret, id }), subject }, call);
  if (stored === undefined) return undefined;
  const read = readIncidentRecord(stored.text);
  if ("problems" in read) throw notUnderstood(subject, read.problems);
  return { record: read.value, tag: stored.tag };
}

/** The names of records begin with what is left of time, so the first page is the newest. Secrets below are levels of their own. */
async function listIncidents(
  { client, bucket }: RecordsOptions,
  secret: string,
  call: Call,
): Promise<readonly string[]> {
  const operation: Operation = { name: "ListObjectsV2", service: "s3", effect: "none", subject: secret };
  const ids: string[] = [];
  let token: string | undefined;
  do {
    const page = new ListObjectsV2Command({
      Bucket: bucket,
      Prefix: incidentFolder(secret),
      Delimiter: "/",
      MaxKeys: MOST_LISTED,
      ContinuationToken: token,
    });
    const listed = await sending(operation, page, (c) => client.send(c, { abortSignal: call.signal }));
    ids.push(...(listed.Contents ?? []).flatMap(({ Key: key = "" }) => incidentIdIn(key) ?? []));
    token = listed.NextContinuationToken ?? undefined;
  } while (token !== undefined && ids.length < MOST_LISTED);
  return ids.slice(0, MOST_LISTED);
}

async function writeIncident(
  options: RecordsOptions,
  { record, tag }: { readonly record: IncidentRecord; readonly tag: string | undefined },
  call: Call,
): Promise<void> {
  const written = {
    key: incidentKey(record),
    subject: `${record.secret}: incident ${record.id}`,
    text: formatIncidentRecord(record),
    condition: tag === undefined ? { IfNoneMatch: "*" } : { IfMatch: tag },
  };
  await put(options, written, call);
}

/** What was written first stays: it is nearest to when the key died. */
async function rememberDead(
  options: RecordsOptions,
  { key, sha256s }: { readonly key: DeadKey; readonly sha256s: readonly string[] },
  call: Call,
): Promise<void> {
  const { secret, keyId } = key;
  const text = formatDeadKey(key);
  const subject = `${secret}: dead key ${keyId ?? key.versionId}`;
  const names = sha256s.map(deadValueKey);
  if (keyId !== undefined) names.push(deadIdKey({ secret, keyId }));
  const written = names.map((name) =>
    putOnce(options, { key: name, subject, text, condition: { IfNoneMatch: "*" } }, call),
  );
  // All are over before one of them is an error: nothing is left in flight.
  const failed = (await Promise.allSettled(written)).find(({ status }) => status === "rejected");
  if (failed?.status === "rejected") throw failed.reason;
}

async function findDead(
  options: RecordsOptions,
  what: Parameters<Records["findDead"]>[0],
  call: Call,
): Promise<DeadKey | undefined> {
  const isValue = "sha256" in what;
  const subject = isValue ? "a dead key by its hash" : `${what.secret}: dead key ${what.keyId}`;
  const key = isValue ? deadValueKey(what.sha256) : deadIdKey(what);
  const stored = await get(options, { key, subject }, call);
  if (stored === undefined) return undefined;
  const read = readDeadKey(stored.text);
  if ("problems" in read) throw notUnderstood(subject, read.problems);
  return read.value;
}

/** One object, as it is to be written. */
interface Written {
  readonly key: string;
  readonly subject: string;
  readonly text: string;
  readonly condition: Pick<PutObjectCommandInput, "IfMatch" | "IfNoneMatch">;
}

async function get(
  { client, bucket }: RecordsOptions,
  { key, subject }: Pick<Written, "key" | "subject">,
  call: Call,
): Promise<{ readonly text: string; readonly tag: string } | undefined> {
  const operation: Operation = { name: "GetObject", service: "s3", effect: "none", subject };
  const command = new GetObjectCommand({ Bucket: bucket, Key: key });
  try {
    // The answer has not come before its body has: a connection may end in between.
    return await sending(operation, command, async (c) => {
      const { Body: body, ETag: tag = "" } = await client.send(c, { abortSignal: call.signal });
      return { text: (await body?.transformToString()) ?? "", tag };
    });
  } catch (error) {
    if (isNamed(error, "NoSuchKey")) return undefined;
    throw error;
  }
}

/** @throws StaleStateError where the object is not as the condition says, or another write of it is under way */
async function put({ client, bucket }: RecordsOptions, written: Written, call: Call): Promise<void> {
  const operation: Operation = {
    name: "PutObject",
    service: "s3",
    effect: "record",
    subject: written.subject,
  };
  checkNotAborted(operation, call.signal);
  const command = new PutObjectCommand({
    Bucket: bucket,
    Key: written.key,
    Body: written.text,
    ContentType: "application/json",
    ...written.condition,
  });
  await sending(operation, command, (c) => client.send(c, { abortSignal: call.signal }));
}

/** Writes what is not there yet; what is there is the same. */
async function putOnce(options: RecordsOptions, written: Written, call: Call): Promise<void> {
  try {
    await put(options, written, call);
  } catch (error) {
    if (!(error instanceof StaleStateError)) throw error;
    if (isNamed(error, "PreconditionFailed")) return;
    const message = `${written.subject}: another write of it is under way. Repeat it later.`;
    throw new ProviderUnavailableError(message, { cause: error });
  }
}

function notUnderstood(subject: string, problems: string): ProviderRejectedError {
  return new ProviderRejectedError(
    `${subject}: its record is not understood (${problems}). Update dualkey if a newer version wrote it, else mend or move the object.`,
  );
}
