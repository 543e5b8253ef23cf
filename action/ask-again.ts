import type { ResponderAnswer } from "../contract/responder-answer.ts";
import { AwsCallError, NotAnsweredError } from "./failure.ts";
import { log } from "./runner.ts";

/** What asking again takes. */
export interface AskAgain {
  readonly ask: (signal: AbortSignal) => Promise<ResponderAnswer>;
  /** Whether asking again has no sense. */
  readonly isSettled: (answer: ResponderAnswer) => boolean;
  /** Until when, in milliseconds since the epoch. */
  readonly untilMs: number;
  readonly signal: AbortSignal;
  readonly now: () => number;
  /** Waits, and rejects as soon as the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** How the asking ended, and what is known by then. */
export interface Asked {
  readonly end: "settled" | "time-over" | "cancelled" | "failed";
  /** The last answer; absent where there was none. */
  readonly answer?: ResponderAnswer;
  /** Why there was no newer answer, where the last time of asking failed. */
  readonly failure?: string;
}

/** Seconds count, and the deployment's clock helps only every five minutes. */
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Asks until the answer is settled or the time is over. Asked again, the responder joins what it has begun, so a call that
 * fails, or whose outcome nobody knows, is repeated, too: before a leak has its label, nothing but this helps.
 */
export async function askAgain({ ask, isSettled, untilMs, signal, now, sleep }: AskAgain): Promise<Asked> {
  let answer: ResponderAnswer | undefined;
  let said = "";
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    const last = await ask(signal).catch(explained);
    if (!(last instanceof Error)) answer = last;
    const failure = last instanceof Error ? { failure: last.message } : {};
    const known = { ...(answer === undefined ? {} : { answer }), ...failure };
    if (signal.aborted) return { end: "cancelled", ...known };
    const words = last instanceof Error ? last.message : `${last.secret}: ${last.result}. ${last.next}`;
    if (words !== said) log(words);
    said = words;
    if (last instanceof Error) {
      if (!last.isTransient) return { end: "failed", ...known };
    } else if (isSettled(last)) {
      return { end: "settled", ...known };
    }
    if (now() >= untilMs) return { end: "time-over", ...known };
    await sleep(Math.min(pauseMs, untilMs - now()), signal).catch(() => undefined);
  }
}

function explained(error: unknown): AwsCallError | NotAnsweredError {
  if (error instanceof AwsCallError || error instanceof NotAnsweredError) return error;
  throw error;
}
