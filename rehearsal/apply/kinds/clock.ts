import { z } from "zod";
import { ruleArn } from "../../aws/clock.ts";
import { type Kind, kindOf } from "../_deployment.ts";

const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

const rule = kindOf(
  z.strictObject({
    name: z.string(),
    description: z.string().optional(),
    schedule_expression: z.string(),
  }),
  ({ name, schedule_expression }, { aws, rules, clockEveryMs }) => {
    const everyMs = readRate(schedule_expression);
    rules.set(name, { everyMs: clockEveryMs ?? everyMs });
    return { arn: ruleArn(aws, { ruleName: name }), id: name };
  },
);

/** The clock starts when all is there: its first tick needs the whole stack. */
const target = kindOf(
  z.strictObject({
    rule: z.string(),
    arn: z.string(),
    retry_policy: z
      .strictObject({ maximum_event_age_in_seconds: z.int().min(60), maximum_retry_attempts: z.int() })
      .optional(),
  }),
  ({ rule: ruleName, arn: functionName }, { aws, rules, atEnd }) => {
    const known = rules.get(ruleName);
    if (!known)
      throw new Error(`there is no rule ${ruleName} in this stack. Refer to an aws_cloudwatch_event_rule`);
    atEnd.push(() => void aws.startClock({ functionName, ruleName, everyMs: known.everyMs }));
    return { id: `${ruleName}-${functionName}` };
  },
);

/** EventBridge. */
export const CLOCK: Readonly<Record<string, Kind>> = {
  aws_cloudwatch_event_rule: rule,
  aws_cloudwatch_event_target: target,
};

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html#eb-rate-expressions */
function readRate(expression: string): number {
  const [, count = "", unit = "", plural = ""] =
    /^rate\((\d+) (minute|hour|day)(s?)\)$/.exec(expression) ?? [];
  const isRate = Number(count) >= 1 && (Number(count) === 1) === (plural === "");
  if (isRate) return Number(count) * (UNIT_MS[unit] ?? 0);
  throw new Error(`the schedule ${expression} is no rate that EventBridge knows, such as "rate(5 minutes)"`);
}
