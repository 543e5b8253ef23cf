import { z } from "zod";
import { ConfigError } from "../../contract/errors.ts";
import { Sensitive } from "../../contract/sensitive.ts";
import type { KeySettings, ListedKey, Send } from "../cutover/ports.ts";
import { countryOf } from "./_country.ts";

/** The shapes of Infobip's answers, as far as the adapter reads them (its OpenAPI descriptions; PROVIDERS §5). */

/** "Time is in UTC", and the vendor's examples name no zone: a bare time must not be taken for the machine's own. */
const Time = z
  .string()
  .transform((text) =>
    Date.parse(/(Z|[+-]\d{2}:?\d{2})$/.test(text) || !text.includes("T") ? text : `${text}Z`),
  )
  .pipe(z.number());

const Texts = z.array(z.string()).nullish();
const Platform = z.object({
  applicationId: z.string(),
  entityId: z.string().nullish(),
  action: z.string().nullish(),
});

export const Row = z.object({
  id: z.string().min(1),
  apiKeySecret: z
    .string()
    .nullish()
    .transform((text) => (text ? new Sensitive(text) : undefined)),
  accountId: z.string().nullish(),
  name: z.string().nullish(),
  allowedIPs: Texts,
  validTo: Time.nullish(),
  enabled: z.boolean().nullish(),
  permissions: Texts,
  platform: z.array(Platform).nullish(),
  scopeGuids: Texts,
});
export type Row = z.infer<typeof Row>;

export const Rows = z.object({
  apiKeys: z.array(Row).nullish(),
  paging: z.object({ totalCount: z.number().nullish(), totalPages: z.number().nullish() }).nullish(),
});

/** The one answer that must hold the value: it is shown now, and perhaps never again. */
export const Made = Row.extend({
  apiKeySecret: z
    .string()
    .min(1)
    .transform((text) => new Sensitive(text)),
});

export const Token = z.object({ access_token: z.string().min(1), expires_in: z.number().nullish() });

/** Both fields are optional. */
export const Balance = z.object({ balance: z.number().nullish(), currency: z.string().nullish() });

/** Of a message never its content, which is a one-time code (P6). */
const Log = z.object({
  destination: z.string().nullish(),
  sentAt: Time.nullish(),
  doneAt: Time.nullish(),
  messageCount: z.number().nullish(),
  price: z.object({ pricePerMessage: z.number().nullish(), currency: z.string().nullish() }).nullish(),
});
export const Logs = z.object({
  results: z.array(Log).nullish(),
  cursor: z.object({ nextCursor: z.string().nullish() }).nullish(),
});

const ApiError = z.object({ errorCode: z.string(), description: z.string().nullish() });
const ApiException = z.object({
  requestError: z.object({
    serviceException: z.object({ messageId: z.string().nullish(), text: z.string().nullish() }),
  }),
});

/** The vendor writes errors in two ways: `ApiError` for keys and messages, `ApiException` for balance and tokens. */
export function failureOf(json: unknown): { code?: string; message?: string } {
  const error = ApiError.safeParse(json).data;
  const exception = ApiException.safeParse(json).data?.requestError.serviceException;
  const [code, message] = [error?.errorCode ?? exception?.messageId, error?.description ?? exception?.text];
  return { ...(code ? { code } : {}), ...(message ? { message } : {}) };
}

/**
 * A key as it is listed. The vendor does not say when it was made: `validFrom` is that only where nothing else was asked,
 * and perhaps the day alone. The name that dualkey gives says it.
 *
 * An expired key is as dead as a disabled one, though the vendor still calls it enabled.
 */
export function listedKey(row: Row, nowMs: number): ListedKey {
  const { id, name, validTo, enabled, apiKeySecret } = row;
  const isDisabled = enabled === false || (typeof validTo === "number" && validTo <= nowMs);
  return {
    id,
    ...(name ? { name } : {}),
    ...(isDisabled ? { isDisabled } : {}),
    is: ({ apiKey }) => {
      if (!apiKey || !apiKeySecret) return undefined;
      if (apiKey.reveal().trim() === apiKeySecret.reveal()) return true;
      // Unconfirmed: whether lists show values in clear. What does not look like a key may be one with a mask.
      return IS_KEY.test(apiKeySecret.reveal()) ? false : undefined;
    },
  };
}

/** The vendor's own example, in its description of `APIKeyHeader`. */
const KEY = "[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const IS_KEY = new RegExp(`^${KEY}$`, "i");
export const KEY_PATTERN = new RegExp(KEY, "gi");

const Settings = z.object({
  allowedIPs: z.array(z.string()),
  permissions: z.array(z.string()),
  platform: z.array(Platform),
  scopeGuids: z.array(z.string()).nullable(),
});

/**
 * What a key is limited to, in one form for all that means the same: no addresses or no platform is an empty list; no
 * permissions is the vendor's default, `PUBLIC_API`, but for a key with a platform, which has none ("cannot be created
 * with both"). No scopes is not the same as an empty list of them, with which a key "will no longer be able to access any
 * API endpoint".
 */
export function settingsOf(
  row: Pick<Row, "allowedIPs" | "permissions" | "platform" | "scopeGuids">,
): KeySettings {
  const platform = (row.platform ?? []).map(({ applicationId, entityId, action }) => ({
    applicationId,
    ...(entityId ? { entityId } : {}),
    ...(action ? { action } : {}),
  }));
  const permissions = row.permissions?.length ? row.permissions.toSorted() : ["PUBLIC_API"];
  const isDefault = permissions.length === 1 && permissions[0] === "PUBLIC_API";
  return {
    allowedIPs: (row.allowedIPs ?? []).toSorted(),
    permissions: platform.length > 0 && isDefault ? [] : permissions,
    platform: platform.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    scopeGuids: row.scopeGuids?.toSorted() ?? null,
  };
}

/**
 * The part of a request that makes a key with these settings. Empty lists are left out, but for scopes.
 *
 * @throws ConfigError where the settings are not ones that this vendor's keys have
 */
export function requestOf(settings: KeySettings): Record<string, unknown> {
  const parsed = Settings.safeParse(settings);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path }) => ({
      path: z.core.toDotPath(path),
      message: "is not a setting of an Infobip key",
    }));
    throw new ConfigError("infobip settings", problems);
  }
  const { scopeGuids, ...lists } = parsed.data;
  const filled = Object.entries(lists).filter(([, list]) => list.length > 0);
  return { ...Object.fromEntries(filled), ...(scopeGuids === null ? {} : { scopeGuids }) };
}

/** @param fallbackMs for a row without a time, which the vendor's schema allows: the start of what was asked for */
export function sendOf(row: z.infer<typeof Log>, fallbackMs: number): Send {
  const { destination, sentAt, doneAt, messageCount, price } = row;
  const country = destination ? countryOf(destination) : undefined;
  const { pricePerMessage, currency } = price ?? {};
  const hasCost = typeof pricePerMessage === "number" && currency;
  return {
    atMs: sentAt ?? doneAt ?? fallbackMs,
    ...(destination ? { to: new Sensitive(destination) } : {}),
    ...(country === undefined ? {} : { country }),
    // A text that was split is as many messages.
    ...(hasCost ? { cost: { amount: pricePerMessage * (messageCount ?? 1), currency } } : {}),
  };
}
