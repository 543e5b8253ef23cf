import { z } from "zod";
import { ConfigError } from "./errors.ts";
import type { OwnField, Policy } from "./policy.ts";
import { Sensitive } from "./sensitive.ts";

/** A key's fields under the provider's own names: `{ apiKey }`, `{ publicKey, secretKey }`. */
export type KeyFields = Readonly<Record<string, Sensitive>>;

/** The key of one version: its fields, and whose it is. One version holds one key, whole. */
export interface HeldKey {
  readonly fields: KeyFields;
  /** The provider's own non-secret name of the key; absent on an adopted key until it is identified. */
  readonly keyId?: string;
  /** Which provider made it; absent where the value does not say (adoption). */
  readonly provider?: string;
  /** Which account at the provider made it; absent where the value does not say. */
  readonly account?: string;
  readonly createdAtMs?: number;
  readonly expiresAtMs?: number;
  /** What else the value holds, as JSON text: kept as it is in every later version. */
  readonly extras?: Sensitive;
}

/** How the provider's fields are called in the value; from the policy. */
export type ValueShape = Pick<Policy, "value" | "fields">;

const Iso = z.iso.datetime();
const Envelope = z.looseObject({
  keyId: z.string().min(1).optional(),
  provider: z.string().min(1).optional(),
  account: z.string().min(1).optional(),
  createdAt: Iso.optional(),
  expiresAt: Iso.optional(),
} satisfies Record<OwnField, z.ZodType>);

/**
 * Reads the value of one version.
 *
 * @param fieldNames the provider's own names of its key's fields
 * @param where names the version in errors; never the value
 * @throws ConfigError that names the fields, never their values
 */
export function parseSecretValue(
  text: string,
  { fieldNames, shape, where }: { fieldNames: readonly string[]; shape: ValueShape; where: string },
): HeldKey {
  if (shape.value === "raw") return parseRaw(text, { fieldNames, where });
  const json = parseObject(text, where);
  const envelope = Envelope.safeParse(json);
  if (!envelope.success) {
    throw new ConfigError(
      where,
      envelope.error.issues.map((issue) => ({
        path: issue.path.join("."),
        message: `is not as dualkey writes it (${issue.code}). Correct the field, or remove it`,
      })),
    );
  }
  const fields: Record<string, Sensitive> = {};
  const missing: string[] = [];
  for (const name of fieldNames) {
    const stored = shape.fields?.[name] ?? name;
    const value = json[stored];
    if (typeof value === "string" && value !== "") fields[name] = new Sensitive(value);
    else missing.push(stored);
  }
  if (missing.length > 0) {
    throw new ConfigError(
      where,
      missing.map((path) => ({
        path,
        message: 'is not a text. Put the key under this name, or map the name with "fields" in the policy',
      })),
    );
  }
  const { keyId, provider, account, createdAt, expiresAt } = envelope.data;
  const extras = extrasOf(json, { fieldNames, shape });
  return {
    fields,
    ...(keyId === undefined ? {} : { keyId }),
    ...(provider === undefined ? {} : { provider }),
    ...(account === undefined ? {} : { account }),
    ...(createdAt === undefined ? {} : { createdAtMs: Date.parse(createdAt) }),
    ...(expiresAt === undefined ? {} : { expiresAtMs: Date.parse(expiresAt) }),
    ...(extras === undefined ? {} : { extras }),
  };
}

/** Writes the value of a new version: the fields flat and under the consumers' names, then whose key it is. */
export function formatSecretValue(key: HeldKey, shape: ValueShape): Sensitive {
  if (shape.value === "raw") {
    const [only] = Object.values(key.fields);
    return only ?? new Sensitive("");
  }
  const value: Record<string, unknown> = key.extras ? JSON.parse(key.extras.reveal()) : {};
  for (const [name, text] of Object.entries(key.fields)) value[shape.fields?.[name] ?? name] = text.reveal();
  if (key.keyId !== undefined) value.keyId = key.keyId;
  if (key.provider !== undefined) value.provider = key.provider;
  if (key.account !== undefined) value.account = key.account;
  if (key.createdAtMs !== undefined) value.createdAt = new Date(key.createdAtMs).toISOString();
  if (key.expiresAtMs !== undefined) value.expiresAt = new Date(key.expiresAtMs).toISOString();
  return new Sensitive(JSON.stringify(value));
}

function parseRaw(
  text: string,
  { fieldNames, where }: { fieldNames: readonly string[]; where: string },
): HeldKey {
  const [name, ...others] = fieldNames;
  if (name === undefined || others.length > 0) {
    const message = `a raw string holds one field, and this provider's key has ${fieldNames.length} (${fieldNames.join(", ")}). Use value: "json"`;
    throw new ConfigError(where, [{ path: "value", message }]);
  }
  if (text.trim() === "") {
    throw new ConfigError(where, [{ path: "", message: "the value is empty. Put the key there" }]);
  }
  return { fields: { [name]: new Sensitive(text) } };
}

function parseObject(text: string, where: string): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined; // the parser's own message quotes the text, which is a key
  }
  if (typeof json === "object" && json !== null && !Array.isArray(json))
    return json as Record<string, unknown>;
  const message = 'the value is not a JSON object. Put the key as JSON, or set "value": "raw" in the policy';
  throw new ConfigError(where, [{ path: "", message }]);
}

function extrasOf(
  json: Record<string, unknown>,
  { fieldNames, shape }: { fieldNames: readonly string[]; shape: ValueShape },
): Sensitive | undefined {
  const ours = new Set([
    ...Object.keys(Envelope.shape),
    ...fieldNames.map((name) => shape.fields?.[name] ?? name),
  ]);
  const rest = Object.entries(json).filter(([name]) => !ours.has(name));
  return rest.length === 0 ? undefined : new Sensitive(JSON.stringify(Object.fromEntries(rest)));
}
