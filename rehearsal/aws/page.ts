import { AwsError } from "./aws-error.ts";

/** One page of a list, and where the next one starts. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextToken: string | undefined;
}

/** What a caller asks for: how many, and from where. */
export interface PageRequest {
  readonly size: number;
  readonly token: string | undefined;
  /** The service's own name of the error for a token that it did not make. */
  readonly tokenError: string;
}

/** Cuts one page out of a list. The token is opaque to callers: it is the next item's place. */
export function cutPage<Item>(all: readonly Item[], request: PageRequest): Page<Item> {
  const start = request.token === undefined ? 0 : readToken(request.token, request.tokenError);
  const end = start + request.size;
  const nextToken = end < all.length ? Buffer.from(`at:${end}`).toString("base64") : undefined;
  return { items: all.slice(start, end), nextToken };
}

function readToken(token: string, errorType: string): number {
  const match = /^at:(\d+)$/.exec(Buffer.from(token, "base64").toString());
  if (!match) throw new AwsError(errorType, "The NextToken value is invalid.");
  return Number(match[1]);
}
