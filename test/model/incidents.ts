import { v8Of } from "../../contract/labels.ts";
import type { LeakMode } from "../../contract/requests.ts";
import { leakedAlive, leaksIn, type Named } from "../../core/cutover/named-keys.ts";
import type { Goal } from "../../core/cutover/observation.ts";
import { namePrefixOf, type Outcome } from "../../core/run.ts";
import { makeMove } from "./moves.ts";
import { Broken } from "./runs.ts";
import { SHAPES } from "./shapes.ts";
import { ARN, truthOf, type Version, type World, writeSecret } from "./world.ts";

/** Which key leaked, by the part that it plays. */
export type Role =
  | "current"
  | "pending"
  | "retiring"
  | "all"
  /** A key that no version holds, made by somebody else. */
  | "stranger"
  /** A key of ours that no version holds. */
  | "orphan"
  /** An id that nobody knows: a slip of the pen. */
  | "unknown";

/** What an operator asks for, and may ask for again. */
export interface Request {
  readonly role: Role;
  readonly mode: LeakMode;
  readonly operation: "leak-response" | "revoke";
  /** Of `revoke`: said in words. */
  readonly evenIfLoginsFail?: boolean;
}

/** A request as it was made: what it names is decided once. */
export interface Incident extends Named {
  readonly request: Request;
  /** When it was made for the first time: whoever repeats it says so. */
  readonly requestedAtMs: number;
}

/** From a leak to the end of its deadline, in the model. */
export const LEAK_DEADLINE_MS = 60_000;

const PREFIX = namePrefixOf(ARN);

/** What a request names in a world; nothing where nothing plays that part. */
export function targetOf(world: World, role: Role): string | undefined {
  const { versions } = world.secret;
  const isRetiring = ({ stages, labels, holds }: Version) => {
    const isStaged = stages.includes("AWSCURRENT") || stages.includes("AWSPENDING");
    return !isStaged && holds !== undefined && labels.some(({ kind }) => kind === "live");
  };
  const holds = (id: string) => versions.some((version) => version.holds === id);
  const free = world.keys.filter(({ id, works }) => works && !holds(id));
  switch (role) {
    case "all":
      return "all";
    case "unknown":
      return "nobody";
    case "current":
      return nameOf(
        world,
        versions.find(({ stages }) => stages.includes("AWSCURRENT")),
      );
    case "pending":
      return nameOf(
        world,
        versions.find(({ stages }) => stages.includes("AWSPENDING") && !stages.includes("AWSCURRENT")),
      );
    case "retiring":
      return nameOf(world, versions.find(isRetiring));
    case "stranger":
      return free.find(({ name }) => !name.startsWith(PREFIX))?.id;
    case "orphan":
      return free.find(({ name }) => name.startsWith(PREFIX))?.id;
  }
}

/** A key by its id, where somebody can know it; else the version that holds it, by its short name. */
function nameOf(world: World, version: Version | undefined): string | undefined {
  if (version?.holds === undefined) return undefined;
  const known = version.labels.find(({ kind }) => kind === "id");
  if (known?.kind === "id") return known.keyId;
  const isTold = version.isNamed && SHAPES[world.shape].capabilities.source === "provider";
  return isTold ? version.holds : v8Of(version.id);
}

/**
 * Makes a request. One that was made before is the same incident: it goes on with the time that the label says, or said;
 * where the run died before it had written that, nobody knows of the first, and the caller's repeat takes its place.
 */
export function ask(world: World, request: Request): Incident | undefined {
  const { incidents = [] } = world;
  const before = incidents.find((any) => any.request === request);
  const target = before?.target ?? targetOf(world, request.role);
  if (target === undefined) return undefined;
  const label = world.secret.versions
    .flatMap(({ labels }) => labels)
    .find((any) => any.kind === "leaked" && any.target === target);
  // Its label was there and is off: it is over, and what was born since is no part of it.
  const isEnded = before !== undefined && (world.markedAt ?? 0) >= before.requestedAtMs;
  const known = label?.kind === "leaked" ? label : isEnded ? before : undefined;
  const { atMs = world.now } = known ?? {};
  const { deadlineMs = atMs + LEAK_DEADLINE_MS } = known ?? {};
  const { requestedAtMs = world.now } = before ?? {};
  const isRevoke = request.operation === "revoke";
  const mode = isRevoke && request.evenIfLoginsFail ? "revoke-first" : request.mode;
  const incident: Incident = { target, atMs, deadlineMs, mode, request, requestedAtMs };
  world.incidents = [...incidents.filter((any) => any.request !== request), incident];
  return incident;
}

export function goalOf({ target, request, requestedAtMs }: Incident, nowMs: number): Goal {
  const { operation, mode, evenIfLoginsFail = operation === "leak-response" } = request;
  if (operation === "revoke") return { kind: "revoke", keyId: target, evenIfLoginsFail };
  return {
    kind: "leak-response",
    target,
    atMs: nowMs,
    deadlineMs: nowMs + LEAK_DEADLINE_MS,
    requestedAtMs,
    mode,
    isDrill: false,
    evenInProduction: false,
    evenIfLoginsFail,
  };
}

