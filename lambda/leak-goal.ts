import type { LeakRequest } from "../contract/requests.ts";
import type { ResponderAnswer } from "../contract/responder-answer.ts";
import { MAX_WAIT_SECONDS } from "../contract/timing.ts";
import { nameOfSecret } from "../core/aws/secret-name.ts";
import type { LeakGoal } from "../core/cutover/observation.ts";
import type { GoalParts } from "./run-goal.ts";

/** How far the clock of who asks may be ahead. */
const SKEW_MS = 60_000;

/** Without the time of the first ask, a repeat is told from a new leak by this: an SDK asks again within it. */
const REPEAT_MS = 30_000;

/** A local time with a Z behind it is hours away, and what begins in the future has no incident to join. */
export function refuseFuture(
  { operation, secret, leakedAt }: LeakRequest,
  atMs: number,
): ResponderAnswer | undefined {
  if (leakedAt === undefined || Date.parse(leakedAt) <= atMs + SKEW_MS) return undefined;
  const because = `leakedAt is ${leakedAt}, and it is ${new Date(atMs).toISOString()} now. Give it in UTC, or leave it out`;
  return {
    operation,
    secret: nameOfSecret(secret),
    outcome: "refuse",
    because,
    result: `leak-response is refused, and nothing was changed: ${because}`,
    next: "Nothing happens by itself. Send leak-response again",
    goesOn: false,
    held: [],
    effects: [],
  };
}

/** What a request asks of the core. A request that does not say when it was first made may be an SDK's repeat. */
export function goalOf(request: LeakRequest, atMs: number): LeakGoal {
  const { which, mode, deadlineSeconds, drill, evenInProduction, evenIfLoginsFail, leakedAt } = request;
  const { requestedAt } = request;
  return {
    kind: "leak-response",
    target: which,
    atMs,
    deadlineMs: atMs + deadlineSeconds * 1000,
    mode,
    requestedAtMs: requestedAt === undefined ? atMs - REPEAT_MS : Math.min(atMs, Date.parse(requestedAt)),
    isDrill: drill === true,
    evenInProduction: evenInProduction === true,
    evenIfLoginsFail: evenIfLoginsFail === true,
    ...(leakedAt === undefined ? {} : { leakedAtMs: Math.min(atMs, Date.parse(leakedAt)) }),
  };
}

/**
 * When a request was first made, where this is a repeat of it that comes after a fence; nothing where it is not. What says that
 * it was first sent before anybody may repeat it is a slip of the pen.
 */
export function lateRepeatOf(
  { requestedAt }: LeakRequest,
  { atMs, fence }: { readonly atMs: number; readonly fence: GoalParts["fence"] },
): number | undefined {
  const requestedAtMs = requestedAt === undefined ? atMs : Date.parse(requestedAt);
  const isLate = atMs - requestedAtMs >= fence.timeoutMs + fence.marginMs;
  return isLate && atMs - requestedAtMs <= MAX_WAIT_SECONDS * 1000 ? requestedAtMs : undefined;
}
