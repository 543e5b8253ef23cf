import type { ReviewFindingKind } from "../../contract/send-review.ts";
import type { People, Population, Span } from "./people.ts";
import type { Reference } from "./reference.ts";
import type { SendColumns } from "./send-columns.ts";
import type { Usual } from "./usual.ts";

const HOUR = 3600;

/** What every detector looks at. Each marks the newcomers that it has explained, for those that come after it. */
export interface Detection {
  readonly columns: SendColumns;
  readonly population: Population;
  readonly exposure: Span;
  readonly reference: Reference;
  readonly usual: Usual;
  /** 1 for each newcomer that a finding is about. */
  readonly claimed: Uint8Array;
  /** How many sends a usual number gets: people ask for a second code. */
  readonly sendsPerNumber: number;
}

/** What a detector found, before it is put into words and ranked. */
export interface Suspicion {
  readonly kind: ReviewFindingKind;
  readonly severity: "alarm" | "notice";
  /** An index into the columns' destinations; absent where it is about several. */
  readonly destination?: number;
  /** The sends that it is about. */
  readonly rows: readonly number[];
  /** How many sends there would be without an attack. */
  readonly expected: number;
  readonly reason: string;
}

/** So few could be a family that travels, or a test. */
const FEW = 20;

export function severityOf(rows: readonly number[]): "alarm" | "notice" {
  return rows.length < FEW ? "notice" : "alarm";
}

/** The sends to some newcomers. Marks them as explained. */
export function claim(detection: Detection, entries: readonly number[]): number[] {
  const { population, claimed } = detection;
  const rows: number[] = [];
  for (const entry of entries) {
    claimed[entry] = 1;
    for (const row of rowsOf(population, population.newcomers, entry)) rows.push(row);
  }
  return rows;
}

export function rowsOf({ order }: Population, people: People, entry: number): Uint32Array {
  return order.subarray(people.start[entry], people.end[entry]);
}

/** The hour of the exposure in which a newcomer was first seen. */
export function hourOf({ population, usual }: Detection, entry: number): number {
  return Math.floor((population.newcomers.firstAt[entry] ?? 0) / HOUR) - usual.firstHour;
}

export function sortedHours(detection: Detection, entries: readonly number[]): Uint16Array {
  return Uint16Array.from(entries, (entry) => hourOf(detection, entry)).sort();
}

/** How a reason calls a destination: `LK`, or `+881, which no country has`. */
export function nameOfDestination({ columns }: Detection, destination: number): string {
  const name = columns.destinations.nameOf(destination);
  if (name === "") return "an unknown country";
  return name.startsWith("+") ? `${name}, which no country has` : name;
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
