import { ConfigError } from "./errors.ts";
import { type HeldKey, parseSecretValue, type ValueShape } from "./secret-value.ts";
import { Sensitive } from "./sensitive.ts";

/** What a handed-in key looks like. */
interface Wanted {
  /** The provider's own names of a key's fields. */
  readonly fieldNames: readonly string[];
  /** How the consumers call them. */
  readonly shape: ValueShape;
}

/** What a person has handed in, read. */
export type HandedIn =
  | { readonly kind: "key"; readonly key: HeldKey }
  | { readonly kind: "unreadable"; readonly because: string };

/** What may stand beside a key's fields: whose key it is, as dualkey itself writes it. */
const BESIDE = ["keyId", "account", "createdAt", "expiresAt"];

/** A key is one word of what can be typed. What begins as JSON and is none is a mistake, and no key. */
const BARE = /^(?![{["])[\x21-\x7e]+$/;

/**
 * Reads what a person has handed in: JSON with the provider's own names of the fields (the consumers'
 * names are understood, too), or the bare key where it has one field. White space around a value came with the paste.
 *
 * A field that is not known is refused, for it would be lost, or be a typo of one that matters. Its name is not said:
 * it may be a key in the wrong place (P6).
 */
export function parseHandedIn(text: string | undefined, { fieldNames, shape }: Wanted): HandedIn {
  const wanted = wantedOf(fieldNames);
  if (text === undefined) return unreadable(`holds a binary value. Put ${wanted}`);
  const [only, ...more] = fieldNames;
  const bare = text.trim();
  if (only !== undefined && more.length === 0 && BARE.test(bare)) {
    return { kind: "key", key: { fields: { [only]: new Sensitive(bare) } } };
  }
  const json = parseObject(bare);
  if (json === undefined) return unreadable(`holds neither JSON nor a key. Put ${wanted}`);
  const own = renameToOwn(json, { fieldNames, shape });
  try {
    const where = "its value";
    const key = parseSecretValue(JSON.stringify(own), { fieldNames, shape: { value: "json" }, where });
    const { extras, provider: _, ...kept } = key;
    if (extras === undefined) return { kind: "key", key: kept };
    const beside = BESIDE.join(", ");
    return unreadable(`holds a field that is not known. Put ${wanted}, and beside it no more than ${beside}`);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const paths = error.problems.map(({ path }) => path).join(", ");
    return unreadable(`lacks ${paths}, or holds it as no text of the right form. Put ${wanted}`);
  }
}

/** The consumers' names become the provider's own, where those are missing; texts lose the white space around them. */
function renameToOwn(
  json: Readonly<Record<string, unknown>>,
  { fieldNames, shape }: Wanted,
): Record<string, unknown> {
  const own: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(json)) {
    const ownName = fieldNames.find((field) => shape.fields?.[field] === name && json[field] === undefined);
    own[ownName ?? name] = typeof value === "string" ? value.trim() : value;
  }
  return own;
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const json: unknown = JSON.parse(text);
    const isObject = typeof json === "object" && json !== null && !Array.isArray(json);
    return isObject ? (json as Record<string, unknown>) : undefined;
  } catch {
    return undefined; // the parser's own message quotes the text, which is a key
  }
}

function wantedOf(fieldNames: readonly string[]): string {
  const json = `{${fieldNames.map((name) => `"${name}": …`).join(", ")}}`;
  return `${json}${fieldNames.length === 1 ? " or the bare key" : ""}`;
}

function unreadable(because: string): HandedIn {
  return { kind: "unreadable", because };
}
