import type { Policy } from "../../contract/policy.ts";
import type { Goal } from "../../core/cutover/observation.ts";
import { type KeptPromise, PROMISES } from "../../core/cutover/promises.ts";
import { namePrefixOf, type Outcome, type Ports, run } from "../../core/run.ts";
import { type Intercept, Killed, modelPorts } from "./ports.ts";
import { SHAPES } from "./shapes.ts";
import { ARN, isOut, POLICY, TIMES, truthOf, type World } from "./world.ts";

/** Changes to the tool under test that must make the model find a broken promise. */
export interface Mutation {
  readonly fenceMs?: number;
  readonly ports?: (ports: Ports) => Ports;
}

export class Broken extends Error {
  readonly promise: string;

  constructor(promise: KeptPromise["id"] | "P6" | "loop", message: string) {
    super(`${promise}: ${message}`);
    this.promise = promise;
  }
}

const PREFIX = namePrefixOf(ARN);
/** Time in a model does not go by itself: a call that is too slow is one without an answer. */
const NEVER = new AbortController().signal;

/** A response that waits asks every second, for two minutes: after a few times, it oversleeps, as any timer may. */
const FEW_SLEEPS = 5;
const OVERSLEEP_MS = 7_000;

/** Without these calls nothing can follow a leaked key, or nobody can tell. */
const STUCK = ["probe", "promote"] as const;

const MATERIAL = /SECRETVALUE/;

export interface RunIn {
  readonly intercept: Intercept;
  readonly deadlineMs: number;
  readonly mutation: Mutation;
  readonly beganAtMs: number;
  /** Whether it is made to read stale. @default false */
  readonly isStale?: boolean;
}

export async function runOnce(
  world: World,
  goal: Goal,
  { intercept, deadlineMs, mutation, beganAtMs, isStale = false }: RunIn,
): Promise<Outcome | undefined> {
  const seen: unknown[] = [];
  let sleeps = 0;
  const model = modelPorts(world, intercept, (apply) => judged(world, { beganAtMs, isStale }, apply));
  const ports: Ports = {
    ...model,
    clock: {
      now: () => world.now,
      sleep: async (ms) => {
        sleeps += 1;
        const isLong = goal.kind === "leak-response" && sleeps > FEW_SLEEPS;
        const spareMs = Math.max(0, deadlineMs - TIMES.callMs - world.now - ms);
        world.now += ms + (isLong ? Math.min(OVERSLEEP_MS, spareMs) : 0);
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
function judged(
  world: World,
  { beganAtMs: runBeganAtMs, isStale = false }: Pick<RunIn, "beganAtMs" | "isStale">,
  apply: () => void,
): void {
  const staleMs = isStale ? TIMES.staleMs : 0;
  const before = truthOf(world, PREFIX);
  apply();
  const after = truthOf(world, PREFIX);
  for (const { id, brokenBy } of PROMISES) {
    const { incidents: named = [] } = world;
    const isStuck = STUCK.some((name) => isOut(world, name));
    const isInPlace = SHAPES[world.shape].capabilities.source === "in-place";
    const broken = brokenBy(
      { before, after },
      {
        policy: POLICY,
        isInPlace,
        isStuck,
        named,
        runBeganAtMs,
        staleMs,
      },
    );
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
