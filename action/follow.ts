import type { DescribedSecret, DescribedVersion } from "../contract/status.ts";
import { AwsCallError } from "./failure.ts";
import { log } from "./runner.ts";

/** How a rotation ended, or where it was when the time was over. */
export interface Followed {
  readonly end: "promoted" | "given-up" | "time-over" | "cancelled" | "lost-sight";
  /** The last look at the secret. */
  readonly secret: DescribedSecret;
  /** The last look is not of this moment: what it shows may have changed. */
  readonly isStale?: true;
  /** When this end was seen. */
  readonly atMs: number;
  /** Of `lost-sight`: why the secret cannot be looked at any more, such as a session that has expired. */
  readonly because?: string;
}

/** What following takes. */
export interface Follow {
  readonly token: string;
  /** Until when, in milliseconds since the epoch. */
  readonly untilMs: number;
  readonly describe: () => Promise<DescribedSecret>;
  readonly signal: AbortSignal;
  readonly now: () => number;
  /** Waits, and rejects as soon as the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 10_000;

/** A version that was just placed may not be seen yet: reads may be stale. */
const UNSEEN_MS = 60_000;

/** From promotion to the end of finishSecret: the mark on the previous key, and AWSPENDING off the new one. */
const SETTLE_MS = 15_000;

/**
 * Follows a rotation, as `followLabels` does. Where the secret can no longer be looked at, the rotation still goes on:
 * that is an end of the following, and no failure of the rotation.
 */
export async function follow(secret: DescribedSecret, options: Follow): Promise<Followed> {
  try {
    return await followLabels(secret, options);
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    return { end: "lost-sight", secret, isStale: true, atMs: options.now(), because: error.message };
  }
}

/**
 * Follows a rotation by the secret's labels until AWSCURRENT is on its version, or the version has lost AWSPENDING
 * without it, or the time is over. A look that does not get through is repeated.
 */
async function followLabels(
  secret: DescribedSecret,
  { token, untilMs, describe, signal, now, sleep }: Follow,
): Promise<Followed> {
  const startMs = now();
  let last = secret;
  let before = "";
  let pauseMs = FIRST_PAUSE_MS;
  let promotedMs: number | undefined;
  let absences = 0;
  let seen = false;
  while (true) {
    const looked = await describe().catch(tolerate);
    last = looked ?? last;
    const where = placeOf(last, token);
    if (where !== before) log(`${last.name}: version ${token} ${PLACES[where]}`);
    before = where;
    if (where === "promoted") {
      promotedMs ??= now();
      if (isSettled(last, token) || now() >= promotedMs + SETTLE_MS)
        return { end: "promoted", secret: last, atMs: promotedMs };
      pauseMs = FIRST_PAUSE_MS;
    }
    seen ||= where !== "absent";
    // One look may have been stale; two in a row are not.
    absences = where === "absent" && looked !== undefined ? absences + 1 : 0;
    const isGone = absences > 1 && (seen || now() > startMs + UNSEEN_MS);
    if (isGone) return { end: "given-up", secret: last, atMs: now() };
    if (now() >= untilMs || signal.aborted) {
      const end = where === "promoted" ? where : signal.aborted ? "cancelled" : "time-over";
      return { end, secret: last, atMs: now(), ...(looked === undefined ? { isStale: true } : {}) };
    }
    // An abort only cuts the pause short: one more look says where the rotation is.
    await sleep(Math.min(pauseMs, untilMs - now()), signal).catch(() => undefined);
    pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
  }
}

/** Where the version of a rotation is, in words. */
const PLACES = {
  waiting: "has AWSPENDING, and no key yet",
  made: "has AWSPENDING, and its key is made",
  promoted: "has AWSCURRENT",
  absent: "has neither AWSPENDING nor AWSCURRENT",
} as const;

/** Tells where the version of a rotation is, as far as labels say. */
export function placeOf(secret: DescribedSecret, token: string): keyof typeof PLACES {
  const version = secret.versions.find(({ id }) => id === token);
  if (version?.stages.includes("AWSCURRENT")) return "promoted";
  if (!version?.stages.includes("AWSPENDING")) return "absent";
  return hasLabel(version, "live") ? "made" : "waiting";
}

/** Whether the rotation's last step is over: nothing pending, and every replaced key is marked so. */
function isSettled({ versions }: DescribedSecret, token: string): boolean {
  return versions.every((version) => {
    if (version.id === token) return !version.stages.includes("AWSPENDING");
    return !hasLabel(version, "live") || hasLabel(version, "replaced");
  });
}

function hasLabel({ stages }: DescribedVersion, kind: "live" | "replaced"): boolean {
  return stages.some((text) => text.startsWith(`dualkey:${kind}.`));
}

function tolerate(error: unknown): undefined {
  if (!(error instanceof AwsCallError && error.isTransient)) throw error;
  log(error.message);
}
