/** What a fault can be aimed at: one request, as the gateway understood it. Never a key value. */
export interface FaultTarget {
  readonly method: string;
  /** The path, without the query. */
  readonly path: string;
  /** The gateway's own name of the route: `send`, `create-key`; absent where no route matches. */
  readonly route?: string;
  /** The id of the key in the request's header, dead or alive; absent where the gateway knows no such key. */
  readonly keyId?: string;
  readonly account?: string;
  readonly userAgent?: string;
}

/** Whether a request is hit before anything was applied, or after all of it was: then only the answer is lost. */
export type FaultMoment = "before" | "after";

export type Fault =
  /** Waits. A client that has given up meanwhile does not keep a delayed request from being applied. */
  | { readonly kind: "delay"; readonly ms: number; readonly moment: FaultMoment }
  /** Never answers, until the gateway closes. */
  | { readonly kind: "hang"; readonly moment: FaultMoment }
  /** Resets the connection. */
  | { readonly kind: "drop"; readonly moment: FaultMoment }
  /** Applies the request and answers 200 with a page of HTML, as a proxy in between may. */
  | { readonly kind: "garble" }
  /** Answers 429; nothing is applied. */
  | { readonly kind: "throttle"; readonly retryAfterSeconds?: number }
  /** Answers this status in the vendor's error envelope, instead of what the gateway would. */
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly moment: FaultMoment;
      readonly code?: string;
      readonly message?: string;
      readonly headers?: Readonly<Record<string, string>>;
    };

export interface FaultRule {
  /** Which requests are hit. @default every request */
  readonly when?: (target: FaultTarget) => boolean;
  /** The fault, or a hook that chooses one for each request (chaos with a seed), or none. */
  readonly fault: Fault | ((target: FaultTarget) => Fault | undefined);
  /** How many requests are hit, then the rule is spent. @default no limit */
  readonly times?: number;
}

export interface FaultHandle {
  /** How many requests were hit. */
  readonly hits: number;
  remove(): void;
}

/** The switches of a fake gateway. The first rule that applies to a request hits it; the others leave it alone. */
export class Faults {
  readonly #rules = new Set<{ rule: FaultRule; hits: number }>();

  add(rule: FaultRule): FaultHandle {
    const entry = { rule, hits: 0 };
    this.#rules.add(entry);
    return {
      get hits() {
        return entry.hits;
      },
      remove: () => {
        this.#rules.delete(entry);
      },
    };
  }

  clear(): void {
    this.#rules.clear();
  }

  /** Gives the fault that hits this request, and counts it. */
  take(target: FaultTarget): Fault | undefined {
    for (const entry of this.#rules) {
      const { when, fault, times = Number.POSITIVE_INFINITY } = entry.rule;
      if (entry.hits >= times || (when && !when(target))) continue;
      const chosen = typeof fault === "function" ? fault(target) : fault;
      if (!chosen) continue;
      entry.hits += 1;
      return chosen;
    }
    return undefined;
  }
}
