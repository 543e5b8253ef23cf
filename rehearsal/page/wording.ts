import type { LeakReport } from "../report/leak.ts";
import type { Report } from "../report/report.ts";
import type { GoingBackReport, HeldReport } from "../report/trouble.ts";
import { grouped } from "../screen/paint.ts";
import { clockOf } from "./run.ts";

/** What the page calls a scenario, for somebody who knows none. */
export function titleOf({ scenario, vendor }: Report): string {
  const titles: Readonly<Record<string, string>> = {
    cutover: "With dualkey",
    naive: "With the usual script",
    chaos: "With dualkey, under chaos",
    "bad-key": "With dualkey, and a bad key",
    straggler: "With dualkey, and a straggler",
    leak: "A leak, with dualkey",
  };
  return `${titles[scenario] ?? `With dualkey: ${scenario}`}, at ${vendor.title}`;
}

/** Good where no login failed, bad where one did that must not: an outage may be allowed. */
export function toneOf(report: Report): "good" | "fair" | "bad" {
  if (report.logins.failed === 0) return "good";
  return isCounted(report) && report.passed ? "fair" : "bad";
}

/** Whether failed logins are allowed for a while, or counted one by one. */
export function isCounted({ outage, goingBack, leak }: Report): boolean {
  return Boolean(outage || goingBack) || leak?.mode === "revoke-first";
}

/** A time that has passed: `7 ms`, `14.8 s`. */
export function lasting(seconds: number): string {
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`;
}

/** Says in some sentences what became of the key, and why logins failed where they did. */
export function storyOf(report: Report): string {
  const at = clockOf(report);
  const { keys, services, logins, outage, vendor } = report;
  if (report.goingBack) return storyOfGoingBack(report.goingBack, report);
  if (report.held) return storyOfHeld(report.held);
  if (report.scenario === "leak" && report.leak) return storyOfLeak(report.leak);
  const old = keys.find(({ madeBy }) => madeBy !== "stranger");
  if (!old?.replaced) return "The key was not replaced.";
  if (!old.revoked) return "The key was replaced, and the old one still works.";
  if (vendor.cutover === "in-place") {
    const lasted = outage
      ? ` Logins failed for ${lasting(outage.seconds)}; the policy allows ${outage.allowedSeconds} s.`
      : "";
    return `The new key took the old one’s place, which failed from then on.${lasted}`;
  }
  const overlap = at(old.revoked) - at(old.replaced);
  const moved = services.map(({ moves }) => moves.find(({ key }) => key !== old.id)?.at);
  const last = Math.max(...timesOf(moved, at, report));
  const late = last - at(old.revoked);
  if (late > 0 && logins.failed > 0) {
    return (
      `The old key was revoked ${lasting(overlap)} after it was replaced. Services read the secret every ` +
      `${logins.cacheSeconds} s, and sent with the dead key for up to ${lasting(late)}.`
    );
  }
  const proof = old.dead ? ", and is proven dead" : "";
  const order = late < 0 ? ` ${lasting(-late)} after the last service had moved` : "";
  const by = vendor.cutover === "by-hand" ? " by a person" : "";
  const leak = report.leak
    ? ` Then ${storyOfLeak(report.leak).replace(/^./, (first) => first.toLowerCase())}`
    : "";
  return `Both keys worked side by side for ${lasting(overlap)}. The old one was revoked${by}${order}${proof}.${leak}`;
}

const WHAT_LEAKED: Readonly<Record<LeakReport["leaked"], string>> = {
  current: "The current key",
  retiring: "The retiring key",
  all: "Every live key",
};

/** What leaked, how it was ended, and what the attacker and the services saw of it. */
export function storyOfLeak(leak: LeakReport): string {
  const { containmentSeconds, attacker, mode, loginsFailed, leaked } = leak;
  const start = `${WHAT_LEAKED[leaked]} leaked, and somebody sent with it at once.`;
  if (containmentSeconds === null) return `${start} It is not contained.`;
  const order =
    mode === "replace-first"
      ? "dualkey gave the services a clean key and killed the leaked one"
      : "dualkey killed the leaked key and then made a clean one";
  const after = attacker.acceptedAfterContainment;
  const sends = `${grouped(attacker.accepted - after)} of the attacker’s sends were accepted before that, and ${grouped(after)} after`;
  return `${start} Once told, ${order} in ${lasting(containmentSeconds)}: ${sends}. ${grouped(loginsFailed)} logins failed.`;
}

/** A key that answers probes and is refused for sends: what it cost, and how soon it was gone back from. */
export function storyOfGoingBack(
  { refusedSends, saved, threshold, back, looks }: GoingBackReport,
  { logins }: Pick<Report, "logins">,
): string {
  const cost =
    `The new key answered when it was tried, and the vendor refused every send with it: ${grouped(refusedSends)} ` +
    `reached the vendor. The client tried ${grouped(saved)} of them again with the old key, which was accepted, and ` +
    `${grouped(logins.failed)} logins failed.`;
  if (threshold === null || back === null) return `${cost} The old key is not current again.`;
  const late = Math.max(0, (Date.parse(back) - Date.parse(threshold)) / 1000);
  return (
    `${cost} The old key was current again ${lasting(late)} after services had reported enough, by look ${looks} at ` +
    "their reports; the refused one was revoked."
  );
}

/** A service that never moves: what holds, and who ends it. */
export function storyOfHeld({ service, because }: HeldReport): string {
  return (
    `All services moved to the new key but ${service}, which goes on with the old one. So the old key is not revoked, ` +
    `and an alarm says why: ${because}. An operator starts ${service} anew; or, if nobody loses by it, has the key ` +
    "retired all the same: operation retire-now, evenIfUsed, with a reason."
  );
}

/** Where a service has not moved, the end of the rehearsal stands for it. */
function timesOf(
  moved: readonly (string | undefined)[],
  at: (time: string) => number,
  { startedAt, durationMs }: Report,
): number[] {
  return moved.map((time) => (time === undefined ? at(startedAt) + durationMs / 1000 : at(time)));
}

/** Times and ids as a reader of this page has them: seconds since logins began, and the first eight letters. */
export function inPageTerms(text: string, report: Report): string {
  const at = clockOf(report);
  return text
    .replace(/\d{4}-\d{2}-\d{2}T[\d:.]+Z/g, (time) => `${at(time).toFixed(2)} s`)
    .replace(/\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, "$1");
}

/** What the rotator calls its effects, and what a reader calls them. */
const ACTS: readonly (readonly [RegExp, string])[] = [
  [/^make-key\b/, "make a key"],
  [/^store-key (\w+)/, "store the key, as version $1"],
  [/^promote (\w+)/, "make version $1 current"],
  [/^attach (\S+)/, "label “$1”"],
  [/^detach (\S+)/, "take off “$1”"],
  [/^revoke-key (\S+)/, "revoke key $1"],
  [/^remove-key (\S+)/, "delete key $1"],
  [/^register-key\b/, "register the key at the vendor"],
  [/^replace-key\b/, "put the new key in the old one’s place"],
  [/^accept-key\b/, "take the key that was handed in"],
  [/^roll\b/, "start a service anew"],
  [/^announce (\w+)/, "announce it on the bus"],
  [/^take-offer\b/, "mark what was handed in as taken"],
  [/^drop-pending\b/, "drop what was pending"],
];

/** An effect in words; what is not known is left as it is. */
export function inWords(what: string): string {
  const [pattern, words] = ACTS.find(([pattern]) => pattern.test(what)) ?? [];
  return pattern && words ? what.replace(pattern, words) : what;
}
