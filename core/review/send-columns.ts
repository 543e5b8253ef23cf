import type { Send } from "../cutover/key-provider.ts";

const FIRST_CAPACITY = 1 << 12;
/** E.164 allows no more digits, and a number of as many is still a safe integer. */
const MAX_DIGITS = 15;
/** Shorter ones are no subscribers' numbers. */
const MIN_DIGITS = 7;

/**
 * Sends as columns of plain numbers, 22 bytes each: a review may meet a million of them in a small function. Phone
 * numbers stay in memory, and leave it masked.
 */
export class SendColumns {
  size = 0;
  /** Seconds since 1970. */
  at = new Uint32Array(FIRST_CAPACITY);
  /**
   * The phone number, filled up with zeros to 15 digits, so that numbers of one prefix are neighbours whatever their
   * length; 0 where there is none.
   */
  number = new Float64Array(FIRST_CAPACITY);
  /** How many digits of it are the number's own. */
  digits = new Uint8Array(FIRST_CAPACITY);
  /** An index into `destinations`. */
  destination = new Uint16Array(FIRST_CAPACITY);
  /** An index into `keys`; 0 where the provider does not say. */
  key = new Uint16Array(FIRST_CAPACITY);
  cost = new Float32Array(FIRST_CAPACITY);
  /** An index into `currencies`; 0 where the provider does not say. */
  currency = new Uint8Array(FIRST_CAPACITY);

  /** Countries; where a number has none, its first three digits (`+881`: satellites); `""` where nothing is known. */
  readonly destinations = new Names();
  readonly keys = new Names();
  readonly currencies = new Names(0xff);

  /** Takes one send. One whose time cannot be is left out. */
  add(send: Send): void {
    const at = Math.floor(send.atMs / 1000);
    if (!(at >= 0 && at <= 0xffffffff)) return;
    if (this.size === this.at.length) this.#grow();
    const row = this.size++;
    this.at[row] = at;
    const [number, digits] = send.to === undefined ? NO_NUMBER : parseNumber(send.to.reveal());
    this.number[row] = number;
    this.digits[row] = digits;
    this.destination[row] = this.destinations.indexOf(send.country ?? destinationOf(number));
    this.key[row] = this.keys.indexOf(send.keyId ?? "");
    const cost = send.cost;
    if (cost === undefined || !Number.isFinite(cost.amount)) return;
    this.cost[row] = cost.amount;
    this.currency[row] = this.currencies.indexOf(cost.currency);
  }

  #grow(): void {
    const capacity = this.at.length * 2;
    this.at = grown(this.at, new Uint32Array(capacity));
    this.number = grown(this.number, new Float64Array(capacity));
    this.digits = grown(this.digits, new Uint8Array(capacity));
    this.destination = grown(this.destination, new Uint16Array(capacity));
    this.key = grown(this.key, new Uint16Array(capacity));
    this.cost = grown(this.cost, new Float32Array(capacity));
    this.currency = grown(this.currency, new Uint8Array(capacity));
  }
}

/** Gives each text a small number, the empty one 0. */
class Names {
  readonly #indexes = new Map<string, number>([["", 0]]);
  readonly #names: string[] = [""];
  readonly #most: number;

  /** @param most what comes from outside must not fill the memory: names beyond so many are the empty one */
  constructor(most = 0xffff) {
    this.#most = most;
  }

  get count(): number {
    return this.#names.length;
  }

  indexOf(name: string): number {
    const known = this.#indexes.get(name);
    if (known !== undefined) return known;
    if (this.#names.length > this.#most) return 0;
    this.#indexes.set(name, this.#names.length);
    return this.#names.push(name) - 1;
  }

  nameOf(index: number): string {
    return this.#names[index] ?? "";
  }
}

const NO_NUMBER = [0, 0] as const;
const ZERO = 48;

/** With or without a leading `+` or `00`, as vendors write it. Anything that is no number is none. */
function parseNumber(text: string): readonly [number: number, digits: number] {
  const start = text.startsWith("+") ? 1 : text.startsWith("00") ? 2 : 0;
  const digits = text.length - start;
  if (digits < MIN_DIGITS || digits > MAX_DIGITS) return NO_NUMBER;
  let number = 0;
  for (let index = start; index < text.length; index++) {
    const digit = text.charCodeAt(index) - ZERO;
    if (!(digit >= 0 && digit <= 9)) return NO_NUMBER;
    number = number * 10 + digit;
  }
  return [number * 10 ** (MAX_DIGITS - digits), digits];
}

function destinationOf(number: number): string {
  return number === 0 ? "" : `+${Math.floor(number / 10 ** (MAX_DIGITS - 3))}`;
}

function grown<T extends Uint8Array | Uint16Array | Uint32Array | Float32Array | Float64Array>(
  old: T,
  larger: T,
): T {
  larger.set(old);
  return larger;
}
