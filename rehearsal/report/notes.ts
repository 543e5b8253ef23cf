import { isReporting } from "../../contract/consumer-policy.ts";
import { REPORT_DELAY_MS, REPORT_EVERY_MS } from "../load/services.ts";
import { grouped } from "../screen/paint.ts";
import type { Stage } from "../stage.ts";
import { CALL_MS } from "../watch/call-watch.ts";
import type { World } from "../world/world.ts";

/** What a reader has to know about the vendor and the policy, so that nobody takes one thing for another. */
export function notesOf({ world, request }: Pick<Stage, "world" | "request">): string[] {
  const { vendor, policy } = world;
  return [
    ...notesOfVendor(vendor),
    ...notesOfPolicy(policy, vendor.title),
    ...notesOfServices(policy, request.scenario),
    ...(request.leak ? notesOfLeak(vendor) : []),
  ];
}

function notesOfLeak({ title, givePast }: World["vendor"]): string[] {
  const past = givePast ? "four weeks of ordinary sends" : "no past";
  return [
    `Against a leak, services read their key anew when it is refused; each call of the response takes ${CALL_MS} ms, as on a network; ${title}’s fake has ${past}.`,
  ];
}

function notesOfServices(
  { consumers }: World["policy"],
  { replacedBy }: Stage["request"]["scenario"],
): string[] {
  if (replacedBy === "script") return ["All services have a cache of their own, and know of no rotation."];
  if (!consumers.some(isReporting)) return [];
  const seconds = (REPORT_EVERY_MS + REPORT_DELAY_MS) / 1000;
  return [`What services report is seen within ${seconds} s here; on AWS it takes up to some minutes.`];
}

function notesOfVendor({ title, limit, cutover, firstKey, admin, retireNow }: World["vendor"]): string[] {
  const notes = [limit ? limitNote(limit) : "The sandbox gateway has no limit on sends; the vendor has."];
  if (cutover === "by-hand") {
    notes.push(`${title} has no API for keys: a person makes and revokes them in its console.`);
  } else if (firstKey === undefined) {
    notes.push(
      `The first key was made by dualkey, too, with ${admin ? "the admin credential" : "its AWS role"}.`,
    );
  }
  if (retireNow !== undefined) notes.push(`An operator vouches for the rest: ${retireNow}.`);
  return notes;
}

/** Says what was changed about the vendor, so that nobody takes the load for what one address may send. */
function limitNote({ vendor, set, perSeconds }: NonNullable<World["vendor"]["limit"]>): string {
  const per = `sends per ${perSeconds} s`;
  if (vendor === set) return `The gateway's limit is the vendor's: ${grouped(vendor)} ${per}.`;
  return `The gateway's limit was raised to ${grouped(set)} ${per}; the vendor's is ${grouped(vendor)}.`;
}

function notesOfPolicy(
  { provider, atMaxOverlap, maxOverlapSeconds }: World["policy"],
  title: string,
): string[] {
  if ("outageSeconds" in provider) {
    return [
      `A new key takes the old one's place: the policy allows an outage of ${provider.outageSeconds} s.`,
    ];
  }
  if (atMaxOverlap !== "revoke") return [];
  return [`${title} cannot say who uses a key; the policy says: revoke it after ${maxOverlapSeconds} s.`];
}
