import { z } from "zod";
import { IncidentRecord } from "../../contract/incident-record.ts";
import { problemsOf } from "../../contract/policy.ts";
import type { DeadKey } from "../incident/records.ts";

/** What is left of a dead key, as it is stored. */
const StoredDeadKey = z.strictObject({
  version: z.literal(1),
  secret: z.string(),
  versionId: z.string(),
  provider: z.string(),
  keyId: z.string().optional(),
  diedAt: z.iso.datetime(),
});

/** Something that was read, or what is wrong with it. */
type Read<T> = { readonly value: T } | { readonly problems: string };

/** Reads the record of an incident. Fields that a newer version of dualkey has added are kept as they are. */
export function readIncidentRecord(text: string): Read<IncidentRecord> {
  const read = readOpen(IncidentRecord, text);
  return "problems" in read ? read : { value: read.json as IncidentRecord };
}

export function formatIncidentRecord(record: IncidentRecord): string {
  return JSON.stringify(record, null, 2);
}

/** Reads what is left of a dead key. */
export function readDeadKey(text: string): Read<DeadKey> {
  const read = readOpen(StoredDeadKey, text);
  if ("problems" in read) return read;
  const { version: _, diedAt, keyId, ...about } = read.parsed;
  const value = { ...about, ...(keyId === undefined ? {} : { keyId }), diedAtMs: Date.parse(diedAt) };
  return { value };
}

/** Names its fields one by one, so that nothing else gets there (P6). */
export function formatDeadKey({ secret, versionId, provider, keyId, diedAtMs }: DeadKey): string {
  const diedAt = new Date(diedAtMs).toISOString();
  const stored: z.infer<typeof StoredDeadKey> = { version: 1, secret, versionId, provider, keyId, diedAt };
  return JSON.stringify(stored, null, 2);
}

function readOpen<T>(
  schema: z.ZodType<T>,
  text: string,
): { readonly json: unknown; readonly parsed: T } | { readonly problems: string } {
  const json = parseJson(text);
  if (json === undefined) return { problems: "it is no JSON" };
  const first = schema.safeParse(json);
  if (first.success) return { json, parsed: first.data };
  // The schemas are strict for whoever writes; whoever reads looks at what it knows.
  const known = structuredClone(json);
  for (const issue of first.error.issues) {
    if (issue.code === "unrecognized_keys") removeKeys(known, issue.path, issue.keys);
  }
  const { success, data, error } = schema.safeParse(known);
  if (success) return { json, parsed: data };
  return {
    problems: problemsOf(error)
      .map(({ path, message }) => `${path}: ${message}`)
      .join("; "),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function removeKeys(json: unknown, path: readonly PropertyKey[], keys: readonly string[]): void {
  const owner = path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown>)[key], json);
  for (const key of keys) delete (owner as Record<string, unknown>)[key];
}
