import type { ReviewCoverage, SendReview } from "../../contract/send-review.ts";
import type { Send } from "../cutover/key-provider.ts";
import { buildReview } from "./build-review.ts";
import { findSuspicions } from "./find-suspicions.ts";
import type { LeakedKeys } from "./leaked-key.ts";
import { SendColumns } from "./send-columns.ts";

/** What is to be reviewed. */
export interface ReviewRequest {
  /** From the leak's time, or the key's birth; until the review. The end exclusive. */
  readonly exposure: { readonly sinceMs: number; readonly untilMs: number };
  /** The provider's ids of the leaked keys. */
  readonly leakedKeyIds: readonly string[];
  /** When consumers were given another key; absent where they were not. */
  readonly cutoverAtMs?: number;
  /** How long after the cutover a consumer may use the key that it has in memory. @default 300 */
  readonly graceSeconds?: number;
  /** When the leaked keys were proven useless; absent while they are not. */
  readonly containedAtMs?: number;
  /** How many sends are kept: a million take some 80 MB. @default 1,000,000 */
  readonly maxSends?: number;
}

const MAX_SENDS = 1_000_000;
const GRACE_SECONDS = 300;

/**
 * Takes the sends of an exposure and of the time before it, page by page in any order, and says what is wrong with them.
 * Pure: no clock, no calls. Messages' texts are not part of a send, and numbers leave it masked.
 */
export class SendReviewer {
  readonly #columns = new SendColumns();
  readonly #request: ReviewRequest;

  constructor(request: ReviewRequest) {
    this.#request = request;
  }

  /** Whether no more sends can be kept: those that come now are left out. */
  get isFull(): boolean {
    return this.#columns.size >= (this.#request.maxSends ?? MAX_SENDS);
  }

  add(page: readonly Send[]): void {
    for (const send of page) {
      if (this.isFull) return;
      if (send.atMs < this.#request.exposure.untilMs) this.#columns.add(send);
    }
  }

  /** @param coverage what the reading knows of its gaps */
  finish(coverage: ReviewCoverage): SendReview {
    const {
      exposure,
      leakedKeyIds,
      cutoverAtMs,
      containedAtMs,
      graceSeconds = GRACE_SECONDS,
    } = this.#request;
    const span = { since: secondsOf(exposure.sinceMs), until: Math.ceil(exposure.untilMs / 1000) };
    const keys: LeakedKeys = {
      ids: leakedKeyIds,
      graceSeconds,
      ...(cutoverAtMs === undefined ? {} : { cutoverAt: secondsAfter(cutoverAtMs) }),
      ...(containedAtMs === undefined ? {} : { containedAt: secondsAfter(containedAtMs) }),
    };
    return buildReview(findSuspicions(this.#columns, span, keys), { keys, coverage });
  }
}

/** A send is known to the second: one in the same second may have come before. */
function secondsAfter(ms: number): number {
  return Math.ceil(ms / 1000);
}

function secondsOf(ms: number): number {
  return Math.floor(ms / 1000);
}
