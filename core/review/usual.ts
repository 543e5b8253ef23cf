import { measureGrowth } from "./growth.ts";
import { measureGrowthAbroad } from "./growth-abroad.ts";
import { overdispersionOf } from "./overdispersion.ts";
import type { People, Span } from "./people.ts";
import type { Reference } from "./reference.ts";
import { learnRhythm } from "./rhythm.ts";
import { learnShares, type Shares } from "./shares.ts";

const HOUR = 3600;
/** A rise at home is believed to lift foreign destinations by so much, unless they show that it is more. */
const MAX_BELIEVED_GROWTH = 5;

/** What would have come without an attack, hour by hour of the exposure. */
export interface Usual {
  /** The exposure's first hour, as hours since 1970. */
  readonly firstHour: number;
  readonly hours: number;
  /** Newcomers in each hour, as the service's own growth has it. */
  readonly growth: Float64Array;
  /** Newcomers of a destination in each hour. */
  expectedOf(destination: number): Float64Array;
  /** The square of how much a destination's expected value is off, as a share. */
  overdispersionOf(destination: number): number;
  readonly shares: Shares;
}

/** Learns from the reference how newcomers divide, and from the exposure how much the service itself grew. */
export function learnUsual(reference: Reference, newcomers: People, exposure: Span): Usual {
  const firstHour = Math.floor(exposure.since / HOUR);
  const hours = Math.max(1, Math.ceil(exposure.until / HOUR) - firstHour);
  const shares = learnShares(reference);
  const growth = measureGrowth({ reference, newcomers, firstHour, hours, shares });
  const rhythm = learnRhythm(reference);
  const believed = growth.map((value, hour) => {
    const usual = rhythm?.usualAt(firstHour + hour);
    return usual === undefined ? value : Math.min(value, Math.max(1, usual * MAX_BELIEVED_GROWTH));
  });
  const asAtHome = (destination: number) => {
    const share = shares.shareOf(destination);
    const shareAt = (hour: number) => rhythm?.shareAt(firstHour + hour, destination, share) ?? share;
    return believed.map((value, hour) => value * shareAt(hour));
  };
  const abroad = measureGrowthAbroad({
    reference,
    newcomers,
    firstHour,
    hours,
    shares,
    expectedOf: asAtHome,
  });
  return {
    firstHour,
    hours,
    growth,
    expectedOf: (destination) => asAtHome(destination).map((value, hour) => value * (abroad[hour] ?? 1)),
    overdispersionOf: (destination) => {
      const measured = shares.measuredOf(destination);
      // Of a country that was never seen, the floor of what may come from anywhere says enough.
      return overdispersionOf(reference, destination) + (measured === 0 ? 0 : 1 / measured);
    },
    shares,
  };
}
