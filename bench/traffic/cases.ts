import { ATTACK_KINDS, type Attack, type AttackKind } from "./attacks.ts";
import { Random } from "./random.ts";
import type { Rise } from "./service.ts";
import { Trace } from "./trace.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
/** A Monday. */
const EPOCH_MS = Date.UTC(2026, 0, 5);

export interface CaseOptions {
  readonly seed: number;
  /** By default, none to three at random. */
  readonly kinds?: readonly AttackKind[];
  /** @default 1 */
  readonly size?: number;
  /** Sends a day. @default between 400 and 6,000 */
  readonly dailySends?: number;
  /** Weeks before the exposure. @default between 2 and 6 */
  readonly weeks?: number;
}

/** Makes up a service, its holidays, and what was done to it: all from the seed. */
export function buildCase({ seed, kinds, size = 1, dailySends, weeks }: CaseOptions): Trace {
  const random = new Random(seed * 7919 + 13);
  const sinceMs = EPOCH_MS + (weeks ?? random.between(2, 6)) * WEEK;
  const untilMs = sinceMs + random.between(0.7, 5) * DAY;
  const exposure = { sinceMs: Math.floor(sinceMs), untilMs: Math.floor(untilMs) };
  const chosen = kinds ?? Array.from({ length: random.integer(0, 3) }, () => random.pick(ATTACK_KINDS));
  return new Trace({
    seed,
    service: {
      dailySends: dailySends ?? Math.round(400 * 15 ** random.next()),
      roamingShare: random.between(0.005, 0.05),
      newShare: random.between(0.02, 0.15),
      weeklyGrowth: random.between(-0.02, 0.06),
    },
    baselineSinceMs: EPOCH_MS,
    exposure,
    rises: [...festival(random, exposure), ...marketing(random, exposure)],
    attacks: chosen.map((kind, index) => buildAttack(random, { kind, size, label: index + 1 }, exposure)),
  });
}

type Span = Readonly<Record<"sinceMs" | "untilMs", number>>;

function festival(random: Random, exposure: Span): Rise[] {
  const sinceMs = Math.floor(random.between(exposure.sinceMs - DAY, exposure.untilMs));
  const untilMs = Math.floor(sinceMs + random.between(1, 2) * DAY);
  const rise = { factor: random.between(3, 5), newShare: random.between(0.1, 0.4) };
  return random.chance(0.5) ? [{ kind: "festival", sinceMs, untilMs, ...rise }] : [];
}

function marketing(random: Random, exposure: Span): Rise[] {
  const sinceMs = Math.floor(random.between(exposure.sinceMs, exposure.untilMs - 2 * HOUR));
  const untilMs = Math.floor(sinceMs + random.between(0.5, 3) * HOUR);
  const rise = { factor: random.between(5, 20), newShare: random.between(0.1, 0.9) };
  return random.chance(0.5) ? [{ kind: "marketing", sinceMs, untilMs, ...rise }] : [];
}

function buildAttack(random: Random, about: Pick<Attack, "kind" | "size" | "label">, exposure: Span): Attack {
  const room = exposure.untilMs - exposure.sinceMs;
  // A drip needs its days, the others may begin late.
  const latest = about.kind === "drip" ? room * 0.2 : room * 0.8;
  return {
    ...about,
    sinceMs: Math.floor(exposure.sinceMs + random.next() * latest),
    untilMs: exposure.untilMs,
  };
}
