const REDACTED = "[redacted]";

/**
 * Holds a piece of key material so that it cannot slip out (P6): printing, logging, serializing or
 * interpolating it gives `[redacted]`; only `reveal()` gives the text, and every call of it can be searched for.
 */
export class Sensitive {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** Gives the text. Call it where the text leaves for the provider or for Secrets Manager, nowhere else. */
  reveal(): string {
    return this.#text;
  }

  /** White space around a text is no part of it: people paste it along, and a header carries none. */
  equals(other: Sensitive): boolean {
    return this.#text.trim() === other.#text.trim();
  }

  /** Whether somebody has given the text itself where an id was asked for. */
  isText(text: string): boolean {
    return this.#text.trim() === text.trim();
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return REDACTED;
  }
}
