import { ATTACK_KINDS, type Attack, type AttackKind } from "./attacks.ts";
import { HELD_OUT, type NumberPlan, PUMPED } from "./numbers.ts";
import { ODDITIES } from "./oddities.ts";
import { Random } from "./random.ts";
import type { Rise } from "./service.ts";
import { Trace } from "./trace.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

type Between = readonly [low: number, high: number];

/** How services and attacks may be. Each value is drawn anew for each case. */
export interface Family {
  readonly name: string;
  /** No case of a family has the seed of another one's. */
  readonly firstSeed: number;
  /** Milliseconds since 1970. */
  readonly startsMs: number;
  readonly dailySends: Between;
  readonly weeks: Between;
  readonly exposureDays: Between;
  readonly roamingShare: Between;
  readonly festivalFactor: Between;
  readonly campaignFactor: Between;
  /** Of an attack's usual size. */
  readonly size: Between;
  readonly plans: readonly NumberPlan[];
  /** How likely each oddity is. */
  readonly oddity: number;
}

/** What limits were chosen on. */
export const TUNED: Family = {
  name: "tuned",
  firstSeed: 1,
  startsMs: Date.UTC(2026, 0, 5),
  dailySends: [400, 6000],
  weeks: [2, 6],
  exposureDays: [0.7, 5],
  roamingShare: [0.005, 0.05],
  festivalFactor: [3, 5],
  campaignFactor: [5, 20],
  size: [1, 1],
  plans: PUMPED,
  oddity: 0,
};

/** What is reported: other seeds, other countries, wider ranges, and harmless oddities among them. */
export const HELD_OUT_FAMILY: Family = {
  name: "held out",
  firstSeed: 1_100_001,
  startsMs: Date.UTC(2026, 6, 2, 7),
  dailySends: [250, 10_000],
  weeks: [1.5, 7],
  exposureDays: [0.5, 6],
  roamingShare: [0.002, 0.08],
  festivalFactor: [2, 6],
  campaignFactor: [3, 30],
  size: [0.5, 1.5],
  plans: HELD_OUT,
  oddity: 0.3,
};

export interface CaseOptions {
  readonly family: Family;
  /** The how-manieth of the family. */
  readonly index: number;
  /** By default, none to three at random. */
  readonly kinds?: readonly AttackKind[];
  readonly size?: number;
  readonly dailySends?: number;
  readonly weeks?: number;
}

/** Makes up a service, its holidays, and what was done to it: all from the family's seed and the index. */
export function buildCase({ family, index, kinds, ...fixed }: CaseOptions): Trace {
  const seed = family.firstSeed + index;
  const random = new Random(seed * 7919 + 13);
  const sinceMs = family.startsMs + (fixed.weeks ?? random.between(...family.weeks)) * WEEK;
  const exposure = {
    sinceMs: Math.floor(sinceMs),
    untilMs: Math.floor(sinceMs + random.between(...family.exposureDays) * DAY),
  };
  const [fewest, most] = family.dailySends;
  const chosen = kinds ?? Array.from({ length: random.integer(0, 3) }, () => random.pick(ATTACK_KINDS));
  const size = fixed.size ?? random.between(...family.size);
  return new Trace({
    seed,
    service: {
      dailySends: fixed.dailySends ?? Math.round(fewest * (most / fewest) ** random.next()),
      roamingShare: random.between(...family.roamingShare),
      newShare: random.between(0.02, 0.15),
      weeklyGrowth: random.between(-0.02, 0.06),
    },
    baselineSinceMs: family.startsMs,
    exposure,
    rises: [...buildFestival(random, family, exposure), ...buildCampaign(random, family, exposure)],
    attacks: chosen.map((kind, place) =>
      buildAttack(random, { kind, size, label: place + 1, plans: family.plans }, exposure),
    ),
    oddities: ODDITIES.filter(() => random.chance(family.oddity)),
  });
}

type Span = Readonly<Record<"sinceMs" | "untilMs", number>>;

function buildFestival(random: Random, family: Family, exposure: Span): Rise[] {
  const sinceMs = Math.floor(random.between(exposure.sinceMs - DAY, exposure.untilMs));
  const untilMs = Math.floor(sinceMs + random.between(1, 2) * DAY);
  const rise = { factor: random.between(...family.festivalFactor), newShare: random.between(0.1, 0.4) };
  return random.chance(0.5) ? [{ kind: "festival", sinceMs, untilMs, ...rise }] : [];
}

function buildCampaign(random: Random, family: Family, exposure: Span): Rise[] {
  const sinceMs = Math.floor(random.between(exposure.sinceMs, exposure.untilMs - 2 * HOUR));
  const untilMs = Math.floor(sinceMs + random.between(0.5, 3) * HOUR);
  const rise = { factor: random.between(...family.campaignFactor), newShare: random.between(0.1, 0.9) };
  const kind = random.pick(["marketing", "regional"] as const);
  return random.chance(0.5) ? [{ kind, sinceMs, untilMs, ...rise }] : [];
}

function buildAttack(random: Random, about: Omit<Attack, "sinceMs" | "untilMs">, exposure: Span): Attack {
  const room = exposure.untilMs - exposure.sinceMs;
  // A drip needs its days, the others may begin late.
  const latest = about.kind === "drip" ? room * 0.2 : room * 0.8;
  return {
    ...about,
    sinceMs: Math.floor(exposure.sinceMs + random.next() * latest),
    untilMs: exposure.untilMs,
  };
}
