import type { z } from "zod";
import { ProviderRejectedError } from "../../../contract/errors.ts";
import type { KeyFields } from "../../../contract/secret-value.ts";
import { Sensitive } from "../../../contract/sensitive.ts";
import { type HttpAnswer, isOk } from "../_answer.ts";
import type { HttpOptions, HttpRequest } from "../_http.ts";

/** The one request that tells whether a key works. */
export type ProbeRequest = Omit<HttpRequest, "signal" | "secrets">;

/** What an answer says of a key; `because` where the answer's own words do not say it. */
export interface Verdict {
  readonly kind: "accepted" | "rejected" | "unknown";
  readonly because?: string;
}

/** A vendor without an API for keys, as far as the adapter needs to know it. */
export interface Preset {
  /** The field that is the key's own id, and no secret; absent where keys have none. */
  readonly keyIdField?: string;
  /** The field that is the vendor's id of the account; absent where a key does not say. */
  readonly accountField?: string;
  /** The account, where the policy says it and no field does. */
  readonly account?: string;
  /** What ids look like. Any other text must not get into a path, where it could lead elsewhere. */
  readonly ids?: Readonly<Record<string, RegExp>>;
  /** What the vendor's keys look like (global), where they look like anything. */
  readonly keyPattern?: RegExp;
  readonly readError: HttpOptions["readError"];
  probe(fields: Fields, nowMs: number): ProbeRequest;
  judge(answer: HttpAnswer): Verdict;
}

/** A key's fields, all of them there, without the line break that a file may have left at an end. */
export interface Fields {
  secret(name: string): Sensitive;
  /** A field that looks as the preset says. @throws ProviderRejectedError where it does not */
  id(name: string): string;
}

/**
 * The usual judgement: the vendor's yes is a 2xx in a shape that no other page has, its no is a 401.
 *
 * @param yes what the answer to a key that works looks like
 * @param no whether a 401 is the vendor's own, where it has codes. @default any 401
 */
export function judgeBy(yes: z.ZodType, no?: z.ZodType): Preset["judge"] {
  return (answer) => {
    if (isOk(answer)) {
      if (yes.safeParse(answer.json).success) return { kind: "accepted" };
      return { kind: "unknown", because: `${answer.got} in a shape that is not understood` };
    }
    const isRejected = answer.status === 401 && (no?.safeParse(answer.json).success ?? true);
    return { kind: isRejected ? "rejected" : "unknown" };
  };
}

/** Reads the vendor's code and message from where they are in a refusal: `errorAt("errors.0.code", "errors.0.title")`. */
export function errorAt(codePath: string, messagePath: string): HttpOptions["readError"] {
  return (json) => {
    const [code, message] = [textAt(json, codePath), textAt(json, messagePath)];
    return { ...(code === undefined ? {} : { code }), ...(message === undefined ? {} : { message }) };
  };
}

/** Gives a key's fields to a preset. @throws ProviderRejectedError where one is missing */
export function fieldsOf(
  key: KeyFields,
  { title, names, ids = {} }: { title: string; names: readonly string[]; ids?: Preset["ids"] },
): Fields {
  const texts = new Map(names.map((name) => [name, key[name]?.reveal().trim() ?? ""]));
  const missing = names.filter((name) => texts.get(name) === "");
  const problem = (text: string) =>
    new ProviderRejectedError(`${title}: ${text}. Correct the secret's value.`);
  if (missing.length > 0) throw problem(`the key has no ${missing.join(" and no ")}, so nothing was asked`);
  return {
    secret: (name) => new Sensitive(texts.get(name) ?? ""),
    id: (name) => {
      const text = texts.get(name) ?? "";
      if (ids[name]?.test(text)) return text;
      // Never quoted: it may be the secret that stands in the wrong field.
      throw problem(`the field ${name} does not look like the vendor's, so nothing was asked`);
    },
  };
}

function textAt(json: unknown, path: string): string | undefined {
  let value = json;
  for (const name of path.split(".")) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}
