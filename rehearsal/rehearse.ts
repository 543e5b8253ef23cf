import { setTimeout as pause } from "node:timers/promises";
import { owes } from "../core/cutover/owes.ts";
import { orphansOf } from "../core/cutover/promises.ts";
import { Chaos } from "./chaos/chaos.ts";
import type { Request } from "./command-line.ts";
import { playLeak } from "./leak/play-leak.ts";
import { startLoad } from "./load/load.ts";
import { STRAGGLER } from "./load/services.ts";
import { buildReport, type Report } from "./report/report.ts";
import { alarmsNaming } from "./report/trouble.ts";
import type { Stage } from "./stage.ts";
import { fenceMsOf, tempoOf } from "./tempo.ts";
import type { Fields } from "./vendor.ts";
import { Watch } from "./watch/watch.ts";
import { buildBundle } from "./world/bundle.ts";
import { answerAlarm } from "./world/operator.ts";
import { Person } from "./world/person.ts";
import { replaceByScript } from "./world/replace-by-script.ts";
import { askForRotation } from "./world/rotate.ts";
import { startWorld, type World } from "./world/world.ts";

/** Who looks on while a rehearsal runs. */
export interface Audience {
  /** Ends the rehearsal, and everything that it has started. */
  readonly signal: AbortSignal;
  /** The logins are running. */
  onStage(stage: Stage): void;
}

const TICK_MS = 100;
const DAY_MS = 86_400_000;

/**
 * Plays one scenario from an empty world to the report. Nothing of it is left when this returns or throws.
 *
 * @throws the signal's reason where it was ended before its time
 */
export async function rehearse(request: Request, audience: Audience): Promise<Report> {
  const { signal } = audience;
  const startedAtMs = Date.now();
  await buildBundle(signal);
  const isInLedger = request.scenario.trouble === "leak";
  const world = await startWorld({ ...request, hasPast: request.leak !== undefined, isInLedger });
  const stage: { current?: Stage } = {};
  try {
    // No service is started before its key can be read, and reads may be stale.
    await pause(request.scenario.mischief?.staleReadMs ?? 0, undefined, { signal });
    stage.current = setTheStage(request, world);
    audience.onStage(stage.current);
    const isOver = await play(stage.current, { signal, startedAtMs });
    stage.current.chaos?.stop();
    const { load, watch } = stage.current;
    await untilAborted(Promise.all([load.stop(), watch.leak?.start.attacker.stop()]), signal);
    return await buildReport(stage.current, { startedAtMs, isOver });
  } finally {
    stage.current?.chaos?.stop();
    stage.current?.watch.stop();
    void stage.current?.load.stop();
    void stage.current?.watch.leak?.start.attacker.stop();
    await world.close();
  }
}

function setTheStage(request: Request, world: World): Stage {
  const { scenario, rate, seed } = request;
  const tempo = tempoOf(world.policy);
  const watch = new Watch(world, scenario, tempo);
  const onFailure = () => watch.countFailure();
  const onSent = (fields: Fields) => watch.countSend(fields);
  const cacheMs = tempo.cacheSeconds * 1000;
  const isRereading = request.leak !== undefined;
  const load = startLoad(world, { scenario, rate, cacheMs, isRereading, onSent, onFailure });
  const { mischief } = scenario;
  const onFault = (because: string, what: string) => watch.tell("fault", { what, because });
  const chaos = mischief && new Chaos(world, { mischief, seed }, onFault);
  return { request, tempo, world, watch, load, chaos };
}

