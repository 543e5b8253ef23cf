import type { Mischief } from "../scenario.ts";
import { randomFrom } from "./random.ts";

/** How an invocation ends before its time. */
export type Death =
  | { readonly kind: "at-request"; readonly request: number; readonly moment: "before" | "after" }
  | { readonly kind: "at-moment"; readonly afterMs: number };

/** What is going to happen to one invocation. */
export interface Fate {
  readonly death: Death | undefined;
  readonly isDeliveredTwice: boolean;
  /** Delivered once more, so much later. */
  readonly againAfterMs: number | undefined;
  readonly meetsAnother: boolean;
}

/** Most runs make fewer requests than this, to AWS and to the gateway together: so some of the doomed get away. */
const REQUESTS = { run: 9, sweep: 3 };
/** As long as a run takes that nobody disturbs, its start included. */
const LIFE_MS = 1_500;
const LATEST_MS = 6_000;

/** Draws the fate of the n-th invocation. */
export function drawFate(
  mischief: Mischief,
  { seed, nth, kind }: { readonly seed: number; readonly nth: number; readonly kind: "run" | "sweep" },
): Fate {
  const random = randomFrom(seed, nth);
  const isDoomed = random.chance(mischief.killed);
  const atRequest = random.chance(0.8);
  const request = 1 + random.below(REQUESTS[kind]);
  const moment = random.chance(0.5) ? "before" : "after";
  const afterMs = random.below(LIFE_MS);
  const death: Death = atRequest ? { kind: "at-request", request, moment } : { kind: "at-moment", afterMs };
  const isLate = random.chance(mischief.deliveredLate);
  const againAfterMs = random.below(LATEST_MS);
  return {
    death: isDoomed ? death : undefined,
    againAfterMs: isLate ? againAfterMs : undefined,
    isDeliveredTwice: random.chance(mischief.deliveredTwice),
    meetsAnother: random.chance(mischief.atOnce),
  };
}
