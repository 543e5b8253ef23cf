import { isReporting } from "../../contract/consumer-policy.ts";
import { CONSUMER_METRICS } from "../../contract/consumer-report.ts";
import type { Policy } from "../../contract/policy.ts";
import { nameMetric } from "../aws/emf.ts";
import type { AwsEvent } from "../aws/journal.ts";
import type { World } from "../world/world.ts";
import { makerOf } from "./truth.ts";

/** What came of a new key that answers probes and is refused for sends. Times in milliseconds since 1970. */
export interface GoingBack {
  /** Sends with the bad key that reached the vendor: each was refused. */
  readonly refusedSends: number;
  readonly firstRefusedAtMs?: number | undefined;
  /** When CloudWatch showed as many rejections as the policy asks for. */
  readonly thresholdAtMs?: number | undefined;
  /** When AWSCURRENT was at the key before again. */
  readonly backAtMs?: number | undefined;
  /** Which of the runs that read the reports after that moved it: 1 is the first. */
  readonly looks?: number | undefined;
}

type Terms = NonNullable<Policy["rollBackAt"]>;

/** What the functions take where the policy says nothing. */
const USUAL: Terms = { rejections: 5, share: 0.5 };

/** Makes every key of dualkey's a bad one, and watches how it is gone back from. */
export class BadKeyWatch {
  readonly #world: World;
  readonly #terms: Terms;
  readonly #startedAtMs = Date.now();
  readonly #readers: string[] = [];
  readonly #stops: (() => void)[];
  #refusedSends = 0;
  #firstRefusedAtMs: number | undefined;
  #thresholdAtMs: number | undefined;
  #backAtMs: number | undefined;
  #mover: string | undefined;
  #badVersion: string | undefined;

  constructor(world: World) {
    this.#world = world;
    this.#terms = world.policy.rollBackAt ?? USUAL;
    const rule = world.vendor.sandbox.faults.add({
      when: ({ route, keyId }) => route === "send" && keyId !== undefined && this.#isBad(keyId),
      fault: () => {
        this.#refusedSends += 1;
        this.#firstRefusedAtMs ??= Date.now();
        return {
          kind: "answer",
          status: 401,
          moment: "before",
          code: "UNAUTHORIZED",
          message: "Invalid API key",
        };
      },
    });
    this.#stops = [rule.remove, world.aws.events.listen((event) => this.#onAws(event))];
  }

  /** What has been seen so far. */
  get seen(): GoingBack {
    const [refusedSends, firstRefusedAtMs] = [this.#refusedSends, this.#firstRefusedAtMs];
    const [thresholdAtMs, backAtMs] = [this.#thresholdAtMs, this.#backAtMs];
    const place = this.#mover === undefined ? -1 : this.#readers.indexOf(this.#mover);
    const looks = backAtMs === undefined ? undefined : Math.max(1, place + 1);
    return { refusedSends, firstRefusedAtMs, thresholdAtMs, backAtMs, looks };
  }

  /** Looks whether CloudWatch shows enough rejections by now. */
  look(): void {
    if (this.#thresholdAtMs !== undefined || this.#badVersion === undefined) return;
    const [rejections, sends] = [this.#sum("rejections"), this.#sum("sends")];
    const isEnough = rejections >= this.#terms.rejections;
    if (isEnough && rejections >= this.#terms.share * (rejections + sends)) this.#thresholdAtMs = Date.now();
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }

  #sum(metric: "sends" | "rejections"): number {
    const { policy, secretName, aws } = this.#world;
    const { namespace, dimensions } = CONSUMER_METRICS;
    const version = this.#badVersion ?? "";
    return policy.consumers.filter(isReporting).reduce((sum, { name }) => {
      const values = [secretName, name, version];
      const pairs = dimensions.map((dimension, index) => [dimension, values[index] ?? ""] as const);
      const metricName = nameMetric(namespace, CONSUMER_METRICS[metric], pairs);
      return sum + aws.consumers.metrics.sumOf(metricName, this.#startedAtMs);
    }, 0);
  }

  #onAws(event: AwsEvent): void {
    const by = event.caller?.invocationId;
    if (event.kind === "call" && event.operation === "GetMetricData") {
      this.look();
      const isNew = by !== undefined && !this.#readers.includes(by);
      if (isNew && this.#thresholdAtMs !== undefined) this.#readers.push(by);
    }
    if (event.kind !== "label-moved" || event.label !== "AWSCURRENT") return;
    if (this.#badVersion === undefined) this.#badVersion = event.to;
    else if (event.from === this.#badVersion && this.#backAtMs === undefined) {
      this.#backAtMs = event.atMs;
      this.#mover = by;
    }
  }

  #isBad(keyId: string): boolean {
    const { truth } = this.#world.vendor.sandbox;
    const key = truth.keys().find(({ id }) => id === keyId);
    return key !== undefined && makerOf(key, this.#world) === "dualkey";
  }
}
