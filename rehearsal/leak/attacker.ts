import { Agent } from "node:http";
import type { Fields, Login, PlayedVendor } from "../vendor.ts";

export interface AttackerOptions {
  readonly vendor: Pick<PlayedVendor, "sandbox" | "send">;
  /** The keys in its hands, copies of its own. */
  readonly keys: readonly Fields[];
  /** @default 40 */
  readonly sendsPerSecond?: number;
}

/** One send of an attacker, when it has its answer. */
export interface Attack {
  /** When it was sent off: milliseconds since 1970. */
  readonly beganAtMs: number;
  readonly isAccepted: boolean;
}

const SENDS_PER_SECOND = 40;
const TICK_MS = 5;

/** Ranges of its own, dear ones, whose operators pay it a share; and one number, sent to again and again. */
const PREMIUM = "+9477510";
const SEQUENCE = 37_060_041_000;
const ONE_NUMBER = "+994504417703";

/**
 * Somebody who has found the key: a load generator of its own, which sends over real HTTP to odd destinations, and goes
 * on when it is refused.
 */
export class Attacker {
  readonly #options: AttackerOptions;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 16 });
  readonly #attacks: Attack[] = [];
  readonly #refusals = new Map<string, number>();
  readonly #startedAtMs = performance.now();
  readonly #timer: NodeJS.Timeout;
  #sent = 0;

  constructor(options: AttackerOptions) {
    this.#options = options;
    const rate = options.sendsPerSecond ?? SENDS_PER_SECOND;
    this.#timer = setInterval(() => {
      const due = Math.floor(((performance.now() - this.#startedAtMs) / 1000) * rate);
      while (this.#sent < due) {
        this.#sent += 1;
        void this.#attack(this.#sent);
      }
    }, TICK_MS);
  }

  /** Sends so far. */
  get sent(): number {
    return this.#sent;
  }

  /** Those that have their answer, in the order of the answers. */
  get attacks(): readonly Attack[] {
    return this.#attacks;
  }

  get accepted(): number {
    return this.#attacks.filter(({ isAccepted }) => isAccepted).length;
  }

  /** How often each reason was given. */
  get refusals(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#refusals);
  }

  /** Accepted sends that were sent off after an instant. */
  acceptedAfter(atMs: number): number {
    return this.#attacks.filter(({ beganAtMs, isAccepted }) => isAccepted && beganAtMs > atMs).length;
  }

  /** Stops, and resolves when the last send has its answer. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    while (this.#attacks.length < this.#sent) await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    this.#agent.destroy();
  }

  async #attack(number: number): Promise<void> {
    const { vendor, keys } = this.#options;
    const beganAtMs = Date.now();
    const fields = keys[number % keys.length] ?? {};
    const { url } = vendor.sandbox;
    const answer: Login = await vendor.send(fields, {
      url,
      agent: this.#agent,
      phoneNumber: destinationOf(number),
    });
    this.#attacks.push({ beganAtMs, isAccepted: answer.ok });
    if (!answer.ok) this.#refusals.set(answer.because, (this.#refusals.get(answer.because) ?? 0) + 1);
  }
}

/** Where the n-th send goes: two in four to a premium range, one to the next number of a sequence, one to one number. */
export function destinationOf(number: number): string {
  switch (number % 4) {
    case 0:
      return ONE_NUMBER;
    case 1:
      return `+${SEQUENCE + Math.floor(number / 4)}`;
    default:
      return PREMIUM + String((number * 7_919) % 10_000).padStart(4, "0");
  }
}
