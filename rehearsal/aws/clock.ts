import { randomUUID } from "node:crypto";
import type { Time } from "./time.ts";

/** A rule that invokes a function again and again. */
export interface ClockRule {
  /** The function's name or ARN. */
  readonly functionName: string;
  readonly everyMs: number;
  /** @default "dualkey-sweep" */
  readonly ruleName?: string;
  /** Given to the function instead of the scheduled event, as a rule's constant input is. */
  readonly input?: object;
}

/** What a clock needs of the world around it. */
export interface ClockScope {
  readonly time: Time;
  readonly region: string;
  readonly account: string;
  readonly invokeLater: (functionName: string, payload: string) => void;
}

/**
 * Starts an EventBridge rule. The first event comes after one period; the returned function stops it.
 * https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
 */
export function startClock(scope: ClockScope, rule: ClockRule): () => void {
  const arn = ruleArn(scope, rule);
  let cancel = () => {};
  const tick = () => {
    cancel = scope.time.after(rule.everyMs, tick);
    scope.invokeLater(rule.functionName, JSON.stringify(rule.input ?? buildEvent(scope, arn)));
  };
  cancel = scope.time.after(rule.everyMs, tick);
  return () => cancel();
}

/** The ARN of a rule on the default bus. */
export function ruleArn(
  { region, account }: Pick<ClockScope, "region" | "account">,
  { ruleName = "dualkey-sweep" }: Pick<ClockRule, "ruleName">,
): string {
  return `arn:aws:events:${region}:${account}:rule/${ruleName}`;
}

function buildEvent({ time, region, account }: ClockScope, arn: string): object {
  return {
    version: "0",
    id: randomUUID(),
    "detail-type": "Scheduled Event",
    source: "aws.events",
    account,
    time: new Date(time.now()).toISOString().replace(/\.\d+Z$/, "Z"),
    region,
    resources: [arn],
    detail: {},
  };
}
