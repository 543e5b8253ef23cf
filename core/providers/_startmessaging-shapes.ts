import { createHash } from "node:crypto";
import { z } from "zod";
import { ConfigError } from "../../contract/errors.ts";
import { Sensitive } from "../../contract/sensitive.ts";
import type { KeySettings, ListedKey, Send } from "../cutover/ports.ts";
import { countryOf } from "./_country.ts";

/** The shapes of StartMessaging's answers, as far as the adapter reads them (PROVIDERS §1). */

const Time = z
  .string()
  .transform((text) => Date.parse(text))
  .pipe(z.number());
const AllowedIps = z.array(z.string()).nullish();

const Row = z.object({
  id: z.string().min(1),
  createdAt: Time,
  userId: z.string().min(1).nullish(),
  label: z.string().nullish(),
  keyHash: z.string().nullish(),
  allowedIps: AllowedIps,
  lastUsedAt: Time.nullish(),
  deletedAt: Time.nullish(),
});
export const Rows = z.object({ data: z.array(Row) });
export type Row = z.infer<typeof Row>;

export const Made = z.object({
  data: z.object({
    id: z.string().min(1),
    key: z.string().min(1),
    allowedIps: AllowedIps,
    createdAt: Time.nullish(),
  }),
});

export const Wallet = z.object({ data: z.object({ userId: z.string().min(1) }) });

/** The vendor's yes, which no other page that answers 200 looks like. */
export const Yes = z.object({ data: z.looseObject({}) });

/** Of a message never its content, which is a one-time code (P6). */
export const Messages = z.object({
  data: z.array(
    z.object({
      createdAt: Time,
      apiKeyId: z.string().nullish(),
      phoneNumber: z.string().nullish(),
      costAmount: z.coerce.number().nullish().catch(null),
    }),
  ),
  pagination: z.object({ nextCursor: z.string().nullish() }).nullish(),
});

const Failure = z.object({ error: z.object({ code: z.string().nullish(), message: z.string().nullish() }) });

export function failureOf(json: unknown): { code?: string; message?: string } {
  const error = Failure.safeParse(json).data?.error;
  return {
    ...(error?.code ? { code: error.code } : {}),
    ...(error?.message ? { message: error.message } : {}),
  };
}

export function listedKey(row: Row): ListedKey {
  const { keyHash } = row;
  return {
    id: row.id,
    ...(row.label ? { name: row.label } : {}),
    createdAtMs: row.createdAt,
    ...(row.lastUsedAt ? { lastUsedAtMs: row.lastUsedAt } : {}),
    is: ({ apiKey }) => {
      if (!keyHash || apiKey === undefined) return undefined;
      return hashOf(apiKey) === keyHash.toLowerCase();
    },
  };
}

/** `keyHash` is the sha256 of the key, in hex. A header carries no white space around a value, so it is no part of it. */
function hashOf(key: Sensitive): string {
  return createHash("sha256").update(key.reveal().trim()).digest("hex");
}

export function settingsOf({ allowedIps }: Pick<Row, "allowedIps">): KeySettings {
  return { allowedIps: allowedIps ?? null };
}

/** @throws ConfigError where the settings are not ones that this vendor's keys have */
export function allowedIpsOf({ allowedIps }: KeySettings): string[] | null {
  const parsed = AllowedIps.safeParse(allowedIps);
  if (parsed.success) return parsed.data ?? null;
  throw new ConfigError("startmessaging settings", [
    { path: "allowedIps", message: "is not a list of addresses" },
  ]);
}

/** The vendor bills in Indian rupees (`GET /wallet`: `currency: "INR"`), and its rows name none. */
export function sendOf(row: z.infer<typeof Messages>["data"][number]): Send {
  const { createdAt: atMs, apiKeyId, phoneNumber, costAmount } = row;
  const country = phoneNumber ? countryOf(phoneNumber) : undefined;
  return {
    atMs,
    ...(phoneNumber ? { to: new Sensitive(phoneNumber) } : {}),
    ...(country === undefined ? {} : { country }),
    ...(apiKeyId ? { keyId: apiKeyId } : {}),
    ...(typeof costAmount === "number" ? { cost: { amount: costAmount, currency: "INR" } } : {}),
  };
}
