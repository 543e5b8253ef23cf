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
 * A run counts such keys once, at its end, and the clock has one made at each tick: it is over when the last ticks have counted
 * none. Missing data is no leak. To keep the state instead (`ignore`) would be safer where each run throws, but nothing counts a
 * secret without a leak: a one and the zero after it in one period would keep it in ALARM, and an alarm that is there already
 * tells nobody of the next leak. Where runs throw, the key's other alarm counts them (`Failures`).
 */
export function addLeakAlarm(
  scope: Construct,
  props: { readonly secretName: string; readonly everyMinutes: number; readonly topicArn: string },
): void {
  new CloudwatchMetricAlarm(scope, "LeakAlarm", {
    alarmName: `dualkey ${props.secretName}: a leaked key may work`,
    alarmDescription:
      "A key that has leaked may work: leak-response again, with the same which. The incident's record says what holds it, and so does the log of the last run: the responder's of the first, then the rotator's. OK says that no run has counted one for three ticks; that it is dead, only the record says.",
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
