import { phoneOf } from "../load/people.ts";

/** One send of the weeks before. */
export interface PastSend {
  /** E.164. */
  readonly phoneNumber: string;
  readonly atMs: number;
}

const HOUR_MS = 3_600_000;
/** Four weeks are what a review compares an hour of the week with; more would take it longer to read. */
const DAYS = 28;
const SENDS_PER_DAY = 100;

/** Sends by the hour of the day in India, as shares of a day's: people sleep at four, and log in at eight in the evening. */
const BY_HOUR = [1, 1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 6, 6, 6, 5, 5, 5, 6, 7, 8, 8, 7, 5, 3];
const INDIA_MS = 5.5 * HOUR_MS;

/** People who log in from abroad, where an Indian service's customers travel; the rest of each number is their own. */
const TRAVELLERS = ["+97150", "+97155", "+4477", "+6591", "+1408", "+1510"];
const TRAVELLERS_PER_DAY = 3;

/** Who logged in before is a customer, and may log in again. */
const CUSTOMERS = 1_500;

/**
 * The ordinary sends of the weeks before, oldest first: what a review of sends takes for usual. The same for the same
 * hour, so that two rehearsals can be compared.
 */
export function* ordinarySends(nowMs: number): Iterable<PastSend> {
  const total = BY_HOUR.reduce((sum, share) => sum + share, 0);
  let count = 0;
  for (let hour = DAYS * 24; hour >= 1; hour -= 1) {
    const fromMs = nowMs - hour * HOUR_MS;
    const share = BY_HOUR[new Date(fromMs + INDIA_MS).getUTCHours()] ?? 0;
    const due = Math.round((SENDS_PER_DAY * share) / total);
    for (let send = 0; send < due; send += 1) {
      count += 1;
      const isAbroad = count % Math.round(SENDS_PER_DAY / TRAVELLERS_PER_DAY) === 0;
      const atMs = Math.floor(fromMs + ((send + 0.5) / due) * HOUR_MS);
      yield { phoneNumber: isAbroad ? travellerOf(count) : phoneOf((count * 7) % CUSTOMERS), atMs };
    }
  }
}

function travellerOf(count: number): string {
  const prefix = TRAVELLERS[count % TRAVELLERS.length] ?? "";
  return prefix + String(1_000_000 + ((count * 7_919) % 8_999_999));
}
