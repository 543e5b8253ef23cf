import { CLIENT_DEFAULTS } from "../contract/client-defaults.ts";
import type { PolicyInput } from "../contract/policy.ts";
import type {
  ConsumerOptions,
  EcsServiceOptions,
  LambdaFunctionOptions,
  ReportingOptions,
  SelfRefreshingOptions,
} from "./consumer-options.ts";

type ConsumerPolicy = PolicyInput["consumers"][number];

/** What the functions' roles need for a consumer. */
export interface ConsumerAccess {
  readonly service?: Pick<EcsServiceOptions, "cluster" | "service">;
  readonly functionName?: string;
  /** The customer managed key of the function's environment. */
  readonly kmsKeyArn?: string | undefined;
  readonly reports: boolean;
}

interface Parts {
  readonly toPolicy: (place: string) => ConsumerPolicy;
  readonly access: ConsumerAccess;
}

/**
 * Something that reads the secret to call the provider, and how it comes to the new key. The first consumer of a key is
 * its canary: the others are started anew when it has moved and is not rejected.
 */
export class Consumer {
  /**
   * A service that reads its key again by itself, at the latest when its cache is old: `dualkey/client`, the External
   * Secrets operator, any cache with a time limit.
   *
   * @example
   * Consumer.selfRefreshing({ name: "login", cacheSeconds: 300 })
   * @example
   * // a cache that never outlives its time
   * Consumer.selfRefreshing({ name: "login", cacheSeconds: 300, staleSeconds: 0, reports: true })
   */
  static selfRefreshing(props: SelfRefreshingOptions): Consumer {
    const { cacheSeconds, staleSeconds = CLIENT_DEFAULTS.staleSeconds, ...options } = props;
    const times = { cacheSeconds, staleSeconds };
    return new Consumer({
      toPolicy: (place) => ({ kind: "self-refreshing", ...named(place, options), ...times }),
      access: { reports: options.reports === true },
    });
  }

  /**
   * A service of ECS that reads its key at start: after the cutover a new deployment of it is forced, and waited for until
   * no task of an older one runs. For the deployment controller `ECS` alone (rolling updates, or blue/green by ECS).
   *
   * @example
   * Consumer.ecsService({ name: "login", cluster: cluster.name, service: service.name })
   */
  static ecsService({ cluster, service, ...options }: EcsServiceOptions): Consumer {
    return new Consumer({
      toPolicy: (place) => ({ kind: "ecs-service", ...named(place, options), cluster, service }),
      access: { service: { cluster, service }, reports: options.reports === true },
    });
  }

  /**
   * A function of Lambda that reads its key at start: after the cutover the variable `DUALKEY_ROLLED_AT` of its environment
   * is set, so that it gets new execution environments. That reaches the unpublished version alone: a function that is
   * called through a version or an alias of one is `Consumer.reporting`, or reads its key again by itself.
   *
   * Terraform would take the variable away at its next apply, and so start the function anew once more. To keep it out of
   * the plans: `lifecycle: { ignoreChanges: ['environment[0].variables["DUALKEY_ROLLED_AT"]'] }`.
   *
   * @example
   * Consumer.lambdaFunction({ name: "billing", functionName: billing.functionName })
   */
  static lambdaFunction({ functionName, kmsKeyArn, ...options }: LambdaFunctionOptions): Consumer {
    return new Consumer({
      toPolicy: (place) => ({ kind: "lambda-function", ...named(place, options), functionName }),
      access: { functionName, kmsKeyArn, reports: options.reports === true },
    });
  }

  /**
   * A service that some other pipeline rolls, which hears of the cutover by an event (`KeyPromoted`): only its own report
   * shows that it has moved, so a key is held until it reports.
   *
   * @example
   * Consumer.reporting({ name: "batch" })
   */
  static reporting({ name }: ReportingOptions): Consumer {
    return new Consumer({ toPolicy: () => ({ kind: "reporting", name }), access: { reports: true } });
  }

  /** @internal What the functions' roles need for it. */
  readonly access: ConsumerAccess;
  readonly #toPolicy: Parts["toPolicy"];

  private constructor({ toPolicy, access }: Parts) {
    this.#toPolicy = toPolicy;
    this.access = access;
  }

  /**
   * Gives the consumer as it stands in the key's policy.
   *
   * @internal
   * @param place its name, where it was given none
   */
  toPolicy(place: string): ConsumerPolicy {
    return this.#toPolicy(place);
  }
}

function named(place: string, { name = place, reports }: ConsumerOptions): { name: string; reports?: true } {
  return { name, ...(reports === true ? { reports } : {}) };
}
