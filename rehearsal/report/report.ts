import { orphansOf } from "../../core/cutover/promises.ts";
import type { Stage } from "../stage.ts";
import type { KeyLife } from "../watch/key-lives.ts";
import { PHASES } from "../watch/phase.ts";
import type { Verdict } from "../watch/promise-watch.ts";
import type { Second } from "../watch/send-series.ts";
import { type Check, checkTheEnd } from "./checks.ts";
import { judgeSecrecy } from "./secrecy.ts";

/** The life of one key. Times are ISO, or null where that never happened. */
export interface KeyReport {
  readonly id: string;
  readonly madeBy: string;
  readonly created: string;
  readonly promoted: string | null;
  readonly replaced: string | null;
  readonly condemned: string | null;
  readonly revoked: string | null;
  readonly dead: string | null;
  /** Sends that were accepted with it. */
  readonly sends: number;
}

/** What a rehearsal leaves behind: `out/rehearsal.json`. It holds ids and times, and no key. */
export interface Report {
  readonly scenario: string;
  /** What the faults were drawn from; null where there were none. */
  readonly seed: number | null;
  /** Whether everything was as it has to be. */
  readonly passed: boolean;
  readonly startedAt: string;
  /** When logins began: second 0 of `sends`. */
  readonly loginsFrom: string;
  readonly durationMs: number;
  /** What was waited for when time ran out; empty where it did not. */
  readonly waitedFor: readonly string[];
  readonly logins: {
    readonly total: number;
    readonly failed: number;
    readonly perSecond: number;
    /** How long a login service goes on with the key that it has read. */
    readonly cacheSeconds: number;
    readonly slowestMs: number;
    readonly failures: Readonly<Record<string, number>>;
  };
  readonly keys: readonly KeyReport[];
  readonly orphans: readonly string[];
  readonly promises: readonly Verdict[];
  readonly checks: readonly Check[];
  /** What was done to the rotator, and how often. */
  readonly faults: Readonly<Record<string, number>>;
  /** Sends per 10 seconds from one address. */
  readonly throttle: { readonly vendor: number; readonly set: number };
  readonly services: readonly {
    readonly name: string;
    readonly moves: readonly { readonly at: string; readonly key: string }[];
  }[];
  readonly phases: readonly { readonly name: string; readonly says: string; readonly at: string }[];
  readonly sends: readonly Second[];
  readonly events: readonly {
    readonly at: string;
    readonly kind: string;
    readonly what: string;
    readonly because: string;
  }[];
}

/** Judges a rehearsal that is over, while its world is still there to be asked. */
export async function buildReport(
  stage: Stage,
  { startedAtMs, isOver }: { readonly startedAtMs: number; readonly isOver: boolean },
): Promise<Report> {
  const { watch, load, request, chaos } = stage;
  const checks = await checkTheEnd(stage);
  const orphans = orphansOf(watch.look()).map(({ id }) => id);
  const base = {
    ...describe(stage),
    startedAt: iso(startedAtMs),
    waitedFor: isOver ? [] : waitedFor(stage),
    orphans,
    checks,
    faults: chaos?.counts() ?? {},
  };
  const judged = [...atRest(watch.promises.verdicts(), orphans), await judgeSecrecy(stage, base)];
  const isAsItShouldBe = (verdicts: readonly Verdict[]): boolean =>
    isOver &&
    checks.every(({ holds }) => holds) &&
    (request.scenario.failedLogins === "expected" ? load.failed > 0 : load.failed === 0) &&
    verdicts.every(({ id, broken }) => broken.length === 0 || isExpected(id, stage));
  const all = chaos ? [...judged, crashOnly(stage, isAsItShouldBe(judged))] : judged;
  const promises = all.toSorted((a, b) => a.id.localeCompare(b.id));
  return { ...base, durationMs: Date.now() - startedAtMs, promises, passed: isAsItShouldBe(promises) };
}

function describe({ request, tempo, world, watch, load, chaos }: Stage) {
  return {
    scenario: request.scenario.name,
    seed: chaos ? request.seed : null,
    loginsFrom: iso(watch.startedAtMs),
    logins: {
      total: load.total,
      failed: load.failed,
      perSecond: request.rate,
      cacheSeconds: tempo.cacheSeconds,
      slowestMs: Math.round(load.slowestMs),
      failures: load.failures,
    },
    keys: watch.lives.all.map((life) => keyReport(life, { world, watch })),
    throttle: world.throttle,
    services: load.services.map(({ name, moves }) => ({
      name,
      moves: moves.map(({ atMs, versionId }) => ({ at: iso(atMs), key: keyOf(versionId) })),
    })),
    phases: watch.phases.map(({ name, atMs }) => ({ name, says: PHASES[name], at: iso(atMs) })),
    sends: watch.sends.all(),
    events: watch.told.map(({ atMs, ...told }) => ({ at: iso(atMs), ...told })),
  };
  function keyOf(versionId: string): string {
    return watch.look().versions.find(({ id }) => id === versionId)?.keyId ?? "";
  }
}

function keyReport(life: KeyLife, { world, watch }: Pick<Stage, "world" | "watch">): KeyReport {
  const at = (ms: number | undefined) => (ms === undefined ? null : iso(ms));
  return {
    id: life.id,
    madeBy: madeBy(life.id, world),
    created: iso(life.createdAtMs),
    promoted: at(life.promotedAtMs),
    replaced: at(life.replacedAtMs),
    condemned: at(life.condemnedAtMs),
    revoked: at(life.revokedAtMs),
    dead: at(life.deadAtMs),
    sends: watch.sends.total(life.id),
  };
}

/** Who made a key, in a word. */
export function madeBy(keyId: string, { firstKey, strangersKey, gateway }: Stage["world"]): string {
  if (keyId === firstKey.id) return "by hand";
  if (keyId === strangersKey.id) return "stranger";
  const label = gateway.truth.keys().find(({ id }) => id === keyId)?.label ?? "";
  return label.startsWith("dualkey/") ? "dualkey" : "script";
}

function atRest(verdicts: readonly Verdict[], orphans: readonly string[]): Verdict[] {
  return verdicts.map((verdict) => {
    if (verdict.id !== "P2") return verdict;
    const broken = [
      ...verdict.broken,
      ...orphans.map((id) => `at rest: key ${id} works, and no version names it`),
    ];
    return { ...verdict, checked: `${verdict.checked}, and all keys at rest`, broken };
  });
}

function crashOnly({ chaos }: Stage, holds: boolean): Verdict {
  const faults = Object.values(chaos?.counts() ?? {}).reduce((sum, count) => sum + count, 0);
  return {
    id: "P7",
    says: "Kill it at any instruction, deliver any event twice, run two at once: everything else holds",
    checked: `${faults} faults in ${chaos?.invocations ?? 0} invocations`,
    broken: [
      ...(holds ? [] : ["something else did not hold under these faults"]),
      ...(faults > 0 ? [] : ["nothing went wrong, and so nothing is shown"]),
    ],
  };
}

/** Without overlap and evidence a script breaks P3: that is what it is here to show. */
function isExpected(promise: string, { request }: Stage): boolean {
  return request.scenario.failedLogins === "expected" && promise === "P3";
}

function waitedFor({ watch, request }: Stage): string[] {
  const phase = watch.phases.at(-1)?.name ?? "steady";
  const holds = watch.log.holds.map(({ because }) => because);
  return [`${request.scenario.limitSeconds} s were over in the phase "${phase}": ${PHASES[phase]}`, ...holds];
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
