import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { formatReport, type KeyReport } from "../../client/report-line.ts";
import type { ConsumerPolicy } from "../../contract/consumer-policy.ts";
import { isReporting } from "../../contract/consumer-policy.ts";
import type { Scenario } from "../scenario.ts";
import type { World } from "../world/world.ts";
import { ClientService } from "./client-service.ts";
import { EcsLoginService } from "./ecs-service.ts";
import type { SendCode, Service } from "./instance.ts";
import { LoginService } from "./login-service.ts";

/** What services are made of. */
export interface ServicesOptions {
  readonly scenario: Pick<Scenario, "replacedBy" | "trouble">;
  /** Whether services read their key anew when it is refused, as they must where a leaked key dies at once. */
  readonly isRereading?: boolean;
  readonly secrets: SecretsManagerClient;
  readonly send: SendCode;
}

/** How often the services of a rehearsal report, and how late CloudWatch shows it: milliseconds. */
export const REPORT_EVERY_MS = 1_000;
export const REPORT_DELAY_MS = 500;

/** The service that stays with the first key, where one does. */
export const STRAGGLER = "portal";

const PLAIN_INSTANCES = 4;

/**
 * Makes the services that the policy names: the canary with the client, the others with a cache of their own or as
 * services of ECS. Where the policy has one alone, or a script replaces the key, all are plain: they know of no rotation.
 */
export function buildServices(world: World, options: ServicesOptions): readonly Service[] {
  const { policy, secretName: secretId, aws } = world;
  const { scenario, secrets, send } = options;
  const rereadsAt = refusalIn(world, options);
  const [canary, ...others] = policy.consumers;
  if (scenario.replacedBy === "script" || canary === undefined || others.length === 0) {
    const cacheMs = Math.max(...policy.consumers.map(cacheMsOf));
    return Array.from({ length: PLAIN_INSTANCES }, (_, index) => {
      return new LoginService({ name: `login-${index + 1}`, secrets, secretId, cacheMs, send, rereadsAt });
    });
  }
  aws.consumers.metrics.setDelay(REPORT_DELAY_MS);
  return policy.consumers.flatMap((consumer) => buildService(world, consumer, options));
}

/** Two instances of it, or its tasks. */
function buildService(world: World, consumer: ConsumerPolicy, options: ServicesOptions): readonly Service[] {
  const { aws, vendor, policy, secretName: secretId } = world;
  const { scenario, secrets, send } = options;
  const { name } = consumer;
  const rereadsAt = refusalIn(world, options);
  const base = { secrets, secretId, send };
  const { refusal } = vendor;
  if (consumer.kind === "ecs-service") {
    const { cluster, service } = consumer;
    return [new EcsLoginService({ ...base, name, cluster, service, ecs: aws.consumers.ecs, rereadsAt })];
  }
  const write = (report: KeyReport) => aws.consumers.metrics.putEmf(byTheSecond(formatReport(report)));
  return [1, 2].map((number) => {
    const instance = { ...base, name: `${name}-${number}` };
    if (consumer === policy.consumers[0] && consumer.kind === "self-refreshing") {
      const { cacheSeconds, staleSeconds = 0 } = consumer;
      return new ClientService({ ...instance, consumer: name, cacheSeconds, staleSeconds, refusal, write });
    }
    const stays = scenario.trouble === "straggler" && name === STRAGGLER;
    const cacheMs = stays ? Number.POSITIVE_INFINITY : cacheMsOf(consumer);
    const reporting = isReporting(consumer) ? { reporting: { consumer: name, refusal, write } } : {};
    return new LoginService({ ...instance, cacheMs, rereadsAt, ...reporting });
  });
}

function refusalIn({ vendor }: World, { isRereading = false }: ServicesOptions): string | undefined {
  return isRereading ? vendor.refusal : undefined;
}

function cacheMsOf(consumer: ConsumerPolicy): number {
  return "cacheSeconds" in consumer ? consumer.cacheSeconds * 1000 : 0;
}

/** As metrics of high resolution: what is played in seconds cannot wait for minutes. */
function byTheSecond(line: string): string {
  return line.replaceAll('"Unit":"Count"', '"Unit":"Count","StorageResolution":1');
}
