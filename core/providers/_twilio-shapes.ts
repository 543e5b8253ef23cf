import { z } from "zod";
import { ConfigError } from "../../contract/errors.ts";
import type { KeyFields } from "../../contract/secret-value.ts";
import { Sensitive } from "../../contract/sensitive.ts";
import type { KeySettings, ListedKey, Send } from "../cutover/ports.ts";
import { countryOf } from "./_country.ts";

/**
 * The shapes of Twilio's answers, as far as the adapters read them (twilio/twilio-oai @ d50069b4). In its descriptions no
 * field is required and nearly every one is nullable: what is needed here is required, the rest may be absent or null.
 */

/** RFC 2822 or ISO 8601, to the second. */
const Time = z
  .string()
  .transform((text) => Date.parse(text))
  .pipe(z.number())
  .nullish()
  .catch(null);

/** `{ allow: ["/twilio/messaging/messages/read"] }`, for all that is published. */
const KeyPolicy = z.record(z.string(), z.json());
export type KeyPolicy = z.infer<typeof KeyPolicy>;

export const KeyRow = z.object({
  sid: z.string().nullish(),
  friendly_name: z.string().nullish(),
  date_created: Time,
});

/** A page of keys, of IAM v1 (`meta`) or of the 2010 API (`next_page_uri`). */
export const Keys = z.object({
  keys: z.array(KeyRow),
  meta: z.object({ next_page_url: z.string().nullish() }).nullish(),
  next_page_uri: z.string().nullish(),
});

/** Of IAM v1. `policy` is null on a standard key: where it is absent, a key may as well be a restricted one. */
export const Key = z.object({ policy: KeyPolicy.nullish() });

export const MadeKey = z.object({
  sid: z.string().regex(/^SK[0-9a-fA-F]{32}$/),
  secret: z.string().min(1),
  date_created: Time,
  policy: KeyPolicy.nullish().catch(null),
});

export type MadeKey = z.infer<typeof MadeKey>;

export const SecondaryToken = z.object({
  account_sid: z.string().nullish(),
  secondary_auth_token: z.string().min(1),
  date_created: Time,
});

/** Every field of it is optional, and the promoted token is known already: it is dropped here. */
export const Promoted = z.object({});

/** Of a message never its body, which may be a one-time code (P6). */
export const Messages = z.object({
  messages: z.array(
    z.object({
      direction: z.string().nullish(),
      to: z.string().nullish(),
      date_sent: Time,
      date_created: Time,
      price: z.coerce.number().nullish().catch(null),
      price_unit: z.string().nullish(),
    }),
  ),
  next_page_uri: z.string().nullish(),
});

const Failure = z.object({
  code: z.union([z.number(), z.string()]).nullish().catch(null),
  message: z.string().nullish().catch(null),
});

/** The body of a refusal: `{ code, message, more_info, status }`. */
export function failureOf(json: unknown): { code?: string; message?: string } {
  const { code, message } = Failure.safeParse(json).data ?? {};
  return {
    ...(code === null || code === undefined ? {} : { code: String(code) }),
    ...(message ? { message } : {}),
  };
}

/** The link to the next page: null after the last one, absent where the answer does not say. */
export function nextOf(page: {
  meta?: z.infer<typeof Keys>["meta"];
  next_page_uri?: string | null | undefined;
}) {
  return page.meta ? page.meta.next_page_url : page.next_page_uri;
}

/** A row without a SID is of no use: the list that has one does not count as complete. */
export function listedKey(row: z.infer<typeof KeyRow>, account: string): ListedKey | undefined {
  const { sid, friendly_name: name, date_created: createdAtMs } = row;
  if (!sid) return undefined;
  return {
    id: sid,
    ...(name ? { name } : {}),
    ...(typeof createdAtMs === "number" ? { createdAtMs } : {}),
    is: ({ apiKeySid, accountSid }: KeyFields) => {
      if (apiKeySid === undefined) return undefined;
      const isOfAccount = accountSid === undefined || accountSid.reveal().trim() === account;
      return isOfAccount && apiKeySid.reveal().trim() === sid;
    },
  };
}

/** The permissions are a set: the vendor promises no order of them, and settings are compared. */
export function settingsOf(policy: KeyPolicy | null): KeySettings {
  if (policy === null || !Array.isArray(policy.allow)) return { policy };
  return { policy: { ...policy, allow: [...policy.allow].sort() } };
}

/** @throws ConfigError where the settings are not ones that this vendor's keys have */
export function policyOf({ policy }: KeySettings): KeyPolicy | null {
  const parsed = KeyPolicy.nullable().safeParse(policy);
  if (parsed.success) return parsed.data;
  throw new ConfigError("twilio-api-key settings", [
    { path: "policy", message: "is neither null, for a standard key, nor the policy of a restricted one" },
  ]);
}

/**
 * @param fallbackMs the time of a row that has none: the vendor found it in the time that was asked for
 * @returns `undefined` for a message that the account received
 */
export function sendOf(
  row: z.infer<typeof Messages>["messages"][number],
  fallbackMs: number,
): Send | undefined {
  if (row.direction === "inbound") return undefined;
  // `whatsapp:+15552229999` is the address of a channel.
  const number = row.to?.replace(/^[a-z]+:/i, "");
  const country = number ? countryOf(number) : undefined;
  const { price, price_unit: unit } = row;
  return {
    // Null until it is sent: a queued or failed one counts from its creation.
    atMs: row.date_sent ?? row.date_created ?? fallbackMs,
    ...(row.to ? { to: new Sensitive(number || row.to) } : {}),
    ...(country === undefined ? {} : { country }),
    // A price is what the balance changes by, so it is negative.
    ...(typeof price === "number" && unit
      ? { cost: { amount: Math.abs(price), currency: unit.toUpperCase() } }
      : {}),
  };
}