/** P5, of a run that has ended: none is green while the key works. */
export function judgeEnd(world: World, incident: Incident, outcome: Outcome | undefined): void {
  if (outcome?.kind === "refuse") refuseIncident(world, incident);
  if (outcome?.kind !== "done") return;
  const [key] = leakedAlive(incident, truthOf(world, PREFIX));
  if (key) throw new Broken("P5", `${incident.request.operation} is done, and key ${key.id} works`);
}

/** Nothing was named where a request is refused, and nothing changed. */
function refuseIncident(world: World, incident: Incident): void {
  const { target, atMs } = incident;
  const isMarked = world.secret.versions.some(({ labels }) => {
    return labels.some((any) => any.kind === "leaked" && any.target === target && any.atMs === atMs);
  });
  if (isMarked) return; // the clock goes on with what was begun
  world.incidents = (world.incidents ?? []).filter((any) => any !== incident);
}

/** P5 at rest: what is left of an incident, in a sentence. */
export function leftOf(world: World): string | undefined {
  const truth = truthOf(world, PREFIX);
  const current = world.secret.versions.find(({ stages }) => stages.includes("AWSCURRENT"))?.holds;
  for (const named of [...(world.incidents ?? []), ...leaksIn(truth)]) {
    // A move in flight may make a key current that was to be revoked: that takes words of its own.
    const isSpared = isRevoke(named) && named.mode !== "revoke-first";
    const key = leakedAlive(named, truth).find(({ id }) => !isSpared || id !== current);
    if (key) return `P5: key ${key.id} leaked, and works at rest`;
  }
  const label = world.secret.versions.flatMap(({ labels }) => labels).find(({ kind }) => kind === "leaked");
  return label && "a leak's label is left at rest";
}

function isRevoke(named: Named | Incident): boolean {
  return "request" in named && named.request.operation === "revoke";
}

/** A person does what the responder asks for: revokes what has no API, and hands a key in. */
export function helpByHand(world: World): void {
  world.now += 2_000; // what somebody makes now is younger than the leak
  const { capabilities, handIn } = SHAPES[world.shape];
  resume(world);
  const truth = truthOf(world, PREFIX);
  const named = [...(world.incidents ?? []), ...leaksIn(truth)];
  const leaked = new Set(named.flatMap((any) => leakedAlive(any, truth).map(({ id }) => id)));
  const current = world.secret.versions.find(({ stages }) => stages.includes("AWSCURRENT"));
  if (capabilities.revoke === "by-hand") {
    for (const key of world.keys) if (leaked.has(key.id) && key.id !== current?.holds) key.works = false;
  }
  const key = world.keys.find(({ id }) => id === current?.holds);
  const spare = world.secret.versions.find(({ holds }) => holds !== undefined && holds === world.secondary);
  const isSpare = spare !== current && spare?.labels.some(({ kind }) => kind === "replaced") === true;
  if (world.secondary !== undefined && (isSpare || (leaked.has(world.secondary) && spare !== current))) {
    for (const any of world.keys) if (any.id === world.secondary) any.works = false;
    delete world.secondary;
  }
  const isWanted = key !== undefined && (leaked.has(key.id) || !key.works);
  const isOffered = world.offer !== undefined && !world.offer.isTaken;
  const isHeld = world.secret.versions.some(({ holds }) => holds === world.offer?.holds);
  if (isOffered && !isHeld && !isWanted && capabilities.source === "client") {
    // Nobody took it, and nothing tells it from a key that was registered late.
    for (const any of world.keys) if (any.id === world.offer?.holds) any.works = false;
    delete world.offer;
  }
  const isDead = key?.works === false;
  const isFull = world.keys.filter(({ works }) => works).length >= (capabilities.maxLiveKeys ?? Infinity);
  if (isWanted && isFull) for (const any of world.keys) if (any.id === "console") any.works = false;
  if (isDead && capabilities.source === "in-place") for (const any of world.keys) any.works = false;
  const isRevoked = (world.incidents ?? []).some(({ request }) => request.operation === "revoke");
  if (isDead && (handIn === undefined || isRevoked)) makeMove(world, "puts a key");
  const canHandIn = capabilities.source === "person" || (handIn !== undefined && isDead && !isRevoked);
  if (!canHandIn || !isWanted || isOffered) return;
  world.made += 1;
  const id = `handed${world.made}`;
  world.keys.push({ id, account: "A", name: "by hand", createdAt: world.now, works: true });
  world.offer = { holds: id, isTaken: false };
}

/** A freeze ends when the leak is over. */
function resume(world: World): void {
  const labels = world.secret.versions.flatMap((version) => version.labels);
  if (labels.some(({ kind }) => kind === "leaked") || !labels.some(({ kind }) => kind === "paused")) return;
  writeSecret(world, ({ versions }) => {
    for (const version of versions) version.labels = version.labels.filter(({ kind }) => kind !== "paused");
  });
}
