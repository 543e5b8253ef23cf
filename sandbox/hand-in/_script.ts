import type { Caller, Handled, Refusal } from "../_gateway.ts";
import type { Answer, Request } from "../_server.ts";
import type { Key } from "./_keys.ts";

export interface HandInCaller extends Caller {
  readonly keyId: string;
  readonly account: string;
  readonly key: Key;
}

/** An answer to a send; `isSent: false` where the vendor says no with a 2xx. */
export interface Reply extends Answer {
  /** @default true */
  readonly isSent?: boolean;
}

export interface ScriptRoute {
  /** `probe`, or `send` for what a service calls. */
  readonly name: string;
  readonly method: string;
  readonly path: RegExp;
  readonly handle: (call: Handled<HandInCaller>) => Reply;
}

/** A request that does not get in. */
export interface Refused {
  readonly request: Request;
  /** The key that it names, where it was ever made. */
  readonly key: Key | undefined;
  readonly nowMs: number;
}

/** What one vendor without an API for keys does differently from another. */
export interface Script {
  /** The field that is a key's id in the console; absent where the console's own id is in no field. */
  readonly keyIdField?: string;
  /** The field by whose value a request names its key. */
  readonly handleField: string;
  /** The id of the n-th account. */
  readonly accountId: (count: number) => string;
  /** The fields of a new key of an account. */
  readonly newFields: (account: string) => Readonly<Record<string, string>>;
  /** The value of the handle field in a request, right or wrong. */
  readonly handleOf: (request: Request) => string | undefined;
  /** Whether the rest of a request fits its key: the other fields, and the account in the path. @default always */
  readonly fits?: (request: Request, key: Key) => boolean;
  /** What a request gets whose key is not known, or no longer. */
  readonly dead: (refused: Refused) => Refusal;
  /** What a key of a suspended account gets; absent where the routes say so themselves, later. */
  readonly suspended?: () => Refusal;
  readonly error: (status: number, detail: { readonly code?: string; readonly message?: string }) => unknown;
  readonly routes: readonly ScriptRoute[];
}

/** @throws Refusal as the vendor words it, where a field of a body is no text or empty */
export function requireTexts(
  body: Readonly<Record<string, unknown>>,
  names: readonly string[],
  refusal: (name: string) => Refusal,
): void {
  for (const name of names) if (typeof body[name] !== "string" || body[name] === "") throw refusal(name);
}

/** The text after the scheme of an Authorization header; `undefined` where there is none. */
export function tokenOf(request: Request, scheme: string): string | undefined {
  const header = request.header("authorization") ?? "";
  return header.startsWith(`${scheme} `) ? header.slice(scheme.length + 1) : undefined;
}

/** The account in the path: `/v1/Accounts/acme/Sms/send` by its pattern. */
export function accountInPath(request: Request, pattern: RegExp): string | undefined {
  return pattern.exec(request.path)?.[1];
}
