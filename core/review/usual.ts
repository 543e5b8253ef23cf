import { measureGrowth } from "./growth.ts";
import { measureGrowthAbroad } from "./growth-abroad.ts";
import { overdispersionOf } from "./overdispersion.ts";
import type { People, Span } from "./people.ts";
import type { Reference } from "./reference.ts";
import { learnRhythm } from "./rhythm.ts";
import { learnShares, type Shares } from "./shares.ts";

const HOUR = 3600;
/** A rise at home is believed to lift foreign destinations by so much, unless it lasts or they show that it is more. */
const MAX_BELIEVED_GROWTH = 5;
/** A campaign is shorter, and lifts no travellers; a holiday is longer. */
const LASTING_HOURS = 6;

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
  const believed =
    rhythm === undefined ? growth : believe(growth, (hour) => rhythm.usualAt(firstHour + hour));
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

/** Cuts off what is short in the growth at home. */
function believe(growth: Float64Array, usualAt: (hour: number) => number): Float64Array {
  const ratios = growth.map((value, hour) => value / Math.max(1, usualAt(hour)));
  return growth.map((value, hour) => {
    const believed = Math.max(MAX_BELIEVED_GROWTH, lastingAt(ratios, hour));
    return Math.min(value, believed * Math.max(1, usualAt(hour)));
  });
}

/** The most that the values reach for some hours in a row, this one among them. */
function lastingAt(values: Float64Array, hour: number): number {
  let lasting = 0;
  for (let from = Math.max(0, hour - LASTING_HOURS + 1); from <= hour; from++) {
    const some = values.subarray(from, from + LASTING_HOURS);
    if (some.length === LASTING_HOURS) lasting = Math.max(lasting, Math.min(...some));
  }
  return lasting;
}
