import { type Handled, parseFormBody, Refusal, requireKnownQuery } from "../_gateway.ts";
import type { Answer } from "../_server.ts";
import { sid } from "./_accounts.ts";
import { PAGING, pageOf, pageOf2010 } from "./_paging.ts";
import { type Caller, rfc2822 } from "./_words.ts";

export interface Message {
  readonly id: string;
  readonly accountId: string;
  readonly to: string;
  readonly from: string | null;
  readonly serviceSid: string | null;
  readonly body: string;
  readonly createdAtMs: number;
}

/** How long a message waits in the vendor's queue; its `date_sent` and its price are null meanwhile. */
const QUEUED_MS = 1_000;
const PRICE_PER_MESSAGE = "-0.00790";
const MAX_BODY = 1600;

/** Every field of the vendor's request (twilio-oai, `CreateMessage`). This gateway understands the first four. */
const SEND_FIELDS = [
  ...["To", "From", "MessagingServiceSid", "Body", "StatusCallback", "ApplicationSid", "MaxPrice"],
  ...["ProvideFeedback", "Attempt", "ValidityPeriod", "ForceDelivery", "ContentRetention"],
  ...["AddressRetention", "SmartEncoded", "PersistentAction", "TrafficType", "ShortenUrls", "ScheduleType"],
  ...["SendAt", "SendAsMms", "ContentVariables", "RiskCheck", "FallbackFrom", "MediaUrl", "ContentSid"],
];
const LIST_FIELDS = ["To", "From", "DateSent", "DateSent<", "DateSent>", ...PAGING];
const ADDRESS = /^(\w+:)?\+[1-9]\d{4,14}$/;

/** The messages of all accounts, in the order of time. The oldest are forgotten. */
export class MessageLog {
  readonly #max: number;
  #messages: Message[] = [];

  /** @param max how many messages are kept */
  constructor(max: number) {
    this.#max = max;
  }

  add(message: Message): void {
    this.#messages.push(message);
    if (this.#messages.length > this.#max) this.#messages = this.#messages.slice(-Math.ceil(this.#max * 0.9));
  }

  /** Newest first. */
  of(accountId: string): readonly Message[] {
    return this.#messages.filter((message) => message.accountId === accountId).reverse();
  }
}

/** Takes a message in, and sends nothing. @returns the vendor's answer, and what to write down */
export function takeMessage(call: Handled<Caller>, log: MessageLog): { answer: Answer; message: Message } {
  const { request, caller, nowMs } = call;
  const form = parseFormBody(request, SEND_FIELDS);
  const { To: to, From: from, MessagingServiceSid: serviceSid, Body: body } = form;
  if (!to) throw new Refusal(400, "A 'To' phone number is required.", { code: "21604" });
  if (!ADDRESS.test(to)) throw new Refusal(400, "Invalid 'To' Phone Number", { code: "21211" });
  if (!from && !serviceSid) throw new Refusal(400, "A 'From' phone number is required.", { code: "21603" });
  if (!body) throw new Refusal(400, "Message body is required.", { code: "21602" });
  if (body.length > MAX_BODY)
    throw new Refusal(400, "The concatenated message body exceeds the 1600 character limit.", {
      code: "21617",
    });
  const message: Message = {
    id: sid("SM"),
    accountId: caller.account,
    to,
    from: from ?? null,
    serviceSid: serviceSid ?? null,
    body,
    createdAtMs: nowMs,
  };
  log.add(message);
  return { answer: { status: 201, body: messageRow(message, nowMs) }, message };
}

export function listMessages({ request, caller, nowMs }: Handled<Caller>, log: MessageLog): Answer {
  requireKnownQuery(request, LIST_FIELDS);
  const { query, path } = request;
  const [day, from, to] = [dayOf(query.get("DateSent")), query.get("DateSent>"), query.get("DateSent<")];
  const [fromMs, toMs] = [dateOf(from) ?? day?.fromMs, dateOf(to) ?? day?.toMs];
  // The vendor shows seconds, and filters on what it shows. Unconfirmed: that a message not sent yet counts by its creation.
  const shownMs = ({ createdAtMs }: Message) => Math.floor(createdAtMs / 1000) * 1000;
  const found = log.of(caller.account).filter((message) => {
    if (fromMs !== undefined && shownMs(message) < fromMs) return false;
    if (toMs !== undefined && shownMs(message) > toMs) return false;
    if (query.has("To") && query.get("To") !== message.to) return false;
    return !query.has("From") || query.get("From") === message.from;
  });
  const page = pageOf(found, request);
  const messages = page.rows.map((message) => messageRow(message, nowMs));
  return { status: 200, body: { ...pageOf2010(path, page), messages } };
}

function messageRow(message: Message, nowMs: number): Record<string, unknown> {
  const isSent = nowMs - message.createdAtMs >= QUEUED_MS;
  const createdAt = rfc2822(message.createdAtMs);
  const uri = `/2010-04-01/Accounts/${message.accountId}/Messages/${message.id}`;
  return {
    account_sid: message.accountId,
    api_version: "2010-04-01",
    body: message.body,
    date_created: createdAt,
    date_sent: isSent ? createdAt : null,
    date_updated: createdAt,
    direction: "outbound-api",
    error_code: null,
    error_message: null,
    from: message.from,
    messaging_service_sid: message.serviceSid,
    num_media: "0",
    num_segments: "1",
    price: isSent ? PRICE_PER_MESSAGE : null,
    price_unit: isSent ? "USD" : null,
    sid: message.id,
    status: isSent ? "sent" : "queued",
    subresource_uris: { media: `${uri}/Media.json` },
    to: message.to,
    uri: `${uri}.json`,
  };
}

function dateOf(text: string | null): number | undefined {
  if (text === null) return undefined;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new Refusal(400, "DateSent is not a date", { code: "20001" });
  return ms;
}

/** A date without a time is the whole day, in GMT. */
function dayOf(text: string | null): { fromMs: number; toMs: number } | undefined {
  const fromMs = dateOf(text);
  return fromMs === undefined ? undefined : { fromMs, toMs: fromMs + 24 * 3_600_000 - 1 };
}
