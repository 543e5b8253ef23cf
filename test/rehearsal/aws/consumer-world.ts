import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { ECSClient } from "@aws-sdk/client-ecs";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { onTestFinished } from "vitest";
import type { EmbeddedAwsOptions } from "../../../rehearsal/aws/embedded-aws.ts";
import { startWorld, type World } from "./world.ts";

/** An embedded AWS with the clients by which consumers are started anew, seen, and told of a phase. */
export interface ConsumerWorld extends World {
  readonly ecs: ECSClient;
  readonly cloudWatch: CloudWatchClient;
  readonly eventBridge: EventBridgeClient;
}

export async function startConsumerWorld(options: EmbeddedAwsOptions = {}): Promise<ConsumerWorld> {
  const world = await startWorld(options);
  const config = { ...world.aws.clientConfig(), maxAttempts: 1 };
  const clients = {
    ecs: new ECSClient(config),
    cloudWatch: new CloudWatchClient(config),
    eventBridge: new EventBridgeClient(config),
  };
  onTestFinished(() => {
    for (const client of Object.values(clients)) client.destroy();
  });
  return { ...world, ...clients };
}

/** What one consumer reports of one version, as a line of its log. */
export function aReport(given: {
  readonly consumer: string;
  readonly version: string;
  readonly atMs: number;
  readonly sends?: number;
  readonly rejections?: number;
}): string {
  const { consumer, version, atMs, sends = 0, rejections = 0 } = given;
  const metrics = [
    { Name: "Sends", Unit: "Count" },
    { Name: "Rejections", Unit: "Count" },
  ];
  const directive = {
    Namespace: "Dualkey/Consumers",
    Dimensions: [["Secret", "Consumer", "Version"]],
    Metrics: metrics,
  };
  return JSON.stringify({
    _aws: { Timestamp: atMs, CloudWatchMetrics: [directive] },
    Secret: "prod/otp/startmessaging",
    Consumer: consumer,
    Version: version,
    Sends: sends,
    Rejections: rejections,
  });
}
