import type { Goal } from "../../core/cutover/observation.ts";
import type { Outcome } from "../../core/run.ts";
import { ask, goalOf as goalOfIncident, helpByHand, judgeEnd, type Request } from "./incidents.ts";
import { type Move, makeMove } from "./moves.ts";
import type { Fault, Intercept, PortCall } from "./ports.ts";
import { type Mutation, runOnce } from "./runs.ts";
import { SHAPES } from "./shapes.ts";
import { changeKeys, copyOf, isOut, TIMES, type World, writeSecret } from "./world.ts";

/** What can happen next in a world. */
export type Event =
  | "rotate"
  | "step"
  | "tick"
  | "give-up"
  | "wait"
  | "wait-long"
  | "revoke-by-hand"
  /** A person does what the responder asks for. */
  | "help"
  /** An operator asks, for the first time or again. */
  | Request
  | Move;

/** What another run does while the first one stands before a write. */
export interface Interlude {
  readonly name: string;
  /** How long the first run has been standing there, at most its timeout; beyond that it is dead, and its call late. */
  readonly afterMs: number;
  readonly events: readonly ("step" | "finish" | "tick" | "wait" | Request | Move)[];
  readonly isStale?: boolean;
  /** When the first run goes on, at the earliest: beyond its timeout it is dead, and its call late. */
  readonly untilMs?: number;
}

/** What goes wrong in one run. */
export interface Plan {
  readonly at: number;
  readonly fault?: Fault;
  /** Every read of this run after `at` is stale, too. */
  readonly isStaleAfter?: boolean;
  readonly interlude?: Interlude;
}

export interface Executed {
  readonly world: World;
  readonly calls: readonly PortCall[];
  readonly outcome?: Outcome;
}

/** A little more than the minimum overlap. */
const WAIT_MS = 61_000;
const STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const;
/** Lets one event happen to a copy of a world, with one thing going wrong in it. */
export async function execute(
  start: World,
  event: Event,
  plan?: Plan,
  mutation: Mutation = {},
): Promise<Executed> {
  const world = copyOf(start);
  switch (event) {
    case "rotate":
      beginRotation(world);
      return { world, calls: [] };
    case "give-up":
      delete world.rotation;
      return { world, calls: [] };
    case "wait":
      world.now += WAIT_MS;
      return { world, calls: [] };
    case "wait-long":
      world.now += TIMES.timeoutMs + TIMES.marginMs + 1_000;
      return { world, calls: [] };
    case "revoke-by-hand":
      revokeByHand(world);
      return { world, calls: [] };
    case "help":
      helpByHand(world);
      return { world, calls: [] };
    case "step":
    case "tick":
      return runEvent(world, event, plan, mutation);
    default:
      if (typeof event !== "string") return runEvent(world, event, plan, mutation);
      makeMove(world, event);
      return { world, calls: [] };
  }
}

/** Which events a world admits. */
export function eventsOf(world: World, maxRotations: number): readonly Event[] {
  const isBlocked = world.secret.versions.some(
    ({ stages }) => stages.includes("AWSPENDING") && !stages.includes("AWSCURRENT"),
  );
  return [
    ...(world.rotation ? (["step", "give-up"] as const) : []),
    ...(!world.rotation && !isBlocked && world.rotations < maxRotations ? (["rotate"] as const) : []),
    "tick",
    "wait",
    "wait-long",
    ...(askedToRevoke(world) === undefined ? [] : (["revoke-by-hand"] as const)),
  ];
}

function beginRotation(world: World): void {
  world.rotations += 1;
  const token = `token${world.rotations}--0000`;
  writeSecret(world, ({ versions }) => {
    for (const version of versions) version.stages = version.stages.filter((stage) => stage !== "AWSPENDING");
    versions.push({ id: token, createdAt: world.now, stages: ["AWSPENDING"], labels: [] });
  });
  world.rotation = { token, step: 0 };
  if (SHAPES[world.shape].capabilities.source === "person") handIn(world, token);
}

/** Where there is no API for keys, somebody makes one in the console, hands it in, and starts the rotation. */
function handIn(world: World, token: string): void {
  const id = `of-${token}`;
  changeKeys(world, (keys) => {
    keys.push({ id, account: "A", name: "by hand", createdAt: world.now, works: true });
  });
  world.offer = { holds: id, isTaken: false };
}

/** The key that a person is asked to revoke: replaced for longer than the minimum overlap, and with nobody using it. */
function askedToRevoke(world: World): string | undefined {
  if (SHAPES[world.shape].capabilities.revoke !== "by-hand") return undefined;
  const version = world.secret.versions.find(({ stages, labels }) => {
    const isOver = labels.some((label) => label.kind === "replaced" && world.now > label.atMs + WAIT_MS);
    return !stages.includes("AWSCURRENT") && isOver;
  });
  const isInUse = world.secret.versions.some(({ holds, stages }) => {
    return holds === version?.holds && (stages.includes("AWSCURRENT") || stages.includes("AWSPENDING"));
  });
  const key = world.keys.find(({ id, works }) => works && id === version?.holds);
  return isInUse ? undefined : key?.id;
}

