import { Refusal } from "../_gateway.ts";
import type { Account, Key, Token } from "./_accounts.ts";

/** Who calls: a key or an auth token of an account. */
export interface Caller {
  readonly keyId: string;
  readonly account: string;
  readonly credential: Key | Token;
  readonly of: Account;
}

/** The vendor's own words for an error that was not raised here. */
const MESSAGES: Readonly<Record<number, string>> = {
  401: "Authenticate",
  404: "The requested resource was not found",
  429: "Too Many Requests",
  500: "An internal server error has occurred",
};

/** An error as the vendor writes it: `{ code, message, more_info, status }`. */
export function errorBody(
  status: number,
  { code, message }: { readonly code?: string; readonly message?: string },
): Record<string, unknown> {
  const number = code === undefined ? defaultCode(status) : Number(code);
  return {
    code: number,
    message: message ?? MESSAGES[status] ?? "Error",
    more_info: `https://www.twilio.com/docs/errors/${number}`,
    status,
  };
}

/** The general errors of the vendor have codes of their status: 404 is 20404. A failed authentication is 20003. */
function defaultCode(status: number): number {
  return status === 401 ? 20003 : 20000 + status;
}

/** A dead key, a wrong one, one of a suspended account, and a standard key at `/Keys`: the vendor says it alike. */
export function notAuthenticated(): Refusal {
  return new Refusal(401, "Authenticate", { code: "20003" });
}

/** Unconfirmed: the status. The vendor's page of error 70051 names none, and that of 403 names this cause. */
export function notPermitted(): Refusal {
  return new Refusal(403, "Authorization Failed", { code: "70051" });
}

export function notFound(path: string): Refusal {
  return new Refusal(404, `The requested resource ${path} was not found`, { code: "20404" });
}

/** As the vendor writes times in its 2010 and IAM APIs: to the second, in GMT. */
export function rfc2822(ms: number): string {
  return new Date(ms).toUTCString().replace("GMT", "+0000");
}
