import { Sensitive } from "../../contract/sensitive.ts";
import type { Send } from "../../core/cutover/key-provider.ts";
import { type Attack, playAttack } from "./attacks.ts";
import type { Subscriber } from "./numbers.ts";
import { type Oddity, playOddity } from "./oddities.ts";
import { Random } from "./random.ts";
import { LoginService, type Rise, type ServiceOptions } from "./service.ts";

const PAGE = 500;

export interface TraceOptions {
  readonly seed: number;
  readonly service: ServiceOptions;
  /** The baseline, the exposure after it. Milliseconds since 1970. */
  readonly baselineSinceMs: number;
  readonly exposure: { readonly sinceMs: number; readonly untilMs: number };
  readonly rises: readonly Rise[];
  readonly attacks: readonly Attack[];
  readonly oddities: readonly Oddity[];
}

/** Sends with what each of them really is: 0 for harmless, else its attack's label. In the order of their making. */
export class Trace {
  readonly options: TraceOptions;
  readonly atMs: number[] = [];
  readonly subscribers: Subscriber[] = [];
  readonly labels: number[] = [];

  constructor(options: TraceOptions) {
    this.options = options;
    const random = new Random(options.seed);
    const service = new LoginService(options.service, random);
    const emit = (atMs: number, subscriber: Subscriber, label: number) => {
      this.atMs.push(atMs);
      this.subscribers.push(subscriber);
      this.labels.push(label);
    };
    const span = { sinceMs: options.baselineSinceMs, untilMs: options.exposure.untilMs };
    service.play(span, options.rises, emit);
    const { exposure } = options;
    const { dailySends } = options.service;
    for (const oddity of options.oddities)
      playOddity(oddity, { span, exposure, dailySends, service, random, emit });
    for (const attack of options.attacks) playAttack({ attack, service, random, emit });
  }

  get size(): number {
    return this.atMs.length;
  }

  sendAt(index: number): Send {
    const { number, country, cost } = this.subscribers[index] ?? { number: "", country: undefined, cost: 0 };
    return {
      atMs: this.atMs[index] ?? 0,
      to: new Sensitive(`+${number}`),
      ...(country === undefined ? {} : { country }),
      cost: { amount: cost, currency: "INR" },
    };
  }

  *pages(): Iterable<readonly Send[]> {
    for (let start = 0; start < this.size; start += PAGE) {
      const length = Math.min(PAGE, this.size - start);
      yield Array.from({ length }, (_, index) => this.sendAt(start + index));
    }
  }
}
