import { CloudwatchEventRule } from "@cdktf/provider-aws/lib/cloudwatch-event-rule/index.js";
import { CloudwatchEventTarget } from "@cdktf/provider-aws/lib/cloudwatch-event-target/index.js";
import { Construct } from "constructs";
import type { Rotator } from "./_rotator.ts";

/** What a clock is made with. */
export interface ClockProps {
  readonly deployment: string;
  readonly rotator: Rotator;
  readonly everyMinutes: number;
}

/** The clock of a deployment: has the rotator sweep, again and again. */
export class Clock extends Construct {
  constructor(scope: Construct, id: string, { deployment, rotator, everyMinutes }: ClockProps) {
    super(scope, id);
    const rule = new CloudwatchEventRule(this, "Resource", {
      name: `dualkey-${deployment}-clock`,
      description: `Has dualkey look after the keys of ${deployment}`,
      scheduleExpression: everyMinutes === 1 ? "rate(1 minute)" : `rate(${everyMinutes} minutes)`,
    });
    const permission = rotator.permitService("Clock", {
      principal: "events.amazonaws.com",
      sourceArn: rule.arn,
    });
    new CloudwatchEventTarget(this, "Target", {
      rule: rule.name,
      arn: rotator.functionArn,
      // The next tick is the retry.
      retryPolicy: { maximumEventAgeInSeconds: 60, maximumRetryAttempts: 0 },
      dependsOn: [permission],
    });
  }
}
