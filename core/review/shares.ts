import type { Reference } from "./reference.ts";

/** A country with so large a share of the newcomers is one of the service's homes. */
const HOME_SHARE = 0.2;
/** What a country that is not a home may have where the reference is short: travellers. */
const PRIOR_SHARE = 0.001;

/** How the reference's people divide between destinations. */
export interface Shares {
  /** The destination's share of the newcomers, or of everybody, whichever is larger: not all kinds of people come and go alike. */
  shareOf(destination: number): number;
  shareOfEveryone(destination: number): number;
  /** How many people say so: a share that few have measured may be far off. */
  measuredOf(destination: number): number;
  /** Whether it is one of the countries that the service is made for. */
  isHome(destination: number): boolean;
}

export function learnShares({ isShort, count, destination, everyone }: Reference): Shares {
  const newcomers = countBy(destination);
  const all = countBy(everyone.destination);
  const largest = Math.max(0, ...newcomers.values());
  const isHome = (which: number) => {
    const seen = newcomers.get(which) ?? 0;
    return seen > 0 && (seen === largest || seen / count >= HOME_SHARE);
  };
  const shareIn = (counts: Map<number, number>, total: number, which: number) =>
    ((counts.get(which) ?? 0) + 1) / (total + counts.size + 1);
  const shareOfEveryone = (which: number) => shareIn(all, everyone.count, which);
  return {
    isHome,
    shareOfEveryone,
    shareOf: (which) => {
      const share = Math.max(shareIn(newcomers, count, which), shareOfEveryone(which));
      return isShort && !isHome(which) ? Math.max(share, PRIOR_SHARE) : share;
    },
    measuredOf: (which) => Math.max(newcomers.get(which) ?? 0, all.get(which) ?? 0),
  };
}

function countBy(values: Uint16Array): Map<number, number> {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
