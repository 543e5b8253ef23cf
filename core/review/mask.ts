const MAX_DIGITS = 15;
const HIDDEN_AT_LEAST = 5;
const LEADING = 4;
const TRAILING = 3;

/**
 * Masks a phone number for a record: the first four digits and the last three at the most, and never fewer than five
 * hidden between. A finding shows nothing else of its numbers, not even the range they share, which could fill the gap.
 *
 * @param number filled up to 15 digits @param digits how many are its own
 */
export function maskNumber(number: number, digits: number): string {
  const text = String(number).padStart(MAX_DIGITS, "0").slice(0, digits);
  const shown = Math.max(0, digits - HIDDEN_AT_LEAST);
  const leading = Math.min(LEADING, Math.ceil(shown / 2));
  const trailing = Math.min(TRAILING, shown - leading);
  const hidden = "•".repeat(digits - leading - trailing);
  return `+${text.slice(0, leading)}${hidden}${text.slice(digits - trailing)}`;
}
