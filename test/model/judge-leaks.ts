import { isDeepStrictEqual } from "node:util";
import { leakedAlive } from "../../core/cutover/named-keys.ts";
import { namePrefixOf } from "../../core/run.ts";
import { explain } from "./explore.ts";
import type { Request } from "./incidents.ts";
import { isMarked, type LeakStory, MARK, type Tried } from "./leak-story.ts";
import { Broken } from "./runs.ts";
import { SHAPES } from "./shapes.ts";
import { ARN, isOut, truthOf, type World } from "./world.ts";

const PREFIX = namePrefixOf(ARN);

/** P1 at rest: what is wrong with the current key, in a sentence. */
export function uncleanIn(world: World): string | undefined {
  const current = world.secret.versions.find(({ stages }) => stages.includes("AWSCURRENT"));
  const works = world.keys.some(({ id, works }) => works && id === current?.holds);
  return works ? undefined : "P1: at rest, the current key does not work";
}

/** Where nothing goes wrong but what is in the world: a refusal changes nothing, and no run is green while the key works. */
export function judgeOutcome({ world, outcome, trace }: Tried, story: LeakStory): void {
  const fail = (says: string) => {
    throw explain(new Broken("P5", says), trace);
  };
  const { secret, keys } = story.world;
  if (outcome?.kind === "refuse" && !isDeepStrictEqual([world.secret, world.keys], [secret, keys]))
    fail("a request was refused, and something was changed");
  const { role, operation, evenIfLoginsFail } = story.request;
  if (SHAPES[world.shape].capabilities.list === undefined && role === "stranger") return; // nobody can say
  const isRefused = role === "unknown" || (operation === "revoke" && evenIfLoginsFail === false);
  if (isRefused !== (outcome?.kind === "refuse")) fail(`a request was ${isRefused ? "not " : ""}refused`);
  const { outage } = story.world;
  if (outage === undefined || !isLeakAlive(world, story)) return;
  const isAlarmed = outcome?.kind === "wait" && outcome.holds.some(({ alarm }) => alarm);
  if (!isAlarmed) fail("a leaked key works, and the run does not end red");
  if (!isMarked(world) && !outage.calls.includes(MARK) && !isUnknown(outage, story.request))
    fail("a leaked key works, and has no mark");
}

function isLeakAlive(world: World, { request }: LeakStory): boolean {
  const incident = world.incidents?.find((any) => any.request === request);
  return incident !== undefined && leakedAlive(incident, truthOf(world, PREFIX)).length > 0;
}

/** P5: where the run lives, and the provider answers but for one call, the deadline is kept. */
export function judgeDeadline({ world, outcome, trace }: Tried, story: LeakStory): void {
  const { request } = story;
  if (request.operation === "revoke") return; // it waits for the fence, as a retirement does
  const incident = world.incidents?.find((any) => any.request === request);
  if (outcome === undefined || incident === undefined || world.now < incident.deadlineMs) return;
  const { credential, maxLiveKeys, revoke } = SHAPES[world.shape].capabilities;
  const leaked = leakedAlive(incident, truthOf(world, PREFIX));
  const [key] = leaked;
  // A person has to make room first, or to revoke it.
  const isTaken = credential === "self" && world.keys.filter(({ works }) => works).length === maxLiveKeys;
  const isFull = isTaken && !hasClean(world, leaked);
  const isExcused = (world.outage?.untilMs ?? 0) >= incident.deadlineMs && isHelpless(world, story);
  if (revoke === "by-hand" || isFull || world.isHelped || isExcused) return;
  // In place, a person ends what was made last; and where the current key is dead, nobody else can end any other.
  if (revoke === "replace" && (key?.id === world.secondary || uncleanIn(world) !== undefined)) return;
  if (key) throw explain(new Broken("P5", `key ${key.id} leaked, and works after the deadline`), trace);
}

/** Whether a version holds a working key that did not leak. */
function hasClean({ keys, secret }: World, leaked: readonly { readonly id: string }[]): boolean {
  return secret.versions.some(({ holds, labels }) => {
    const isLive = labels.some(({ kind }) => kind === "live");
    const isClean = labels.every(({ kind }) => kind !== "condemned" && kind !== "rejected");
    const works = keys.some(({ id, works }) => works && id === holds);
    return works && isLive && isClean && leaked.every(({ id }) => id !== holds);
  });
}

/** P1: what was over before the run's time was has cost no more than its own time. */
export function judgeCurrent({ world, outcome, trace }: Tried): void {
  if (outcome === undefined || uncleanIn(world) === undefined || isOut(world)) return;
  // Keys that were made and lost have no name there: they fill the slots, and a person says whose they are. In place, the
  // key that was made before ends as another is made: where that is lost, too, a person sets the account right.
  const { list, maxLiveKeys, source } = SHAPES[world.shape].capabilities;
  if (source === "in-place" && ["make", "store"].some((name) => world.outage?.calls.includes(name))) return;
  const isFull = world.keys.filter(({ works }) => works).length === maxLiveKeys;
  if (isFull && list?.names === false && world.outage?.calls.includes("make")) return;
  throw explain(new Broken("P1", "the response is over, and the current key does not work"), trace);
}

/**
 * What fails is all that could revoke the key: the call itself; or, where a key ends another, what it takes to have another
 * one in the secret that the provider does not say no to.
 */
function isHelpless({ outage, shape }: World, { request }: LeakStory): boolean {
  const { credential, revoke } = SHAPES[shape].capabilities;
  const { calls = [], fault } = outage ?? {};
  const isIn = (...names: string[]) => calls.some((name) => names.includes(name));
  const isAlone = credential === "self" && isIn("make", "register", "store", "settings");
  const isSuspended = credential === "self" && isIn("probe", "list") && fault === "refused";
  // In place, nothing is made without a claim, nor put in the place of a key that no probe has accepted.
  const isUnclaimed = revoke === "replace" && isIn("attach", "probe", "replace");
  return isIn("revoke", "remove") || isAlone || isSuspended || isUnclaimed || isUnknown(outage, request);
}

/** A key that no version holds is known by the list alone, and has no mark before. */
function isUnknown(outage: World["outage"], { role }: Request): boolean {
  return role === "stranger" && outage?.calls.includes("list") === true;
}