function revokeByHand(world: World): void {
  const asked = askedToRevoke(world);
  changeKeys(world, (keys) => {
    for (const key of keys) if (key.id === asked) key.works = false;
  });
}

type Run = "step" | "tick" | Request;

async function runEvent(
  world: World,
  event: Run,
  plan: Plan | undefined,
  mutation: Mutation,
): Promise<Executed> {
  const calls: PortCall[] = [];
  const startedAt = world.now;
  let isDead = false;
  const intercept: Intercept = async (call) => {
    if (isDead) return "crash-before"; // calls side by side: those that are not under way yet
    const index = calls.push(call) - 1;
    world.now += 1;
    if (plan?.isStaleAfter && index > plan.at && call.kind === "read") return "stale";
    if (plan?.at !== index) {
      const isNever = plan?.fault === "never" && calls[plan.at]?.name === call.name;
      return isNever ? "unavailable" : outageAt(world, call);
    }
    const fault = plan.interlude
      ? await interludeAt(plan.interlude, { world, startedAt, mutation })
      : plan.fault;
    isDead = fault === "crash-before" || fault === "crash-after";
    return fault === "never" ? "unavailable" : (fault ?? plan.fault);
  };
  const deadlineMs = startedAt + TIMES.timeoutMs;
  const isStale = plan?.fault === "stale" || plan?.isStaleAfter === true;
  const outcome = await runWhole(world, event, { intercept, deadlineMs, mutation, isStale });
  return { world, calls, ...(outcome ? { outcome } : {}) };
}

interface Standing {
  readonly world: World;
  readonly startedAt: number;
  readonly mutation: Mutation;
}

/** Everything that happens while one run stands before a call; and what becomes of that call. */
async function interludeAt(
  { afterMs, untilMs = 0, events, isStale = false }: Interlude,
  { world, startedAt, mutation }: Standing,
): Promise<Fault | undefined> {
  world.now = Math.max(world.now, startedAt + afterMs);
  for (const next of events) {
    // No call arrives later than the fence allows for.
    const latestMs = untilMs === 0 ? Number.POSITIVE_INFINITY : Math.max(world.now, startedAt + untilMs);
    if (next === "wait") world.now = Math.min(world.now + WAIT_MS, latestMs);
    else if (next === "step" || next === "finish" || next === "tick" || typeof next !== "string")
      await interrupt(world, next, isStale, mutation);
    else makeMove(world, next);
  }
  world.now = Math.max(world.now, startedAt + untilMs);
  if (Math.max(afterMs, untilMs) < TIMES.timeoutMs) return undefined;
  return "crash-after"; // its run is dead; what it had in flight still arrives
}

function outageAt(world: World, { name }: PortCall): Fault | undefined {
  return isOut(world, name) ? world.outage?.fault : undefined;
}

/** A second run, whole, in the midst of the first. */
async function interrupt(world: World, what: Run | "finish", isStale: boolean, mutation: Mutation) {
  const intercept: Intercept = async (call) => {
    world.now += 1;
    return isStale && call.kind === "read" ? "stale" : outageAt(world, call);
  };
  const deadlineMs = world.now + TIMES.timeoutMs;
  for (let rounds = 0; rounds < (what === "finish" ? STEPS.length : 1); rounds += 1) {
    await runWhole(world, what === "finish" ? "step" : what, { intercept, deadlineMs, mutation, isStale });
  }
}

/** One run, and what the world makes of its end. */
async function runWhole(world: World, what: Run, parts: Omit<Parameters<typeof runOnce>[2], "beganAtMs">) {
  const beganAtMs = world.now;
  const rotation = world.rotation && { ...world.rotation };
  const incident = typeof what === "string" ? undefined : ask(world, what);
  const goal =
    typeof what === "string" ? goalOf(world, what) : incident && goalOfIncident(incident, world.now);
  if (goal === undefined) return undefined;
  const outcome = await runOnce(world, goal, { ...parts, beganAtMs });
  if (what === "step" && outcome?.kind === "done" && rotation) advance(world, rotation);
  if (incident) judgeEnd(world, incident, outcome);
  return outcome;
}

function goalOf(world: World, event: "step" | "tick"): Goal | undefined {
  if (event === "tick") return { kind: "reconcile" };
  const step = world.rotation && STEPS[world.rotation.step];
  return world.rotation && step && { kind: step, token: world.rotation.token };
}

/** The service goes on to the next step; after the last, it takes AWSPENDING off the version that is current. */
function advance(world: World, was: { token: string; step: number }): void {
  const { rotation } = world;
  if (rotation?.token !== was.token || rotation.step !== was.step) return;
  rotation.step += 1;
  if (rotation.step < STEPS.length) return;
  delete world.rotation;
  const version = world.secret.versions.find(({ id }) => id === was.token);
  if (!version?.stages.includes("AWSCURRENT") || !version.stages.includes("AWSPENDING")) return;
  writeSecret(world, () => {
    version.stages = version.stages.filter((stage) => stage !== "AWSPENDING");
  });
}
