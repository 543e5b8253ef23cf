import { orphansOf } from "../../core/cutover/promises.ts";
import type { Stage } from "../stage.ts";
import type { Vendor } from "../vendor.ts";
import type { KeyLife } from "../watch/key-lives.ts";
import { phasesUnder } from "../watch/phase.ts";
import type { Verdict } from "../watch/promise-watch.ts";
import type { Second } from "../watch/send-series.ts";
import { allowedOutageOf, type Check, checkTheEnd } from "./checks.ts";
import { type KeyReport, keyReport } from "./key-report.ts";
import { type LeakReport, leakOf } from "./leak.ts";
import { judgeLeak } from "./leak-checks.ts";
import { notesOf } from "./notes.ts";
import { judgeSecrecy } from "./secrecy.ts";
import { type GoingBackReport, goingBackOf, type HeldReport, heldOf } from "./trouble.ts";

/** An outage that the policy allows, and what came of it. */
export interface OutageReport {
  readonly allowedSeconds: number;
  /** The old key's first refusal. */
  readonly from: string;
  /** The last login that failed. */
  readonly to: string;
  readonly seconds: number;
}

/** What a rehearsal leaves behind: `out/rehearsal.json`. It holds ids and times, and no key. */
export interface Report {
  readonly scenario: string;
  readonly vendor: Pick<Vendor, "id" | "title" | "cutover">;
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
  /** The time in which a rotation in place lets logins fail; null where none may. */
  readonly outage: OutageReport | null;
  /** Where the new key was a bad one; null where it was not. */
  readonly goingBack: GoingBackReport | null;
  /** Where one service has not moved; null where all have. */
  readonly held: HeldReport | null;
  /** How a leaked key was abused and killed; null where none has leaked. */
  readonly leak: LeakReport | null;
  readonly keys: readonly KeyReport[];
  readonly orphans: readonly string[];
  readonly promises: readonly Verdict[];
  readonly checks: readonly Check[];
  /** What was done to the rotator, and how often. */
  readonly faults: Readonly<Record<string, number>>;
  /** What a reader has to know about the vendor and the policy. */
  readonly notes: readonly string[];
  readonly services: readonly {
    readonly name: string;
    /** How it comes to a new key. */
    readonly how: string;
    /** When it was stopped; null where it ran to the end. */
    readonly until: string | null;
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
  const { watch, chaos } = stage;
  // First what logins came to: the questions that are asked at the end are sends, too.
  const described = describe(stage);
  const checks = await checkTheEnd(stage);
  const orphans = orphansOf(watch.look()).map(({ id }) => id);
  const base = {
    ...described,
    startedAt: iso(startedAtMs),
    waitedFor: isOver ? [] : waitedFor(stage),
    orphans,
    checks,
    faults: chaos?.counts() ?? {},
  };
  const verdicts = withLeak(atRest(watch.promises.verdicts(), orphans), stage, base.leak);
  const judged = [...verdicts, await judgeSecrecy(stage, base)];
  const isAsItShouldBe = (verdicts: readonly Verdict[]): boolean =>
    isOver &&
    checks.every(({ holds }) => holds) &&
    hasFailedAsExpected(stage) &&
    verdicts.every(({ id, broken }) => broken.length === 0 || isExpected(id, stage));
  const all = chaos ? [...judged, crashOnly(stage, isAsItShouldBe(judged))] : judged;
  const promises = all.toSorted((a, b) => a.id.localeCompare(b.id));
  return { ...base, durationMs: Date.now() - startedAtMs, promises, passed: isAsItShouldBe(promises) };
}

function describe(stage: Stage) {
  const { request, tempo, world, watch, load, chaos } = stage;
  const phases = phasesUnder(world, request.scenario.name);
  return {
    scenario: request.scenario.name,
    vendor: { id: world.vendor.id, title: world.vendor.title, cutover: world.vendor.cutover },
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
    keys: watch.lives.all.filter(isShown).map((life) => keyReport(life, { world, watch })),
    outage: outageReport(stage),
    notes: notesOf(stage),
    goingBack: goingBackOf(stage),
    held: heldOf(stage),
    leak: leakOf(stage),
    services: load.instances.map(({ name, how, moves, endedAtMs }) => ({
      name,
      how,
      until: endedAtMs === undefined ? null : iso(endedAtMs),
      moves: moves.map(({ atMs, versionId }) => ({ at: iso(atMs), key: keyOf(versionId) })),
    })),
    phases: watch.phases.map(({ name, atMs }) => ({ name, says: phases[name] ?? "", at: iso(atMs) })),
    sends: watch.sends.all(),
    events: watch.told.map(({ atMs, ...told }) => ({ at: iso(atMs), ...told })),
  };
  // An admin credential is no key of this story, though some vendors have it among theirs.
  function isShown({ id }: KeyLife): boolean {
    return id !== world.vendor.admin?.keyId;
  }
  function keyOf(versionId: string): string {
    return watch.look().versions.find(({ id }) => id === versionId)?.keyId ?? "";
  }
}

/** None, but where that is what is shown, or counted by a check, or within the outage that a rotation in place is allowed. */
function hasFailedAsExpected({ request, load, world }: Stage): boolean {
  if (request.scenario.failedLogins !== "none") return load.failed > 0;
  // A check at the end says whether they were in the outage, or until the next key was there.
  const isCounted = allowedOutageOf(world) !== undefined || request.leak?.mode === "revoke-first";
  return load.failed === 0 || isCounted;
}

function outageReport({ world, watch }: Stage): OutageReport | null {
  const allowedSeconds = allowedOutageOf(world);
  const outage = allowedSeconds === undefined ? undefined : watch.outage.measure(allowedSeconds);
  if (allowedSeconds === undefined || outage === undefined) return null;
  const { fromMs, toMs } = outage;
  return { allowedSeconds, from: iso(fromMs), to: iso(toMs), seconds: (toMs - fromMs) / 1000 };
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

/** What an onlooker holds P5 against joins what the ledger's rule says of it. */
function withLeak(verdicts: readonly Verdict[], stage: Stage, leak: LeakReport | null): readonly Verdict[] {
  if (leak === null) return verdicts;
  const own = judgeLeak(stage, leak);
  const before = verdicts.find(({ id }) => id === own.id);
  const joined = { ...own, broken: [...(before?.broken ?? []), ...own.broken] };
  return [...verdicts.filter((verdict) => verdict !== before), joined];
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

function waitedFor({ watch, request, world }: Stage): string[] {
  const phase = watch.phases.at(-1)?.name ?? "steady";
  const says = phasesUnder(world, request.scenario.name)[phase];
  const holds = watch.log.holds.map(({ because }) => because);
  return [`${request.scenario.limitSeconds} s were over in the phase "${phase}": ${says}`, ...holds];
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
