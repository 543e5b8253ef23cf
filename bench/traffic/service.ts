import { HomeNumbers, ROAMING, type Subscriber, subscriberOf } from "./numbers.ts";
import type { Random } from "./random.ts";

const HOUR = 3_600_000;

/** Sends an hour, by the hour of the day in India: few at four in the morning, most at eight in the evening. */
const DAY_RHYTHM = [
  0.35, 0.22, 0.14, 0.1, 0.12, 0.25, 0.5, 0.8, 1.05, 1.25, 1.35, 1.35, 1.3, 1.25, 1.2, 1.2, 1.25, 1.35, 1.5,
  1.7, 1.8, 1.6, 1.15, 0.7,
];
const INDIA_OFFSET_HOURS = 5.5;

export interface ServiceOptions {
  readonly dailySends: number;
  /** How many of them go abroad. */
  readonly roamingShare: number;
  /** How many logins are of people who have never logged in before. */
  readonly newShare: number;
  /** Growth a week: 0.02 is two in a hundred. */
  readonly weeklyGrowth: number;
}

/** A rise that the service's own people make. `regional`: a campaign to one part of the country, so to a few series. */
export interface Rise {
  readonly kind: "festival" | "marketing" | "regional";
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly factor: number;
  /** How many of the sends are to people who were never seen: old customers, and new ones. */
  readonly newShare: number;
}

export type EmitSend = (atMs: number, subscriber: Subscriber, label: number) => void;

/** The label of what is no attack's. */
export const HARMLESS = 0;

/** An Indian login service: its customers, their rhythm, and what they do on a holiday. */
export class LoginService {
  readonly #options: ServiceOptions;
  readonly #random: Random;
  readonly #home: HomeNumbers;
  readonly #customers: Subscriber[] = [];
  readonly #travellers: Subscriber[] = [];

  constructor(options: ServiceOptions, random: Random) {
    this.#options = options;
    this.#random = random;
    this.#home = new HomeNumbers(random);
    for (let count = 0; count < options.dailySends * 8; count++) this.#customers.push(this.#newCustomer());
    for (let count = 0; count < options.dailySends * 8 * options.roamingShare; count++)
      this.#travellers.push(this.#newTraveller());
  }

  get home(): HomeNumbers {
    return this.#home;
  }

  /** Somebody whom the service knows. */
  customer(): Subscriber {
    return this.#random.pick(this.#customers);
  }

  /** Emits all sends of a time. */
  play(
    span: { readonly sinceMs: number; readonly untilMs: number },
    rises: readonly Rise[],
    emit: EmitSend,
  ): void {
    for (let atMs = span.sinceMs; atMs < span.untilMs; atMs += HOUR) {
      const lengthMs = Math.min(HOUR, span.untilMs - atMs);
      const weeks = (atMs - span.sinceMs) / (168 * HOUR);
      const usual = this.#rateAt(atMs) * (1 + this.#options.weeklyGrowth) ** weeks * (lengthMs / HOUR);
      this.#logins(this.#random.poisson(usual), this.#options.newShare, { atMs, lengthMs, emit });
      for (const rise of rises) {
        const overlap = Math.min(atMs + lengthMs, rise.untilMs) - Math.max(atMs, rise.sinceMs);
        if (overlap <= 0) continue;
        const more = this.#random.poisson((usual * (rise.factor - 1) * overlap) / lengthMs);
        const when = { atMs: Math.max(atMs, rise.sinceMs), lengthMs: overlap, emit };
        this.#logins(more, rise.newShare, when, rise);
      }
    }
  }

  #rateAt(atMs: number): number {
    const local = new Date(atMs + INDIA_OFFSET_HOURS * HOUR);
    const isWeekend = local.getUTCDay() % 6 === 0;
    const noise = 0.9 + this.#random.next() * 0.2;
    const rhythm = DAY_RHYTHM[local.getUTCHours()] ?? 1;
    return (this.#options.dailySends / 24) * rhythm * (isWeekend ? 1.25 : 1) * noise;
  }

  #logins(
    count: number,
    newShare: number,
    { atMs, lengthMs, emit }: { readonly atMs: number; readonly lengthMs: number; readonly emit: EmitSend },
    rise?: Rise,
  ): void {
    const random = this.#random;
    const roamingShare = rise === undefined || rise.kind === "festival" ? this.#options.roamingShare : 0;
    for (let login = 0; login < count; login++) {
      const isAbroad = random.chance(roamingShare);
      const people = isAbroad ? this.#travellers : this.#customers;
      // Abroad people are new more often: a traveller logs in for a week.
      const isNew = people.length === 0 || random.chance(isAbroad ? Math.min(1, newShare * 2) : newShare);
      if (isNew) people.push(isAbroad ? this.#newTraveller() : this.#newCustomer(rise));
      const who = isNew ? people.at(-1) : people[Math.floor(people.length * random.next() ** 0.8)];
      if (who === undefined) continue;
      let at = atMs + Math.floor(random.next() * lengthMs);
      emit(at, who, HARMLESS);
      // A code that does not come is asked for again.
      for (let again = 0; again < 4 && random.chance(0.12); again++) {
        at += random.integer(30_000, 120_000);
        if (at < atMs + lengthMs) emit(at, who, HARMLESS);
      }
    }
  }

  #newCustomer(rise?: Rise): Subscriber {
    const random = this.#random;
    return subscriberOf(
      rise?.kind === "regional" ? this.#home.planOfRegion(random) : this.#home.plan(random),
      random,
    );
  }

  #newTraveller(): Subscriber {
    const place = Math.floor(ROAMING.length * this.#random.next() ** 2.5);
    return subscriberOf(ROAMING[place] ?? this.#random.pick(ROAMING), this.#random);
  }
}
