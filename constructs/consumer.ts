import type { PolicyInput } from "../contract/policy.ts";

type ConsumerPolicy = PolicyInput["consumers"][number];

/** A service that reads its key again by itself, as `dualkey/client` does. */
export interface SelfRefreshingOptions {
  /**
   * What messages call the consumer.
   *
   * @default its place in the list: "consumer-1"
   */
  readonly name?: string;
  /** How long the service may go on with a key that it has read, the time included for which it serves a stale one. */
  readonly cacheSeconds: number;
}

/** Something that reads the secret to call the provider, and how it comes to the new key. */
export class Consumer {
  /**
   * A service that reads its key again by itself, at the latest when its cache is old.
   *
   * @example
   * Consumer.selfRefreshing({ name: "login", cacheSeconds: 300 })
   */
  static selfRefreshing({ name, cacheSeconds }: SelfRefreshingOptions): Consumer {
    return new Consumer((place) => ({ kind: "self-refreshing", name: name ?? place, cacheSeconds }));
  }

  readonly #inPolicy: (place: string) => ConsumerPolicy;

  private constructor(inPolicy: (place: string) => ConsumerPolicy) {
    this.#inPolicy = inPolicy;
  }

  /**
   * Gives the consumer as it stands in the key's policy.
   *
   * @internal
   * @param place its name, where it was given none
   */
  toPolicy(place: string): ConsumerPolicy {
    return this.#inPolicy(place);
  }
}
