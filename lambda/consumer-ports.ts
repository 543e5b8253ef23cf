import { CloudWatchClient, type CloudWatchClientConfig } from "@aws-sdk/client-cloudwatch";
import { ECSClient, type ECSClientConfig } from "@aws-sdk/client-ecs";
import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { LambdaClient } from "@aws-sdk/client-lambda";
import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { isReporting } from "../contract/consumer-policy.ts";
import type { Policy } from "../contract/policy.ts";
import { createAnnouncer } from "../core/aws/announcer.ts";
import { createConsumerReports } from "../core/aws/consumer-reports.ts";
import { createRollouts, SETTLE_MS } from "../core/aws/rollouts.ts";
import { nameOfSecret } from "../core/aws/secret-name.ts";
import type { Ports } from "../core/run.ts";
import type { Environment } from "./environment.ts";

type ClientConfig = CloudWatchClientConfig & ECSClientConfig;

/** What the ports to consumers need of the function around them. */
export interface ConsumerScope {
  readonly environment: Environment;
  readonly secretsManager: SecretsManagerClient;
  readonly lambda: LambdaClient;
  readonly eventBridge: EventBridgeClient;
  readonly now: () => number;
  /** How the SDK calls AWS. */
  readonly calling: ClientConfig;
}

/** The ports by which a run follows the consumers of a key and tells of it, for one secret and its policy. */
export type ConsumerPorts = (
  secret: string,
  policy: Policy,
) => Pick<Ports, "reports" | "rollouts" | "announcer">;

/**
 * Connects runs to the consumers: to their reports where the policy has some that report, to their rollouts where it has
 * some that are rolled, and to the bus of EventBridge unless the environment switches that off.
 */
export function composeConsumers({
  environment,
  secretsManager,
  lambda,
  eventBridge,
  now,
  calling,
}: ConsumerScope): ConsumerPorts {
  const [cloudWatch, ecs] = [new CloudWatchClient(calling), new ECSClient(calling)];
  const { deployment, hasEvents, marginMs, callMs } = environment;
  const { reportLagMs: lagMs, reportPeriodMs: periodMs } = environment;
  // How stale a read may be and how skewed a clock is what the fence's margin holds besides the longest effect.
  const settleMs = Math.min(SETTLE_MS, marginMs - callMs);
  return (secret, { consumers, environment: stage, provider }) => {
    const secretName = nameOfSecret(secret);
    const about = { deployment, environment: stage, provider: provider.id, secretId: secret };
    return {
      ...(consumers.some(isReporting)
        ? { reports: createConsumerReports({ cloudWatch, secretName, now, lagMs, periodMs }) }
        : {}),
      ...(consumers.some(({ kind }) => kind === "ecs-service" || kind === "lambda-function")
        ? { rollouts: createRollouts({ ecs, lambda, now, settleMs }) }
        : {}),
      ...(hasEvents ? { announcer: createAnnouncer({ eventBridge, secretsManager, ...about }) } : {}),
    };
  };
}