/** @returns whether all came to its end before the scenario's limit */
async function play(
  stage: Stage,
  { signal, startedAtMs }: { readonly signal: AbortSignal; readonly startedAtMs: number },
): Promise<boolean> {
  const { request, tempo, watch, world } = stage;
  const limitMs = startedAtMs + request.scenario.limitSeconds * 1000;
  const loadedForMs = () => Date.now() - watch.startedAtMs;
  const wait = async (isDone: () => boolean | Promise<boolean>, untilMs = limitMs): Promise<boolean> => {
    while (!(await isDone())) {
      if (Date.now() > untilMs) return false;
      await pause(TICK_MS, undefined, { signal });
      watch.look();
    }
    return true;
  };
  await wait(() => loadedForMs() >= tempo.warmUpSeconds * 1000);
  if (request.scenario.replacedBy === "script") {
    await replaceByScript(world, (what, because) => watch.tell("script", { what, because }));
  } else if (request.scenario.trouble !== "leak") {
    await startRotation(stage);
    if (!(await wait(() => isItsEnd(stage) || askAgain(stage)))) return false;
  }
  if (request.leak) {
    const parts = { wait, startRotation: () => startRotation(stage), signal };
    if (!(await playLeak(stage, request.leak, parts)) || !(await wait(() => isAtRest(stage)))) return false;
  }
  const atRestMs = Date.now();
  const restMs = Math.max(tempo.coolDownSeconds, tempo.cacheSeconds) * 1000;
  const isLoadOver = () => Date.now() >= atRestMs + restMs && loadedForMs() >= request.seconds * 1000;
  return wait(isLoadOver, Number.POSITIVE_INFINITY); // as long as was asked for
}

/** Secrets Manager's schedule starts it; where only a person can make a key, he does when he hands it in. */
async function startRotation({ world, watch }: Stage): Promise<void> {
  const { console, retireNow } = world.vendor;
  if (retireNow !== undefined) answerAlarm(world, retireNow, watch);
  if (console === undefined) {
    await askForRotation(world);
    return;
  }
  await new Person(world, console, watch).replaceKey();
}

/** The scenario has come to where it leads. */
function isItsEnd(stage: Stage): boolean {
  // What a dead key leaves behind in the ledger is waited for when the leak is over, too.
  if (stage.request.leak) return isReplacedKeyDead(stage);
  return stage.request.scenario.trouble === "straggler" ? isHeld(stage) : isAtRest(stage);
}

/** An alarm names the service that has not moved, and the other services have. */
function isHeld({ watch, load, world }: Stage): boolean {
  watch.look();
  const running = load.instances.filter(({ endedAtMs }) => endedAtMs === undefined);
  const current = world.aws.secrets.get(world.secretArn)?.labelled("AWSCURRENT")?.id;
  const hasMoved = running
    .filter(({ name }) => !name.startsWith(STRAGGLER))
    .every(({ moves }) => moves.at(-1)?.versionId === current);
  return hasMoved && alarmsNaming(watch.log.alarms, STRAGGLER).length > 0;
}

/** One key is proven dead, nothing is owed, and no key is lost: the world as it should be left. */
function isAtRest({ watch, world, tempo }: Stage): boolean {
  const truth = watch.look();
  if (!isReplacedKeyDead({ watch, world }) || orphansOf(truth).length > 0) return false;
  return !owes({ versions: truth.versions, notUnderstood: [] }, truth.atMs, {
    fenceMs: fenceMsOf(tempo),
    listLagMs: tempo.listLagSeconds * 1000,
    everyMs: tempo.sweepSeconds * 1000,
    auditAtMs: (truth.atMs + DAY_MS / 2) % DAY_MS, // half a day off: the daily look owes nothing
  });
}

/** What leaked; the first key; or, where it was gone back to, the one that was to take its place. */
function isReplacedKeyDead({ watch, world }: Pick<Stage, "watch" | "world">): boolean {
  if (watch.leak) return watch.leak.isProven;
  if (watch.badKey === undefined) return watch.lives.get(world.firstKey.id)?.role === "dead";
  if (watch.badKey.seen.backAtMs === undefined) return false;
  const promoted = watch.lives.all.filter(({ id, promotedAtMs }) => {
    return id !== world.firstKey.id && promotedAtMs !== undefined;
  });
  return promoted.every(({ role }) => role === "dead");
}

/** A rotation that was given up is asked for again, as a schedule would some day. Never ends the wait. */
async function askAgain({ watch, world }: Stage): Promise<false> {
  const last = world.aws.events.all.findLast(({ kind }) => kind.startsWith("rotation-"))?.kind;
  const isGivenUp = last === "rotation-failed" || last === "rotation-abandoned";
  if (isGivenUp && watch.lives.get(world.firstKey.id)?.role === "current") await askForRotation(world);
  return false;
}

async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  return Promise.race([
    work,
    new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    }),
  ]);
}
