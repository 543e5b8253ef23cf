import { parsePhoneNumberFromString } from "libphonenumber-js/max";

/**
 * Tells the country of a phone number, ISO 3166-1 alpha-2; `undefined` where it has none (satellite, toll-free) or is
 * no number. With or without a leading `+`, as vendors write it.
 *
 * The large metadata: with the small one, numbers of countries that share a calling code (`+1`, `+7`, `+44`) may be
 * taken for the largest of them, and the Caribbean premium ranges are what a review looks for.
 */
export function countryOf(number: string): string | undefined {
  const digits = number.replace(/^\+|^00/, "");
  if (!/^\d{4,15}$/.test(digits)) return undefined;
  return parsePhoneNumberFromString(`+${digits}`)?.country;
}
