import { Refusal } from "../_gateway.ts";
import type { Request } from "../_server.ts";

/** The vendor's parameters of every list. */
export const PAGING = ["PageSize", "Page", "PageToken"] as const;

/** One page of a list, and what leads to the others. */
export interface Page<T> {
  readonly rows: readonly T[];
  /** From 0. */
  readonly number: number;
  readonly size: number;
  /** Where the first row stands in the whole list. */
  readonly start: number;
  /** Queries, with their `?`. */
  readonly self: string;
  readonly first: string;
  readonly next: string | null;
  readonly previous: string | null;
}

/**
 * Cuts the page that a query asks for. A later page is found by its token, which holds the row before it: what is made
 * or deleted meanwhile does not shift it.
 */
export function pageOf<T extends { readonly id: string }>(
  rows: readonly T[],
  { query }: Pick<Request, "query">,
): Page<T> {
  const size = intOf(query.get("PageSize"), { name: "PageSize", fallback: 50, min: 1, max: 1000 });
  const number = intOf(query.get("Page"), { name: "Page", fallback: 0, min: 0, max: 1_000_000 });
  const token = query.get("PageToken");
  if (number > 0 && token === null) throw new Refusal(400, "Page needs a PageToken", { code: "20001" });
  const before = token === null ? -1 : rows.findIndex(({ id }) => `PA${id}` === token);
  if (token !== null && before < 0) throw new Refusal(400, "Invalid PageToken", { code: "20001" });
  const start = before + 1;
  const cut = rows.slice(start, start + size);
  const last = cut.at(-1);
  const hasMore = last !== undefined && start + size < rows.length;
  const linkTo = (page: number, pageToken?: string | null) => {
    const link = new URLSearchParams([...query].filter(([name]) => !/^Page/.test(name)));
    link.set("PageSize", String(size));
    link.set("Page", String(page));
    if (pageToken) link.set("PageToken", pageToken);
    return `?${link}`;
  };
  return {
    rows: cut,
    number,
    size,
    start,
    self: linkTo(number, token),
    first: linkTo(0),
    next: hasMore ? linkTo(number + 1, `PA${last.id}`) : null,
    previous: number === 0 ? null : linkTo(0),
  };
}

/** The form of the 2010 API: links are relative to the host. */
export function pageOf2010<T>(path: string, page: Page<T>): Record<string, unknown> {
  const linkOf = (query: string | null) => (query === null ? null : path + query);
  return {
    first_page_uri: linkOf(page.first),
    end: page.start + Math.max(0, page.rows.length - 1),
    previous_page_uri: linkOf(page.previous),
    uri: linkOf(page.self),
    page_size: page.size,
    start: page.start,
    next_page_uri: linkOf(page.next),
    page: page.number,
  };
}

/** The form of the newer APIs: links are whole URLs, in an object of their own. */
export function metaOf<T>(request: Request, key: string, page: Page<T>): Record<string, unknown> {
  const base = `http://${request.header("host") ?? "iam.twilio.com"}${request.path}`;
  const linkOf = (query: string | null) => (query === null ? null : base + query);
  return {
    page: page.number,
    page_size: page.size,
    first_page_url: linkOf(page.first),
    previous_page_url: linkOf(page.previous),
    url: linkOf(page.self),
    next_page_url: linkOf(page.next),
    key,
  };
}

function intOf(
  text: string | null,
  { name, fallback, min, max }: { name: string; fallback: number; min: number; max: number },
): number {
  if (text === null) return fallback;
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new Refusal(400, `${name} is not a number from ${min} to ${max}`, { code: "20001" });
}
