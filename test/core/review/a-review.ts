import { SendReview } from "../../../contract/send-review.ts";
import { Sensitive } from "../../../contract/sensitive.ts";
import type { Send } from "../../../core/cutover/key-provider.ts";
import { type ReviewRequest, SendReviewer } from "../../../core/review/review-sends.ts";

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
/** The exposure: two days, from a Monday's midnight on. */
export const EXPOSURE = { sinceMs: Date.UTC(2026, 5, 1), untilMs: Date.UTC(2026, 5, 3) };

const INDIA = 4_000_000_000;
/** Shares no factor with India's numbers, and scatters neighbours. */
const STEP = 1_618_033_989;
const TRAVELLERS = ["AE 97150", "US 1415555", "GB 447712", "SG 65912", "NP 97798"] as const;

/** The number of a customer: nobody's neighbour has the next one. */
export function customer(index: number): string {
  return `+91${6_000_000_000 + ((index * STEP) % INDIA)}`;
}

export function send(atMs: number, number: string, rest: Partial<Send> = {}): Send {
  return { atMs, to: new Sensitive(number), country: "IN", ...rest };
}

interface Quiet {
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly perHour?: number;
  /** Where the customers begin to be new ones. */
  readonly firstNew?: number;
}

/** A small service: three of four sends go to people who are known, one of fifty to somebody abroad. */
export function ordinary({ sinceMs, untilMs, perHour = 20, firstNew = 5000 }: Quiet): Send[] {
  const sends: Send[] = [];
  let next = firstNew;
  for (let hour = 0; sinceMs + hour * HOUR < untilMs; hour++) {
    const atMs = sinceMs + hour * HOUR;
    for (let count = 0; count < perHour; count++) {
      const at = atMs + Math.floor((count * HOUR) / perHour);
      const isNew = count % 4 === 3;
      sends.push(send(at, customer(isNew ? next++ : (hour * 37 + count * 11) % 5000)));
    }
    if (hour % 3 === 0) sends.push(traveller(atMs, hour / 3));
  }
  return sends;
}

function traveller(atMs: number, index: number): Send {
  const [country, prefix] = (TRAVELLERS[index % TRAVELLERS.length] ?? TRAVELLERS[0]).split(" ");
  const rest = String((index * 7919) % 10_000).padStart(4, "0");
  return send(atMs, `+${prefix}${rest}`, country === undefined ? {} : { country });
}

/** Four weeks of the service before the exposure, and the exposure. */
export function ordinaryWeeks(weeks = 4): Send[] {
  const sinceMs = EXPOSURE.sinceMs - weeks * 7 * DAY;
  return ordinary({ sinceMs, untilMs: EXPOSURE.untilMs });
}

/** `count` sends, evenly over some hours of the exposure. */
export function attack(count: number, sendAt: (index: number, atMs: number) => Send, hours = 3): Send[] {
  const sinceMs = EXPOSURE.sinceMs + 30 * HOUR;
  return Array.from({ length: count }, (_, index) =>
    sendAt(index, sinceMs + Math.floor((index * hours * HOUR) / count)),
  );
}

/** Reviews the sends in pages, and holds what comes out to the published schema. */
export function review(sends: readonly Send[], request: Partial<ReviewRequest> = {}): SendReview {
  const reviewer = new SendReviewer({ exposure: EXPOSURE, leakedKeyIds: [], ...request });
  for (let start = 0; start < sends.length; start += 100) reviewer.add(sends.slice(start, start + 100));
  return SendReview.parse(reviewer.finish({ kind: "complete" }));
}

export function kindsOf({ findings }: SendReview): string[] {
  return findings.map(({ kind, country }) => `${kind} ${country ?? "-"}`);
}
