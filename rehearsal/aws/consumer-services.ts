import { ConsumerFunctions } from "./consumer-functions.ts";
import { Ecs } from "./ecs.ts";
import { EventBus } from "./event-bus.ts";
import { Metrics } from "./metrics.ts";
import type { ServiceRequest } from "./request.ts";
import type { Time } from "./time.ts";

/** Where the services are, and what time it is there. */
interface Place {
  readonly region: string;
  readonly account: string;
  readonly time: Time;
}

/** The services through which consumers are started anew, seen, and told of a phase. */
export class ConsumerServices {
  readonly ecs: Ecs;
  readonly functions: ConsumerFunctions;
  readonly metrics: Metrics;
  readonly bus: EventBus;
  readonly #place: Place;

  constructor(place: Place) {
    this.#place = place;
    this.ecs = new Ecs(place);
    this.functions = new ConsumerFunctions(place);
    this.metrics = new Metrics(place);
    this.bus = new EventBus(place);
  }

  /** Carries out a request; none of another service. */
  handle({ service, operation, target = "", input }: ServiceRequest): object | undefined {
    switch (service) {
      case "ecs":
        return this.ecs.handle(operation, input);
      case "cloudwatch":
        return this.metrics.handle(operation, input);
      case "events":
        return this.bus.handle(operation, input);
      case "lambda":
        return operation === "Invoke" ? undefined : this.functions.handle(operation, target, input);
      default:
        return undefined;
    }
  }

  /** The ARN that a role has to name for a request; `*` where the service knows no resources. */
  resourceOf({ service, target = "", input }: ServiceRequest): string {
    const { region, account } = this.#place;
    if (service === "ecs") return this.ecs.arnOf({ cluster: textOf(input.cluster), service: target });
    if (service === "events") return `arn:aws:events:${region}:${account}:event-bus/default`;
    return "*";
  }

  /** Stops what is under way. */
  close(): void {
    this.ecs.close();
    this.functions.close();
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
