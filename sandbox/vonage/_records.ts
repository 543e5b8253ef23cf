import { createHash, randomUUID } from "node:crypto";
import { parsePhoneNumberFromString } from "libphonenumber-js/max";
import { Refusal, requireKnownQuery } from "../_gateway.ts";
import type { Request } from "../_server.ts";

/** What one secret sends through: the SMS API, or the Messages API. */
export type VonageProduct = "SMS" | "MESSAGES";

export interface SentMessage {
  readonly id: string;
  readonly accountId: string;
  readonly product: VonageProduct;
  readonly to: string;
  readonly from: string;
  readonly text: string;
  readonly sentAtMs: number;
}

const DAY_MS = 24 * 3_600_000;
const MAX_KEPT = 100_000;
const KNOWN = [
  "account_id",
  "product",
  "direction",
  "date_start",
  "date_end",
  "status",
  "include_message",
  "show_concatenated",
  "cursor",
  "iv",
];
const DATE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?(Z|[+-]\d{2}:?\d{2})$/;

interface Query {
  readonly accountId: string;
  readonly product: VonageProduct;
  readonly direction: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly withText: boolean;
  readonly offset: number;
}

/** What was sent, as the Reports API shows it: by date alone, not by id. */
export class RecordLog {
  readonly #messages: SentMessage[] = [];
  readonly #perPage: number;

  /** @param perPage how many rows a page has */
  constructor(perPage: number) {
    this.#perPage = perPage;
  }

  add(message: Omit<SentMessage, "id">): SentMessage {
    const added = { ...message, id: randomUUID() };
    this.#messages.push(added);
    if (this.#messages.length > MAX_KEPT) this.#messages.splice(0, MAX_KEPT / 10);
    return added;
  }

  /** One page, in the shape of reports.yml (`report_response_top_level`, `json_sms_outbound`). */
  page(request: Request, callerAccountId: string, nowMs: number): unknown {
    const query = parseQuery(request);
    if (query.accountId !== callerAccountId) {
      throw new Refusal(403, "User not authorized to query the requested data");
    }
    const found = this.#messages.filter((message) => isIn(message, query));
    const rows = found.slice(query.offset, query.offset + this.#perPage);
    const end = query.offset + rows.length;
    const more = end < found.length ? linkTo(request, end) : undefined;
    return {
      _links: { self: { href: hrefOf(request.query) }, ...(more ? { next: { href: more.href } } : {}) },
      request_id: randomUUID(),
      request_status: more ? "TRUNCATED" : "SUCCESS",
      ...(more ? { cursor: more.cursor, iv: more.iv } : {}),
      received_at: isoOf(nowMs),
      price: 0,
      currency: "EUR",
      account_id: query.accountId,
      product: query.product,
      direction: query.direction,
      items_count: rows.length,
      records: rows.map((message) => rowOf(message, query)),
    };
  }
}

function parseQuery(request: Request): Query {
  requireKnownQuery(request, KNOWN);
  const text = (name: string) => request.query.get(name) ?? "";
  for (const name of ["account_id", "product", "direction", "date_start", "date_end"]) {
    if (text(name) === "") throw invalid(name, "Missing required parameter");
  }
  if (text("account_id").length !== 8) throw invalid("account_id", "must have 8 characters");
  const product = text("product");
  if (product !== "SMS" && product !== "MESSAGES") throw invalid("product", "Could not resolve product name");
  const direction = text("direction");
  if (direction !== "inbound" && direction !== "outbound") throw invalid("direction", "Invalid direction");
  const [startMs, endMs] = [dateOf("date_start", text), dateOf("date_end", text)];
  if (endMs < startMs || endMs - startMs > DAY_MS) {
    throw invalid("date_end", "Must be no more than 24 hours later than date_start");
  }
  const withText = text("include_message") === "true";
  const offset = offsetOf(text("cursor"), text("iv"));
  return { accountId: text("account_id"), product, direction, startMs, endMs, withText, offset };
}

function dateOf(name: string, text: (name: string) => string): number {
  const ms = DATE.test(text(name))
    ? Date.parse(text(name).replace(/([+-]\d{2})(\d{2})$/, "$1:$2"))
    : Number.NaN;
  if (Number.isNaN(ms)) throw invalid(name, "Invalid date format");
  return ms;
}

/** Inclusive at its start, exclusive at its end (reports.yml). */
function isIn(message: SentMessage, { accountId, product, direction, startMs, endMs }: Query): boolean {
  if (message.accountId !== accountId || message.product !== product || direction !== "outbound")
    return false;
  return message.sentAtMs >= startMs && message.sentAtMs < endMs;
}

function rowOf(message: SentMessage, { withText }: Query): unknown {
  const country = parsePhoneNumberFromString(`+${message.to}`)?.country ?? null;
  return {
    account_id: message.accountId,
    message_id: message.id,
    client_ref: null,
    direction: "outbound",
    from: message.from,
    to: message.to,
    ...(withText ? { message_body: message.text } : {}),
    country,
    country_name: country === null ? null : new Intl.DisplayNames("en", { type: "region" }).of(country),
    date_received: isoOf(message.sentAtMs),
    date_finalized: isoOf(message.sentAtMs),
    latency: 0,
    status: "delivered",
    error_code: "0",
    currency: "EUR",
    total_price: "0.0333",
  };
}

function linkTo(request: Request, offset: number): { href: string; cursor: string; iv: string } {
  const cursor = Buffer.from(`row ${offset}`).toString("base64url");
  const iv = ivOf(cursor);
  const query = new URLSearchParams(request.query);
  query.set("cursor", cursor);
  query.set("iv", iv);
  return { href: hrefOf(query), cursor, iv };
}

/** The vendor's own host, whatever this gateway's is: a client that follows it whole goes astray. */
function hrefOf(query: URLSearchParams): string {
  return `https://api.nexmo.com/v2/reports/records?${query}`;
}

function offsetOf(cursor: string, iv: string): number {
  if (cursor === "" && iv === "") return 0;
  const offset = /^row (\d+)$/.exec(Buffer.from(cursor, "base64url").toString())?.[1];
  if (offset === undefined || iv !== ivOf(cursor)) throw invalid("cursor", "Invalid cursor");
  return Number(offset);
}

function ivOf(cursor: string): string {
  return createHash("sha256").update(cursor).digest("base64url").slice(0, 22);
}

/** As reports.yml has it: `2019-06-28T15:30:00+0000`, to the second. */
function isoOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, "+0000");
}

function invalid(name: string, reason: string): Refusal {
  return new Refusal(422, `${name}: ${reason}`, { code: "invalid-filter" });
}
