import { createHash } from "node:crypto";
import { DEAD_KEY_PREFIX, INCIDENT_PREFIX } from "../../contract/names.ts";

/** What stands before the id of an incident, so that S3, which lists in ascending order only, gives the newest first. */
const LAST_MS = 9_999_999_999_999;
const DIGITS = String(LAST_MS).length;

/** The time with which an incident's id begins: `20260414T080000.000Z-all`. */
const ID_TIME = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d\.\d{3}Z)-/;

/** Names the record of an incident: a newer one comes before an older one, and one without a time comes last. */
export function incidentKey({ secret, id }: { readonly secret: string; readonly id: string }): string {
  const [, year, month, day, hour, minute, second] = ID_TIME.exec(id) ?? [];
  const atMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}`);
  const order = Number.isNaN(atMs) ? LAST_MS : LAST_MS - atMs;
  return `${incidentFolder(secret)}${String(order).padStart(DIGITS, "0")}-${escapeLevel(id)}.json`;
}

/** What the records of a secret's incidents begin with; those of a secret below it have one more level. */
export function incidentFolder(secret: string): string {
  return `${INCIDENT_PREFIX}${escapeLevels(secret)}/`;
}

/** Reads the id of an incident out of the name of its record; nothing, where it is none. */
export function incidentIdIn(key: string): string | undefined {
  const name = key.slice(key.lastIndexOf("/") + 1);
  const [, id] = new RegExp(`^\\d{${DIGITS}}-(.+)\\.json$`).exec(name) ?? [];
  return id === undefined ? undefined : unescapeLevel(id);
}

/**
 * Names what is left of a dead key by its value: by a hash of the value's sha256, for that is by what some vendors know their keys, and
 * names of objects stand in logs (P6).
 */
export function deadValueKey(sha256: string): string {
  const name = createHash("sha256").update(`dualkey dead key ${sha256.toLowerCase()}`).digest("hex");
  return `${DEAD_KEY_PREFIX}values/${name}.json`;
}

/**
 * Names what is left of a dead key, by its id, which is one among the keys of its secret: by a hash of it, too, for what
 * somebody asks for as an id may be a value.
 */
export function deadIdKey({ secret, keyId }: { readonly secret: string; readonly keyId: string }): string {
  const name = createHash("sha256").update(`dualkey dead id ${secret} ${keyId}`).digest("hex");
  return `${DEAD_KEY_PREFIX}ids/${escapeLevels(secret)}/${name}.json`;
}

function escapeLevels(name: string): string {
  return name.split("/").map(escapeLevel).join("/");
}

/**
 * Writes what S3 takes as it is: any other character as `!` and two hexadecimal digits for each of its bytes. A level of
 * dots alone is one that clients leave out.
 *
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
 */
function escapeLevel(text: string): string {
  const strange = /^\.+$/.test(text) ? /./gu : /[^A-Za-z0-9_.-]/gu;
  return text.replace(strange, (character) =>
    [...new TextEncoder().encode(character)]
      .map((byte) => `!${byte.toString(16).toUpperCase().padStart(2, "0")}`)
      .join(""),
  );
}

/** Nothing, for what was not written here. */
function unescapeLevel(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("!", "%"));
  } catch {
    return undefined;
  }
}
