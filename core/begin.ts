import { createHash } from "node:crypto";
import { apply } from "./apply.ts";
import { type Context, callIn, type Ports, type RunOptions } from "./context.ts";
import { beforeReading } from "./cutover/leak-response.ts";
import type { Goal, LeakGoal, Observation } from "./cutover/observation.ts";
import type { Capabilities, SecretView } from "./cutover/ports.ts";
import { predict } from "./cutover/predict.ts";
import { isExpected } from "./expected.ts";
import { joinLeak, nameTarget } from "./leak-target.ts";
import type { Outcome } from "./run.ts";
import { hasTimeFor } from "./time-left.ts";

/** Before a look that failed is tried again; longer each time, up to ten times as long. */
const PAUSE_MS = 100;

/** What a run begins with: what it sees first, and its goal in the words that it goes on with. */
interface Begun {
  readonly observation: Observation;
  readonly goal: Goal;
}

/** A leak response is made of calls side by side; every other run begins with a look. */
export async function begin(goal: Goal, context: Context): Promise<Begun | Outcome> {
  if (goal.kind === "leak-response") return beginLeak(goal, context);
  return { goal, observation: firstLook(await context.ports.secrets.read(callIn(context)), goal, context) };
}

/**
 * Marks the leak while the keys are read. Where every key is meant, the labels alone say where the mark goes; of one key,
 * it has to be known first that it is there. Whoever responds to a leak that is marked already joins its incident.
 */
async function beginLeak(asked: LeakGoal, context: Context): Promise<Begun | Outcome> {
  const { secrets, provider } = context.ports;
  const { options } = context;
  const outline = await patiently(() => secrets.outline(callIn(context)), asked, context);
  const capabilities = capabilitiesIn(provider, options);
  const all = asked.target === "all" ? joinLeak(asked, outline.versions) : asked;
  const early = outline.isDeleted
    ? undefined
    : beforeReading(outline, all, { capabilities, policy: options.policy });
  if (early?.kind === "refuse") return early;
  const mark = early?.kind === "effect" ? early : undefined;
  const empty = firstLook({ ...outline, versions: [] }, all, context);
  const marking = mark && apply(mark, empty, all, context);
  const filling = patiently(() => secrets.fill(outline, callIn(context)), asked, context);
  filling.catch(() => undefined); // the mark is waited for, whatever becomes of the values: the clock goes on from it
  const [carried] = await Promise.all([
    marking,
    context.admin?.(callIn(context)).catch(() => undefined), // whoever needs it asks again, and hears why
  ]);
  const secret = await filling;
  const named = nameTarget(all, secret);
  if ("kind" in named && named.kind === "refuse") return named;
  const goal = joinLeak(named, secret.versions);
  const seen = firstLook(secret, goal, context);
  if (mark === undefined || carried === undefined) return { goal, observation: seen };
  const run = { ...carried.run, nonce: seen.run.nonce };
  const spared = carried.error ? undefined : predict(seen, mark.effect, run);
  return { goal, observation: spared ?? { ...seen, run } };
}

/** Asks once, and again only where that failed. */
export function once(ask: Ports["admin"]): Ports["admin"] {
  if (ask === undefined) return undefined;
  let answer: ReturnType<typeof ask> | undefined;
  return (call) => {
    answer ??= ask(call).catch((error: unknown) => {
      answer = undefined;
      throw error;
    });
    return answer;
  };
}

function firstLook(secret: SecretView, goal: Goal, { options, ports }: Context): Observation {
  const { timeoutMs, marginMs } = options.fence;
  const run = {
    capabilities: capabilitiesIn(ports.provider, options),
    nonce: ports.random.nonce(),
    namePrefix: namePrefixOf(secret.arn),
    fenceMs: timeoutMs + marginMs,
    applied: 0,
    revoked: [],
    removed: [],
    rolled: [],
    unrolled: {},
    failed: {},
    spent: [],
    left: [],
    fit: [],
    unfit: {},
    ...(goal.kind === "revoke" ? { named: goal.keyId } : {}),
    ...(ports.announcer ? { announced: [] } : {}),
  };
  return { ...NOTHING_SEEN, secret, run };
}

function capabilitiesIn(
  { capabilities }: Ports["provider"],
  { lastUsedResolutionSeconds: resolutionSeconds }: RunOptions,
): Capabilities {
  const { lastUsed } = capabilities;
  if (resolutionSeconds === undefined || lastUsed === undefined) return capabilities;
  return { ...capabilities, lastUsed: { ...lastUsed, resolutionSeconds } };
}

const NOTHING_SEEN = { probes: {}, settings: {}, uses: {}, rollouts: {} };

/** After an effect, everything is looked up anew; only the effect's own answer stands. */
export async function lookAgain(
  { run }: Pick<Observation, "run">,
  goal: Goal,
  context: Context,
): Promise<Observation> {
  const secret = await patiently(() => context.ports.secrets.read(callIn(context)), goal, context);
  return { ...NOTHING_SEEN, secret, run };
}

/**
 * A run that cannot see the secret ends, and the next one goes on. A leak response looks again as long as there is time: a
 * leaked key does not wait.
 */
async function patiently<T>(look: () => Promise<T>, goal: Goal, context: Context): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await look();
    } catch (error) {
      const goesOn = goal.kind === "leak-response" && isExpected(error) && hasTimeFor("look", context);
      if (!goesOn) throw error;
      await context.ports.clock.sleep(PAUSE_MS * Math.min(10, tries), context.signal);
    }
  }
}

/**
 * How the names of a secret's keys begin. Two deployments, accounts or regions may share one vendor account, so it is
 * a hash of the full ARN, 64 bits of it; with a nonce behind, it fits into 64 characters (Twilio's limit).
 */
export function namePrefixOf(secretArn: string): string {
  return `dualkey/${createHash("sha256").update(secretArn).digest("hex").slice(0, 16)}/`;
}
