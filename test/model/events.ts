import type { Policy } from "../../contract/policy.ts";
import type { Goal } from "../../core/cutover/observation.ts";
import { type KeptPromise, PROMISES } from "../../core/cutover/promises.ts";
import { namePrefixOf, type Outcome, type Ports, run } from "../../core/run.ts";
import { type Move, makeMove } from "./moves.ts";
import { type Fault, type Intercept, Killed, modelPorts, type PortCall } from "./ports.ts";
import { SHAPES } from "./shapes.ts";
import { ARN, changeKeys, copyOf, POLICY, TIMES, truthOf, type World, writeSecret } from "./world.ts";

/** What can happen next in a world. */
export type Event = "rotate" | "step" | "tick" | "give-up" | "wait" | "wait-long" | "revoke-by-hand" | Move;

/** What another run does while the first one stands before a write. */
export interface Interlude {
  readonly name: string;
  /** How long the first run has been standing there, at most its timeout; beyond that it is dead, and its call late. */
  readonly afterMs: number;
  readonly events: readonly ("step" | "finish" | "tick" | "wait" | Move)[];
  readonly isStale?: boolean;
}

/** What goes wrong in one run. */
export interface Plan {
  readonly at: number;
  readonly fault?: Fault;
  /** Every read of this run after `at` is stale, too. */
  readonly isStaleAfter?: boolean;
  readonly interlude?: Interlude;
}

/** Changes to the tool under test that must make the model find a broken promise. */
export interface Mutation {
  readonly fenceMs?: number;
  readonly ports?: (ports: Ports) => Ports;
}

export interface Executed {
  readonly world: World;
  readonly calls: readonly PortCall[];
  readonly outcome?: Outcome;
}

export class Broken extends Error {
  readonly promise: string;

  constructor(promise: KeptPromise["id"] | "P6" | "loop", message: string) {
    super(`${promise}: ${message}`);
    this.promise = promise;
  }
}

/** A little more than the minimum overlap. */
const WAIT_MS = 61_000;
const STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const;
const PREFIX = namePrefixOf(ARN);
/** Time in a model does not go by itself: a call that is too slow is one without an answer. */
const NEVER = new AbortController().signal;

const MATERIAL = /SECRETVALUE/;

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
    case "step":
    case "tick":
      return runEvent(world, event, plan, mutation);
    default:
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

async function runEvent(
  world: World,
  event: "step" | "tick",
  plan: Plan | undefined,
  mutation: Mutation,
): Promise<Executed> {
  const calls: PortCall[] = [];
  const startedAt = world.now;
  const intercept: Intercept = async (call) => {
    const index = calls.push(call) - 1;
    world.now += 1;
    if (plan?.isStaleAfter && index > plan.at && call.kind === "read") return "stale";
    if (plan?.at !== index) return undefined;
    const { interlude } = plan;
    if (interlude === undefined) return plan.fault;
    world.now = Math.max(world.now, startedAt + interlude.afterMs);
    for (const next of interlude.events) {
      if (next === "step" || next === "finish" || next === "tick") {
        await interrupt(world, next, interlude.isStale === true, mutation);
      } else if (next === "wait") world.now += WAIT_MS;
      else makeMove(world, next);
    }
    if (interlude.afterMs < TIMES.timeoutMs) return plan.fault;
    return "crash-after"; // its run is dead; what it had in flight still arrives
  };
  const { rotation } = world;
  const goal = goalOf(world, event);
  const outcome =
    goal && (await runOnce(world, goal, { intercept, deadlineMs: startedAt + TIMES.timeoutMs, mutation }));
  if (event === "step" && outcome?.kind === "done" && rotation) advance(world, rotation);
  return { world, calls, ...(outcome ? { outcome } : {}) };
}

/** A second run, whole, in the midst of the first. */
async function interrupt(
  world: World,
  what: "step" | "finish" | "tick",
  isStale: boolean,
  mutation: Mutation,
) {
  const intercept: Intercept = async ({ kind }) => {
    world.now += 1;
    return isStale && kind === "read" ? "stale" : undefined;
  };
  const deadlineMs = world.now + TIMES.timeoutMs;
  for (let rounds = 0; rounds < (what === "finish" ? STEPS.length : 1); rounds += 1) {
    const rotation = world.rotation && { ...world.rotation };
    const goal = goalOf(world, what === "tick" ? "tick" : "step");
    if (goal === undefined) return;
    const outcome = await runOnce(world, goal, { intercept, deadlineMs, mutation });
    if (what !== "tick" && outcome?.kind === "done" && rotation) advance(world, rotation);
  }
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

interface RunIn {
  readonly intercept: Intercept;
  readonly deadlineMs: number;
  readonly mutation: Mutation;
}

async function runOnce(
  world: World,
  goal: Goal,
  { intercept, deadlineMs, mutation }: RunIn,
): Promise<Outcome | undefined> {
  const seen: unknown[] = [];
  const model = modelPorts(world, intercept, (apply) => judged(world, apply));
  const ports: Ports = {
    ...model,
    clock: {
      now: () => world.now,
      sleep: async (ms) => {
        world.now += ms;
      },
      timeout: () => NEVER,
    },
    random: { nonce: () => (world.now % 2 ** 32).toString(16).padStart(8, "0").repeat(2) },
    journal: { record: (entry) => void seen.push(entry) },
  };
  const fenceMs = mutation.fenceMs ?? TIMES.timeoutMs + TIMES.marginMs;
  const fence = { timeoutMs: 0, marginMs: fenceMs };
  const options = { policy: policyOf(world), fence, callMs: TIMES.callMs, deadlineMs };
  try {
    const outcome = await run(goal, mutation.ports ? mutation.ports(ports) : ports, options);
    seen.push(outcome);
    return outcome;
  } catch (error) {
    if (error instanceof Killed) return undefined;
    if (error instanceof Broken) throw error;
    seen.push(String(error));
    if (error instanceof Error && error.name.startsWith("Provider")) return undefined; // the secret could not be read
    throw error;
  } finally {
    assertNoMaterial([seen, world.secret.versions.map(({ labels }) => labels)]);
  }
}

/** P6: what a run writes down, says and labels. */
function assertNoMaterial(said: unknown): void {
  const text = JSON.stringify(said);
  if (MATERIAL.test(text)) throw new Broken("P6", `key material in ${text}`);
}

/** Applies one change, and holds every promise against the instants before and after it. */
function judged(world: World, apply: () => void): void {
  const before = truthOf(world, PREFIX);
  apply();
  const after = truthOf(world, PREFIX);
  for (const { id, brokenBy } of PROMISES) {
    const isInPlace = SHAPES[world.shape].capabilities.source === "in-place";
    const broken = brokenBy({ before, after }, { policy: POLICY, isInPlace });
    if (broken) throw new Broken(id, broken);
  }
}

function policyOf(world: World): Policy {
  const account = world.policyAccount === undefined ? {} : { account: world.policyAccount };
  const { provider, overlap, handIn } = SHAPES[world.shape];
  const id = (world.policyProvider ?? provider.id) as "startmessaging";
  return {
    ...POLICY,
    ...overlap,
    provider: { ...provider, id, ...account },
    consumers: [...(SHAPES[world.shape].consumers ?? POLICY.consumers)],
    ...(handIn === undefined ? {} : { handIn }),
  };
}
