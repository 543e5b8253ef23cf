import { after, PUMPED, subscriberOf } from "./numbers.ts";
import type { Random } from "./random.ts";
import { type EmitSend, HARMLESS, type LoginService } from "./service.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/**
 * What looks odd and harms nobody.
 *
 * - `monitor`: a probe of the service's own logs in every ten minutes, always with the same number.
 * - `company`: a firm signs up, and some of its numbers follow each other.
 * - `tour`: a handful of people in a country that the service has never seen.
 * - `series`: an operator gives out numbers of a new series, which some of the new customers have.
 */
export const ODDITIES = ["monitor", "company", "tour", "series"] as const;
export type Oddity = (typeof ODDITIES)[number];

interface Scene {
  readonly span: { readonly sinceMs: number; readonly untilMs: number };
  readonly exposure: { readonly sinceMs: number; readonly untilMs: number };
  readonly dailySends: number;
  readonly service: LoginService;
  readonly random: Random;
  readonly emit: EmitSend;
}

/** Emits all sends of an oddity. */
export function playOddity(oddity: Oddity, scene: Scene): void {
  PLAYS[oddity](scene);
}

const PLAYS: Readonly<Record<Oddity, (scene: Scene) => void>> = {
  monitor: ({ span, service, emit }) => {
    const probe = service.customer();
    for (let atMs = span.sinceMs; atMs < span.untilMs; atMs += 10 * MINUTE) emit(atMs, probe, HARMLESS);
  },
  company: ({ exposure, service, random, emit }) => {
    let employee = subscriberOf(service.home.plan(random), random);
    const lengthMs = Math.min(6 * HOUR, exposure.untilMs - exposure.sinceMs);
    for (let count = 0; count < 7; count++) {
      employee = after(employee, random.integer(1, 3));
      emit(exposure.sinceMs + Math.floor(random.next() * lengthMs), employee, HARMLESS);
    }
  },
  tour: ({ exposure, random, emit }) => {
    const plan = random.pick(PUMPED);
    const lengthMs = exposure.untilMs - exposure.sinceMs;
    for (let count = 0; count < 6; count++) {
      const tourist = subscriberOf(plan, random);
      for (let login = random.integer(1, 4); login > 0; login--)
        emit(exposure.sinceMs + Math.floor(random.next() * lengthMs), tourist, HARMLESS);
    }
  },
  series: ({ exposure, dailySends, random, emit }) => {
    const plan = { country: "IN", prefixes: [`91${random.integer(6000, 9999)}`], rest: 6, cost: 0.25 };
    const lengthMs = exposure.untilMs - exposure.sinceMs;
    const count = random.poisson((dailySends * 0.002 * lengthMs) / (24 * HOUR));
    for (let customer = 0; customer < count; customer++)
      emit(exposure.sinceMs + Math.floor(random.next() * lengthMs), subscriberOf(plan, random), HARMLESS);
  },
};
