import { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm/index.js";
import type { Construct } from "constructs";

/** Counted by the functions for each secret where a person has to see to something. */
const CALLS_FOR_A_PERSON = ["Alarms", "Refusals", "Failures"];

/** Raises an alarm when something about a key calls for a person. */
export function addKeyAlarm(
  scope: Construct,
  { secretName, topicArn }: { readonly secretName: string; readonly topicArn: string },
): void {
  const counted = CALLS_FOR_A_PERSON.map((metricName, index) => ({
    id: `m${index}`,
    returnData: false,
    metric: {
      namespace: "dualkey",
      metricName,
      dimensions: { service: "dualkey", secret: secretName },
      period: 300,
      stat: "Sum",
    },
  }));
  const expression = counted.map(({ id }) => `FILL(${id}, 0)`).join(" + ");
  new CloudwatchMetricAlarm(scope, "Alarm", {
    alarmName: `dualkey ${secretName}`,
    alarmDescription: "dualkey holds a key, or refuses to go on: its log says why and what to do.",
    comparisonOperator: "GreaterThanThreshold",
    threshold: 0,
    evaluationPeriods: 1,
    treatMissingData: "notBreaching",
    metricQuery: [...counted, { id: "sum", expression, label: "calls for a person", returnData: true }],
    alarmActions: [topicArn],
    okActions: [topicArn],
  });
}

/**
 * Raises an alarm while a key that is known to be in wrong hands may still work: one of its own, for nothing else is as urgent.
 *
 * A run counts such keys once, at its end, and the clock has one made at each tick: it is over when the last ticks have counted none.
 */
export function addLeakAlarm(
  scope: Construct,
  props: { readonly secretName: string; readonly everyMinutes: number; readonly topicArn: string },
): void {
  new CloudwatchMetricAlarm(scope, "LeakAlarm", {
    alarmName: `dualkey ${props.secretName}: a leaked key may work`,
    alarmDescription:
      "A key that has leaked is not shown to be dead. The incident's record, and the log of the responder, say what holds it.",
    namespace: "dualkey",
    metricName: "LeakedKeysAlive",
    dimensions: { service: "dualkey", secret: props.secretName },
    statistic: "Maximum",
    period: props.everyMinutes * 60,
    comparisonOperator: "GreaterThanThreshold",
    threshold: 0,
    // One tick may come late, or fail: that is no end.
    evaluationPeriods: 3,
    datapointsToAlarm: 1,
    treatMissingData: "notBreaching",
    alarmActions: [props.topicArn],
    okActions: [props.topicArn],
  });
}

/** Raises an alarm when nothing has called the rotator for three ticks of its clock. */
export function addClockAlarm(
  scope: Construct,
  props: { readonly functionName: string; readonly everyMinutes: number; readonly topicArn: string },
): void {
  new CloudwatchMetricAlarm(scope, "ClockAlarm", {
    alarmName: `${props.functionName} is not called`,
    alarmDescription: "The clock of dualkey has stopped: nothing is retired, no leak is contained.",
    namespace: "AWS/Lambda",
    metricName: "Invocations",
    dimensions: { FunctionName: props.functionName },
    statistic: "Sum",
    period: props.everyMinutes * 60,
    comparisonOperator: "LessThanThreshold",
    threshold: 1,
    evaluationPeriods: 3,
    treatMissingData: "breaching",
    alarmActions: [props.topicArn],
    okActions: [props.topicArn],
  });
}
