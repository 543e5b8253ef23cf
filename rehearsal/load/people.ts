/** How many mobile numbers India can have: from 6000000000. */
const NUMBERS = 4_000_000_000;
/** Shares no factor with their count, so that no two people get the same number; and scatters neighbours. */
const STEP = 2_654_435_761;

/**
 * The phone number of a person, E.164. Nobody's neighbour has the next number, and nobody has another one's: a vendor sends
 * few codes to one phone in five minutes, and a review of sends asks about numbers that follow each other.
 */
export function phoneOf(person: number): string {
  return `+91${6_000_000_000 + ((person * STEP) % NUMBERS)}`;
}
