import { z } from "zod";
import { Sensitive } from "../../contract/sensitive.ts";
import type { Send } from "../cutover/ports.ts";
import { countryOf } from "./_country.ts";
import { queryOfLink } from "./_http.ts";

/** The shapes of Vonage's answers, as far as the adapter reads them (Nexmo/api-specification, account.yml, reports.yml). */

/** The Reports API writes offsets without a colon (`+0000`), which not every parser of ISO times takes. */
const Time = z
  .string()
  .transform((text) => Date.parse(text.replace(/([+-]\d{2})(\d{2})$/, "$1:$2")))
  .pipe(z.number());

const Text = z.string().nullish();

export const Secret = z.object({ id: z.string().min(1), created_at: Time.nullish() });

/** Never empty: an account has at least one secret, the one that asks. */
export const Secrets = z.object({ _embedded: z.object({ secrets: z.array(Secret).min(1) }) });

/** Of a message never its `message_body`, which may be a one-time code (P6). It is not asked for, either. */
const SendRow = z.object({
  to: Text,
  country: Text,
  date_received: Time.nullish().catch(null),
  date_finalized: Time.nullish().catch(null),
  total_price: z.coerce.number().nullish().catch(null),
  currency: Text,
});

export const Records = z
  .object({
    request_status: Text,
    records: z.array(SendRow).nullish(),
    items_count: z.number().nullish(),
    cursor: Text,
    iv: Text,
    _links: z.object({ next: z.object({ href: Text }).nullish() }).nullish(),
  })
  // Without rows and without a word that there are none, it is another page: no sends must not be read out of it.
  .refine(({ records, items_count }) => records || items_count === 0);

const Failure = z.object({ type: Text, title: Text, detail: Text });

/** What the vendor says of a refusal: `code` is the end of its `type`, `…/secret-management#delete-last-secret`. */
export function failureOf(json: unknown): { code?: string; message?: string } {
  const { type, title, detail } = Failure.safeParse(json).data ?? {};
  const code = type?.split("#")[1];
  const message = detail ?? title;
  return { ...(code ? { code } : {}), ...(message ? { message } : {}) };
}

/** Where the rows go on, as query parameters of the next request; `undefined` where they end or it is not said. */
export function nextPageOf(page: z.infer<typeof Records>): { cursor: string; iv: string } | undefined {
  const link = queryOfLink(page._links?.next?.href ?? "");
  const cursor = link.cursor ?? page.cursor;
  const iv = link.iv ?? page.iv;
  return cursor && iv ? { cursor, iv } : undefined;
}

/** @param windowStartMs the start of the window that was asked for: what stands for the time of a row without one */
export function sendOf(row: z.infer<typeof SendRow>, windowStartMs: number): Send {
  const { to, total_price: amount, currency } = row;
  const country = /^[A-Za-z]{2}$/.test(row.country ?? "") ? row.country?.toUpperCase() : countryOf(to ?? "");
  return {
    atMs: row.date_received ?? row.date_finalized ?? windowStartMs,
    // The vendor writes numbers without the leading plus.
    ...(to ? { to: new Sensitive(/^\d{7,15}$/.test(to) ? `+${to}` : to) } : {}),
    ...(country ? { country } : {}),
    ...(typeof amount === "number" && currency ? { cost: { amount, currency } } : {}),
  };
}
