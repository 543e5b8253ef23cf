import { AwsError } from "./aws-error.ts";
import {
  describeService,
  type EcsDeployment,
  type EcsServiceState,
  listDeployments,
} from "./ecs-description.ts";
import {
  booleanField,
  type Input,
  requiredString,
  stringField,
  stringListField,
  structureField,
} from "./request-fields.ts";
import type { Time } from "./time.ts";

/** A service as a rehearsal makes it. */
export interface EcsServiceSpec {
  readonly cluster: string;
  readonly service: string;
  /** @default 1 */
  readonly desiredCount?: number;
  /** How long a deployment takes until only its own tasks run. @default 1000 */
  readonly stableAfterMs?: number;
  /** @default "ECS" */
  readonly controller?: "ECS" | "CODE_DEPLOY" | "EXTERNAL";
  /** A deployment begins: its tasks start beside the old ones. */
  readonly onStart?: () => void;
  /** It is stable: the old tasks are gone. */
  readonly onStable?: () => void;
}

/**
 * What becomes of the deployments from now on: `never-stable` starts tasks and never gets them healthy, `broken` has the
 * circuit breaker end them after the same time, and bring the one before back after as long again.
 */
export type EcsFate = "stable" | "never-stable" | "broken";

/** What ECS needs of the world around it. */
interface EcsOptions {
  readonly region: string;
  readonly account: string;
  readonly time: Time;
}

/**
 * ECS, as far as a service's deployments go: they begin when they are forced, and get stable after a time.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html, API_UpdateService.html
 */
export class Ecs {
  readonly #options: EcsOptions;
  readonly #services: EcsServiceState[] = [];
  readonly #cancels = new Set<() => void>();
  #made = 0;

  constructor(options: EcsOptions) {
    this.#options = options;
  }

  /** Makes a service, whose first deployment is stable already. */
  create(spec: EcsServiceSpec): { readonly arn: string } {
    const arn = this.arnOf({ cluster: spec.cluster, service: spec.service });
    const settled = { desiredCount: 1, stableAfterMs: 1000, controller: "ECS" as const, ...spec };
    this.#services.push({
      ...settled,
      arn,
      status: "ACTIVE",
      fate: "stable",
      deployments: [this.#deployment("COMPLETED")],
      events: [],
    });
    return { arn };
  }

  /** Says what becomes of a service's deployments from now on. */
  setFate(service: string, fate: EcsFate): void {
    this.#named(service).fate = fate;
  }

  /** Deletes a service: it is still described for a while, as INACTIVE. */
  remove(service: string): void {
    this.#named(service).status = "INACTIVE";
  }

  /** When the deployments that a service has had began, oldest first. */
  deploymentsOf(service: string): number[] {
    return this.#named(service).deployments.map(({ createdAtMs }) => createdAtMs);
  }

  /** Carries out one operation. */
  handle(operation: string, input: Input): object {
    switch (operation) {
      case "DescribeServices":
        return this.#describe(input);
      case "ListServiceDeployments":
        return this.#list(input);
      case "UpdateService":
        return this.#update(input);
      default:
        throw new AwsError("UnknownOperationException", `No operation ${operation} here.`);
    }
  }

  /** The ARN that a service has, or would have. */
  arnOf({
    cluster = "default",
    service,
  }: {
    readonly cluster?: string | undefined;
    readonly service: string;
  }): string {
    const { region, account } = this.#options;
    return `arn:aws:ecs:${region}:${account}:service/${lastPart(cluster)}/${lastPart(service)}`;
  }

  /** Stops what is under way. */
  close(): void {
    for (const cancel of this.#cancels) cancel();
  }

  #describe(input: Input): object {
    const cluster = this.#cluster(input);
    const found: object[] = [];
    const failures: object[] = [];
    for (const service of stringListField(input, "services") ?? []) {
      const arn = this.arnOf({ cluster, service });
      const state = this.#services.find((one) => one.arn === arn);
      if (state === undefined) failures.push({ arn, reason: "MISSING" });
      else found.push(describeService(state));
    }
    return { services: found, failures };
  }

  #list(input: Input): object {
    const { after } = structureField(input, "createdAt") ?? {};
    const afterMs = typeof after === "number" ? after * 1000 : 0;
    const statuses = stringListField(input, "status");
    return { serviceDeployments: listDeployments(this.#find(input), { afterMs, statuses }) };
  }

  #update(input: Input): object {
    const state = this.#find(input);
    if (state.status !== "ACTIVE") throw new AwsError("ServiceNotActiveException", "Service was not ACTIVE.");
    if (booleanField(input, "forceNewDeployment") ?? false) this.#deploy(state);
    return { service: describeService(state) };
  }

  #deploy(state: EcsServiceState): void {
    if (state.controller !== "ECS") {
      throw new AwsError(
        "InvalidParameterException",
        `Unable to force a deployment on services with a ${state.controller} deployment controller.`,
      );
    }
    const deployment = this.#deployment("IN_PROGRESS");
    state.deployments.push(deployment);
    state.onStart?.();
    const { fate, service } = state;
    const say = (what: string) =>
      state.events.push({ atMs: this.#options.time.now(), message: `(service ${service}) ${what}` });
    say(fate === "stable" ? "has started 1 tasks." : "was unable to place a task.");
    if (fate === "never-stable") return;
    this.#after(state.stableAfterMs, () => {
      if (fate === "broken") {
        deployment.rolloutState = "FAILED";
        say("deployment failed: tasks failed to start.");
        return this.#after(state.stableAfterMs, () => {
          deployment.isRolledBack = true;
        });
      }
      deployment.rolloutState = "COMPLETED";
      say("has reached a steady state.");
      state.onStable?.();
    });
  }

  #after(ms: number, run: () => void): void {
    const cancel = this.#options.time.after(ms, () => {
      this.#cancels.delete(cancel);
      run();
    });
    this.#cancels.add(cancel);
  }

  #deployment(rolloutState: EcsDeployment["rolloutState"]): EcsDeployment {
    this.#made += 1;
    const createdAtMs = this.#options.time.now();
    return { id: `ecs-svc/${this.#made}`, createdAtMs, rolloutState, isRolledBack: false };
  }

  #find(input: Input): EcsServiceState {
    const cluster = this.#cluster(input);
    const arn = this.arnOf({ cluster, service: requiredString(input, "service") });
    const state = this.#services.find((one) => one.arn === arn);
    if (state === undefined) throw new AwsError("ServiceNotFoundException", "Service not found.");
    return state;
  }

  #cluster(input: Input): string {
    const cluster = stringField(input, "cluster") ?? "default";
    if (this.#services.some((one) => lastPart(one.cluster) === lastPart(cluster))) return cluster;
    throw new AwsError("ClusterNotFoundException", "Cluster not found.");
  }

  #named(service: string): EcsServiceState {
    const found = this.#services.find((one) => one.service === service);
    if (found === undefined) throw new Error(`ecs: there is no service ${service}.`);
    return found;
  }
}

/** A cluster and a service are named by their name or their ARN. */
function lastPart(nameOrArn: string): string {
  return nameOrArn.split("/").at(-1) ?? nameOrArn;
}
