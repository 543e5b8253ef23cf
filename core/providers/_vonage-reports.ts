import { ProviderUnavailableError } from "../../contract/errors.ts";
import type { Send } from "../cutover/ports.ts";
import { type HttpAnswer, readAnswer, unreadable } from "./_answer.ts";
import * as shapes from "./_vonage-shapes.ts";

const HOUR_MS = 3_600_000;
/** The longest window that the Reports API takes (reports.yml, `date_end`). */
const WINDOW_MS = 24 * HOUR_MS;
/** "Data records are kept for thirteen months" (developer.vonage.com/reports/overview). */
export const REACH_HOURS = 13 * 30 * 24;
/**
 * One secret sends through either: a thief takes whichever he likes. (Not VERIFY-API, which has its own parameters, nor
 * voice. Unconfirmed: whether an SMS of the Messages API is listed under SMS, too, and so counted twice.)
 */
const PRODUCTS = ["SMS", "MESSAGES"] as const;

/** Asks for one page of records. `advice`: what to do about a refusal. */
type Ask = (query: Record<string, string>) => Promise<{ answer: HttpAnswer; advice: string | undefined }>;

interface Range {
  readonly account: string;
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly nowMs: number;
}

/** Window by window, oldest first. The vendor counts `date_start` in and `date_end` out, as the port does. */
export async function* listSends(range: Range, ask: Ask): AsyncIterable<readonly Send[]> {
  const firstMs = Math.max(range.sinceMs, range.nowMs - REACH_HOURS * HOUR_MS);
  // An hour for clocks that differ: later than that, nothing was sent.
  const endMs = Math.min(range.untilMs, range.nowMs + HOUR_MS);
  for (const product of PRODUCTS) {
    for (let startMs = firstMs; startMs < endMs; startMs += WINDOW_MS) {
      const filter = {
        account_id: range.account,
        product,
        direction: "outbound",
        date_start: new Date(startMs).toISOString(),
        date_end: new Date(Math.min(startMs + WINDOW_MS, endMs)).toISOString(),
      };
      yield* pagesOf(filter, startMs, ask);
    }
  }
}

/**
 * 1000 rows a page; `TRUNCATED` says that there are more, and a cursor with its `iv` leads to them
 * (developer.vonage.com/reports/guides/how-to-handle-pagination). Of the link only those two are taken.
 */
async function* pagesOf(
  filter: Record<string, string>,
  startMs: number,
  ask: Ask,
): AsyncIterable<readonly Send[]> {
  let next: { cursor: string; iv: string } | undefined;
  do {
    const { answer, advice } = await ask({ ...filter, ...next });
    const page = readAnswer(answer, shapes.Records, advice);
    const status = page.request_status ?? "SUCCESS";
    if (status !== "SUCCESS" && status !== "TRUNCATED") {
      throw new ProviderUnavailableError(`${answer.what} was not finished, got ${status}. Repeat it.`);
    }
    yield (page.records ?? []).map((row) => shapes.sendOf(row, startMs));
    const previous = next?.cursor;
    next = status === "TRUNCATED" ? shapes.nextPageOf(page) : undefined;
    if (status === "TRUNCATED" && (!next || next.cursor === previous)) {
      throw unreadable(answer, "TRUNCATED without a cursor that leads on");
    }
  } while (next);
}
