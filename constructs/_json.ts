import { Fn, Token, Tokenization } from "cdktf";
import type { Problem } from "../contract/errors.ts";

/**
 * Writes JSON in which values that only Terraform knows are references, each encoded by Terraform's own `jsonencode`.
 *
 * Only references go through that function: CDKTF does not escape quotes in what else it is given, and flattens lists.
 */
export function toJson(value: unknown): string {
  if (Token.isUnresolved(value)) return Fn.jsonencode(value);
  if (Array.isArray(value)) return `[${value.map(toJson).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).filter(([, field]) => field !== undefined);
    return `{${entries.map(([name, field]) => `${JSON.stringify(name)}:${toJson(field)}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

/** Finds what `toJson` cannot write: texts that have a reference and, around it, what CDKTF does not escape. */
export function findJsonProblems(value: unknown, path = ""): Problem[] {
  if (typeof value === "string" && Token.isUnresolved(value)) {
    const around = Tokenization.reverseString(value).literals.join("");
    if (!/["\\\n\r\t]/.test(around)) return [];
    const message = "has a reference and, around it, a quote, a backslash or a line break. Leave these out";
    return [{ path, message }];
  }
  if (typeof value !== "object" || value === null || Token.isUnresolved(value)) return [];
  return Object.entries(value).flatMap(([name, field]) =>
    findJsonProblems(field, Array.isArray(value) ? `${path}[${name}]` : path ? `${path}.${name}` : name),
  );
}
