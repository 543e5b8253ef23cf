import { z } from "zod";
import { ConfigError } from "../../contract/errors.ts";
import type { KeySettings } from "../cutover/ports.ts";

/** The shapes of SendGrid's answers, as far as the adapter reads them (twilio/sendgrid-oai, spec/json/tsg_*_v3.json). */

/**
 * Scopes that the vendor puts on keys by itself, by what the account is and not by what was asked: they allow nothing.
 * Asked for or compared, they would make a new key differ from an old one for ever (the vendor's list in its
 * `teammate-permissions`; kenzo0107/terraform-provider-sendgrid #118, trois-six/terraform-provider-sendgrid #2).
 */
const MARKERS: ReadonlySet<string> = new Set([
  "2fa_required",
  "2fa_exempt",
  "sender_verification_eligible",
  "sender_verification_exempt",
  "sender_verification_legacy",
]);

const Scopes = z.array(z.string()).nullish();

const Row = z.object({ api_key_id: z.string().min(1), name: z.string().nullish() });
export const Rows = z.object({ result: z.array(Row) });

export const Made = z.object({
  api_key: z.string().min(1),
  api_key_id: z.string().nullish(),
  scopes: Scopes,
});

const Details = z.object({ api_key_id: z.string().nullish(), scopes: Scopes });
/** A list in the published description (GetApiKey, `result`), one key in the vendor's documentation: either is read. */
export const Key = z.object({ ...Details.shape, result: z.array(Details).nullish() });

export const Granted = z.object({ scopes: z.array(z.string()) });

export const User = z.object({ user_id: z.union([z.int(), z.string().min(1)]).transform(String) });

const Failure = z.object({ errors: z.array(z.object({ message: z.string().nullish() })).min(1) });

export function failureOf(json: unknown): { message?: string } {
  const message = Failure.safeParse(json).data?.errors[0]?.message;
  return message ? { message } : {};
}

/** Whether the vendor wrote it, and not something in between. */
export function isFailure(json: unknown): boolean {
  return Failure.safeParse(json).success;
}

/** The scopes of one key, of all that an answer holds; `undefined` where it is not among them or has none. */
export function scopesIn(answer: z.infer<typeof Key>, keyId: string): readonly string[] | undefined {
  const rows = answer.result ?? [answer];
  const isNameless = rows.length === 1 && !rows[0]?.api_key_id;
  const row = isNameless ? rows[0] : rows.find(({ api_key_id }) => api_key_id === keyId);
  const { scopes } = normalized(row?.scopes ?? []);
  return scopes.length > 0 ? scopes : undefined;
}

/** One order for scopes that are the same, whatever the vendor's, and without those that it adds by itself. */
export function normalized(scopes: readonly string[]): { readonly scopes: string[] } {
  return { scopes: [...new Set(scopes)].filter((scope) => !MARKERS.has(scope)).sort() };
}

/** @throws ConfigError where the settings are not ones that this vendor's keys have: none would be full access */
export function scopesOf({ scopes }: KeySettings): string[] {
  const parsed = z.array(z.string()).safeParse(scopes);
  const wanted = normalized(parsed.data ?? []).scopes;
  if (wanted.length > 0) return wanted;
  const message = "is not a list with a scope in it, and a key that is made without scopes has full access";
  throw new ConfigError("sendgrid settings", [{ path: "scopes", message }]);
}
