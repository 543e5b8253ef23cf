import { STRAGGLER } from "../load/services.ts";
import { inSeconds } from "../screen/paint.ts";
import { shortId } from "../short-id.ts";
import type { Stage } from "../stage.ts";
import type { Check } from "./checks.ts";

/** How a bad key was gone back from, for the report. Times are ISO, or null where that never happened. */
export interface GoingBackReport {
  /** Sends with the bad key that reached the vendor: each was refused. */
  readonly refusedSends: number;
  /** Of those, the ones that were sent once more with the key before, and accepted. */
  readonly saved: number;
  readonly firstRefused: string | null;
  /** When CloudWatch showed as many rejections as the policy asks for. */
  readonly threshold: string | null;
  readonly back: string | null;
  /** Which of the runs that read the reports after that moved AWSCURRENT: 1 is the first. */
  readonly looks: number | null;
}

/** What a key is held for. */
export interface HeldReport {
  readonly service: string;
  /** The alarm's words. */
  readonly because: string;
}

/** What comes between the instant at which CloudWatch shows it and the move: a tick of the clock, and a look. */
const MOST_LOOKS = 2;

/** @returns null where no key was a bad one */
export function goingBackOf({ watch, load }: Pick<Stage, "watch" | "load">): GoingBackReport | null {
  if (watch.badKey === undefined) return null;
  const { refusedSends, firstRefusedAtMs, thresholdAtMs, backAtMs, looks = null } = watch.badKey.seen;
  const iso = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());
  return {
    refusedSends,
    saved: load.saved,
    firstRefused: iso(firstRefusedAtMs),
    threshold: iso(thresholdAtMs),
    back: iso(backAtMs),
    looks,
  };
}

/** @returns null where no service stays, or no alarm has named it */
export function heldOf({ request, watch }: Pick<Stage, "request" | "watch">): HeldReport | null {
  if (request.scenario.trouble !== "straggler") return null;
  const because = alarmsNaming(watch.log.alarms, STRAGGLER).at(-1);
  return because === undefined ? null : { service: STRAGGLER, because };
}

/** Those alarms that say who uses a key. */
export function alarmsNaming(alarms: readonly string[], service: string): readonly string[] {
  return alarms.filter((because) => because.includes("replaced key was used") && because.includes(service));
}

/** Why each login failed, how soon the key before was back, and what became of the bad key. */
export function checkGoingBack({ watch, load, tempo, world }: Stage): Check[] {
  const seen = watch.badKey?.seen;
  if (seen === undefined) return [];
  const { refusedSends, thresholdAtMs, backAtMs, looks = 0 } = seen;
  const atGateway = load.failures[world.vendor.refusal] ?? 0;
  const lateMs = backAtMs === undefined || thresholdAtMs === undefined ? undefined : backAtMs - thresholdAtMs;
  const movedMs = Math.max(...load.instances.map(({ moves }) => moves.at(-1)?.atMs ?? 0));
  const lastMs = load.lastFailedFromMs ?? 0;
  const bad = watch.lives.all.filter(({ id, promotedAtMs }) => {
    return id !== world.firstKey.id && promotedAtMs !== undefined;
  });
  const most = `in one tick of ${tempo.sweepSeconds} s and a look`;
  return [
    {
      says: "the failed logins are exactly the sends with the bad key that the client could not save",
      holds: load.failed > 0 && load.failed === atGateway && atGateway === refusedSends - load.saved,
      found: `${refusedSends} reached the vendor, ${load.saved} saved, ${load.failed} failed`,
    },
    {
      says: `AWSCURRENT was back after CloudWatch showed the threshold, ${most}`,
      holds: lateMs !== undefined && looks >= 1 && looks <= MOST_LOOKS,
      found: lateMs === undefined ? "it was not" : `${inSeconds(Math.max(0, lateMs))}, look ${looks}`,
    },
    {
      says: "no login failed that began after every service had the old key again",
      holds: backAtMs !== undefined && movedMs >= backAtMs && lastMs <= movedMs,
      found: `the last one began ${inSeconds(Math.max(0, lastMs - watch.startedAtMs))} after the start`,
    },
    {
      says: "the bad key was revoked, and is proven dead",
      holds: bad.length > 0 && bad.every(({ role }) => role === "dead"),
      found: bad.map(({ id, role }) => `${shortId(id)} is ${role}`).join(", ") || "none",
    },
  ];
}

/** Whether an alarm names who has not moved, and nothing was revoked. */
export function checkHeld(stage: Stage): Check[] {
  const { watch, load } = stage;
  const held = heldOf(stage);
  const life = watch.lives.get(stage.world.firstKey.id);
  return [
    {
      says: `an alarm says that ${STRAGGLER} uses the old key`,
      holds: held !== null,
      found: held?.because ?? "no alarm does",
    },
    {
      says: "the old key was neither condemned nor revoked",
      holds: life?.role === "retiring" && life.condemnedAtMs === undefined,
      found: life?.role ?? "none",
    },
    {
      says: "no login failed",
      holds: load.failed === 0,
      found: String(load.failed),
    },
  ];
}
